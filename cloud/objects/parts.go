package objects

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"emikit/cloud/caller"
)

// Part is one part of a multipart upload.
type Part struct {
	Number   int    // from 1 to MaxParts
	Size     int64  // bytes
	MD5      string // lower-case hex
	Checksum Checksum
	Modified time.Time
}

// PartOptions are what a caller declares about the bytes of a part, as in
// PutOptions.
type PartOptions struct {
	Size        int64
	MD5, SHA256 string
	// Checksum is the one to compute; it is kept when the upload was begun with
	// it. Empty: the upload's. With another than the upload's the error is
	// ErrOtherChecksum.
	Checksum Algorithm
	Expect   func() string
}

// PutPart makes a part of an upload from body, or replaces the one with that
// number. What is true of Put is true of it. Parts may arrive in any order and
// at the same time.
func (s *Service) PutPart(ctx context.Context, who caller.Caller, to UploadName, number int, body io.Reader, o PartOptions) (Part, error) {
	part, err := s.putPart(ctx, who, to, number, body, o)
	if err != nil {
		return Part{}, to.wrap(fmt.Errorf("part %d: %w", number, err))
	}
	return part, nil
}

func (s *Service) putPart(ctx context.Context, who caller.Caller, to UploadName, number int, body io.Reader, o PartOptions) (Part, error) {
	if number < 1 || number > MaxParts {
		return Part{}, ErrBadPartNumber
	}
	u, err := s.upload(ctx, who, to)
	if err != nil {
		return Part{}, err
	}
	if o.Checksum == "" {
		o.Checksum = u.Checksum
	} else if u.Checksum != "" && u.Checksum != o.Checksum {
		return Part{}, ErrOtherChecksum
	}
	file := newID()
	got, err := s.files.store(ctx, file, body, declared{o.Size, o.MD5, o.SHA256, o.Checksum, o.Expect})
	if err != nil {
		return Part{}, err
	}
	part := Part{Number: number, Size: got.size, MD5: got.md5, Checksum: got.checksum, Modified: now()}
	return part, noRoom(s.recordPart(ctx, who, to, file, part))
}

// upload finds an upload for somebody who must be allowed to go on with it.
func (s *Service) upload(ctx context.Context, who caller.Caller, name UploadName) (u Upload, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		u, _, err = findUpload(ctx, tx, who, name)
		return err
	})
	return u, err
}

// recordPart makes a stored file the part of an upload, if that is still under
// way.
func (s *Service) recordPart(ctx context.Context, who caller.Caller, to UploadName, file string, p Part) error {
	var replaced []string
	saved := false
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		u, _, err := findUpload(ctx, tx, who, to)
		if err != nil {
			return err
		}
		freed := int64(0)
		if replaced, freed, err = findPart(ctx, tx, to.ID, p.Number); err != nil {
			return err
		}
		if err := s.charge(ctx, tx, who, to.Bucket, p.Size-freed); err != nil {
			return err
		}
		checksum := p.Checksum.Value
		if u.Checksum == "" { // it was checked, and nobody will ask for it
			checksum = ""
		}
		_, err = tx.ExecContext(ctx, "REPLACE INTO parts (upload, number, file, size, md5, modified, checksum) VALUES (?,?,?,?,?,?,?)",
			to.ID, p.Number, file, p.Size, p.MD5, p.Modified.UnixMilli(), checksum)
		saved = err == nil
		return err
	})
	switch {
	case err == nil:
		s.files.remove(replaced...)
	case !saved:
		s.files.remove(file)
	}
	return err // as with record, the file of a failed commit stays
}

// findPart finds the file of a part and its size; none when there is no such part.
func findPart(ctx context.Context, tx *sql.Tx, upload string, number int) (files []string, size int64, err error) {
	var file string
	err = tx.QueryRowContext(ctx, "SELECT file, size FROM parts WHERE upload = ? AND number = ?", upload, number).Scan(&file, &size)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	return []string{file}, size, err
}

// Range is a range of the bytes of an object; both ends belong to it.
type Range struct{ First, Last int64 }

// CopyPartOptions say what is copied.
type CopyPartOptions struct {
	Range  *Range                      // nil: all of it
	Accept func(original Object) error // as CopyOptions have it
}

// CopyPart makes a part from the present version of an object, as PutPart
// would: from all of it, or from a range. It needs the right to read it, too.
// The error is ErrBadRange when the object does not have the whole range.
func (s *Service) CopyPart(ctx context.Context, who caller.Caller, from Name, to UploadName, number int, o CopyPartOptions) (Part, error) {
	original, body, err := s.openToCopy(ctx, who, from, o.Accept)
	if err != nil {
		return Part{}, fmt.Errorf("copy: %w", err)
	}
	defer body.Close()
	r := Range{0, original.Size - 1}
	if o.Range != nil {
		r = *o.Range
	}
	size := r.Last - r.First + 1
	switch {
	case o.Range != nil && (r.First < 0 || size <= 0 || r.Last >= original.Size):
		return Part{}, fmt.Errorf("copy: %w", ErrBadRange)
	case size > MaxSize:
		return Part{}, fmt.Errorf("copy: %w", ErrCopyTooLarge)
	}
	if _, err := body.Seek(r.First, io.SeekStart); err != nil {
		return Part{}, fmt.Errorf("copy: %w", err)
	}
	return s.PutPart(ctx, who, to, number, io.LimitReader(body, size), PartOptions{Size: size})
}

// Parts lists the parts of an upload whose numbers are greater than after; at
// most limit, where 0 means MaxList, as does any larger number. More says that
// there are further ones.
func (s *Service) Parts(ctx context.Context, who caller.Caller, of UploadName, after, limit int) (u Upload, page []Part, more bool, err error) {
	if limit <= 0 || limit > MaxList {
		limit = MaxList
	}
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		if u, _, err = findUpload(ctx, tx, who, of); err != nil {
			return err
		}
		page, err = listParts(ctx, tx, of.ID, u.Checksum, after, limit+1)
		return err
	})
	if err != nil {
		return Upload{}, nil, false, of.wrap(err)
	}
	if more = len(page) > limit; more {
		page = page[:limit]
	}
	return u, page, more, nil
}

// ObjectParts lists the parts of an object, as Parts does those of an upload, to
// those who may read it. An object of one body has none.
func (s *Service) ObjectParts(ctx context.Context, who caller.Caller, of Name, after, limit int) (o Object, page []Part, more bool, err error) {
	if limit <= 0 || limit > MaxList {
		limit = MaxList
	}
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		if o, err = readableObject(ctx, tx, who, of.Bucket, of.Key); err != nil || o.Parts == 0 {
			return err
		}
		page, err = listParts(ctx, tx, o.Version, o.Checksum.Algorithm, after, limit+1)
		return err
	})
	if err != nil {
		return Object{}, nil, false, fmt.Errorf("object %s/%.80q: %w", of.Bucket, of.Key, err)
	}
	if more = len(page) > limit; more {
		page = page[:limit]
	}
	return o, page, more, nil
}

// partsPage finds the parts of an upload or a version behind a number.
const partsPage = "SELECT number, size, md5, modified, checksum FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?"

// listParts lists parts by number, with their checksums of an algorithm; a
// negative limit is none.
func listParts(ctx context.Context, tx *sql.Tx, upload string, algorithm Algorithm, after, limit int) (page []Part, err error) {
	rows, err := tx.QueryContext(ctx, partsPage, upload, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p Part
		var modified int64
		if err := rows.Scan(&p.Number, &p.Size, &p.MD5, &modified, &p.Checksum.Value); err != nil {
			return nil, err
		}
		if p.Checksum.Value != "" {
			p.Checksum.Algorithm = algorithm
		}
		p.Modified = time.UnixMilli(modified)
		page = append(page, p)
	}
	return page, rows.Err()
}
