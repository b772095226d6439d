package objects

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"slices"
)

// piece is the file of one part of an object.
type piece struct {
	file string
	end  int64 // offset in the object at which the part has ended
}

// partReader reads the parts of a version one behind the other. At most one
// file is open at a time.
type partReader struct {
	s       *Service
	version string
	pieces  []piece
	at      int64    // where to go on
	file    *os.File // that of pieces[open], positioned at at; nil: none
	open    int
	closed  bool
}

// openParts opens a version that has parts. The error is os.ErrNotExist when no
// object has it any more. Holding the version before it is looked up makes sure
// that whoever removes it later sees the reader.
func (s *Service) openParts(ctx context.Context, version string) (*partReader, error) {
	s.pins.hold(version)
	pieces, err := s.pieces(ctx, version)
	if err == nil && len(pieces) == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		s.files.remove(s.pins.release(version)...)
		return nil, err
	}
	return &partReader{s: s, version: version, pieces: pieces}, nil
}

func (s *Service) pieces(ctx context.Context, version string) (all []piece, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT file, size FROM parts WHERE upload = ? ORDER BY number", version)
		if err != nil {
			return err
		}
		defer rows.Close()
		end := int64(0)
		for rows.Next() {
			var p piece
			var size int64
			if err := rows.Scan(&p.file, &size); err != nil {
				return err
			}
			end += size
			p.end = end
			all = append(all, p)
		}
		return rows.Err()
	})
	return all, err
}

func (r *partReader) size() int64 { return r.pieces[len(r.pieces)-1].end }

// Read implements [io.Reader].
func (r *partReader) Read(p []byte) (int, error) {
	switch {
	case r.closed:
		return 0, os.ErrClosed
	case r.at >= r.size():
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if err := r.position(); err != nil {
		return 0, err
	}
	left := r.pieces[r.open].end - r.at
	n, err := r.file.Read(p[:min(int64(len(p)), left)])
	r.at += int64(n)
	if errors.Is(err, io.EOF) { // the file is shorter than it was
		err = io.ErrUnexpectedEOF
	}
	if err != nil || int64(n) == left {
		err = cmp.Or(err, r.closeFile())
	}
	return n, err
}

// position opens the file that has the byte to read next.
func (r *partReader) position() error {
	if r.file != nil {
		return nil
	}
	i, _ := slices.BinarySearchFunc(r.pieces, r.at+1, func(p piece, end int64) int { return cmp.Compare(p.end, end) })
	file, err := os.Open(r.s.files.path(r.pieces[i].file))
	if err != nil {
		return errors.Join(errBytesGone, err)
	}
	begin := int64(0)
	if i > 0 {
		begin = r.pieces[i-1].end
	}
	if _, err := file.Seek(r.at-begin, io.SeekStart); err != nil {
		return errors.Join(err, file.Close())
	}
	r.file, r.open = file, i
	return nil
}

func (r *partReader) closeFile() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// Seek implements [io.Seeker]. It opens nothing.
func (r *partReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size()
	}
	if offset < 0 {
		return 0, os.ErrInvalid
	}
	if offset == r.at {
		return offset, nil
	}
	r.at = offset
	return offset, r.closeFile()
}

// Close implements [io.Closer].
func (r *partReader) Close() error {
	if r.closed {
		return os.ErrClosed
	}
	r.closed = true
	err := r.closeFile()
	r.s.files.remove(r.s.pins.release(r.version)...)
	return err
}
