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
	Modified time.Time
}

// PartOptions are what a caller declares about the bytes of a part, as in
// PutOptions.
type PartOptions struct {
	Size        int64
	MD5, SHA256 string
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
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		_, _, err := findUpload(ctx, tx, who, to)
		return err
	})
	if err != nil {
		return Part{}, err
	}
	file := newID()
	got, err := s.files.store(ctx, file, body, declared{o.Size, o.MD5, o.SHA256})
	if err != nil {
		return Part{}, err
	}
	part := Part{Number: number, Size: got.size, MD5: got.md5, Modified: now()}
	return part, s.recordPart(ctx, who, to, file, part)
}

// recordPart makes a stored file the part of an upload, if that is still under
// way.
func (s *Service) recordPart(ctx context.Context, who caller.Caller, to UploadName, file string, p Part) error {
	var replaced []string
	saved := false
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, _, err := findUpload(ctx, tx, who, to); err != nil {
			return err
		}
		var old string
		err := tx.QueryRowContext(ctx, "SELECT file FROM parts WHERE upload = ? AND number = ?", to.ID, p.Number).Scan(&old)
		switch {
		case err == nil:
			replaced = []string{old}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		_, err = tx.ExecContext(ctx, "REPLACE INTO parts (upload, number, file, size, md5, modified) VALUES (?,?,?,?,?,?)",
			to.ID, p.Number, file, p.Size, p.MD5, p.Modified.UnixMilli())
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
		page, err = listParts(ctx, tx, of.ID, after, limit+1)
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

// listParts lists parts by number; a negative limit is none.
func listParts(ctx context.Context, tx *sql.Tx, upload string, after, limit int) (page []Part, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT number, size, md5, modified FROM parts
		WHERE upload = ? AND number > ? ORDER BY number LIMIT ?`, upload, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p Part
		var modified int64
		if err := rows.Scan(&p.Number, &p.Size, &p.MD5, &modified); err != nil {
			return nil, err
		}
		p.Modified = time.UnixMilli(modified)
		page = append(page, p)
	}
	return page, rows.Err()
}
