package objects

import (
	"cmp"
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"emikit/cloud/caller"
)

// PartName names a part of an upload by its number and the MD5 (hex) of what it
// is meant to hold, and by its checksum (base64) unless that is empty.
type PartName struct {
	Number   int
	MD5      string
	Checksum string
}

// CompleteOptions are what a caller demands of the object that is made, or of
// the one it replaces.
type CompleteOptions struct {
	Create   bool   // as PutOptions have it
	Match    string // as PutOptions have it
	Size     int64  // bytes; 0: not declared
	Checksum string // its value, base64; empty: not declared
}

// CompleteUpload makes the object of an upload from the named parts, which must
// be in ascending order and, but for the last, have MinPart bytes or more. Parts
// that are not named are removed. When an object is what this very call would have made, the call
// succeeds again: a client whose answer was lost may ask once more.
func (s *Service) CompleteUpload(ctx context.Context, who caller.Caller, name UploadName, parts []PartName, demand CompleteOptions) (Object, error) {
	if err := inOrder(parts); err != nil {
		return Object{}, name.wrap(err)
	}
	var (
		o      Object
		old    version
		unused []string
	)
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		u, b, err := findUpload(ctx, tx, who, name)
		if errors.Is(err, ErrNoSuchUpload) {
			o, err = completed(ctx, tx, name, parts)
			return err
		}
		if err != nil {
			return err
		}
		if o, err = assemble(ctx, tx, u, parts); err != nil {
			return err
		}
		if err := demand.check(o); err != nil {
			return err
		}
		if old, err = replaceObject(ctx, tx, b, &o, precondition{demand.Create, demand.Match}); err != nil {
			return err
		}
		freed := int64(0)
		if unused, freed, err = takeOthers(ctx, tx, name.ID, parts); err != nil {
			return err
		}
		return cmp.Or(deleteUpload(ctx, tx, name.ID), s.charge(ctx, tx, who, name.Bucket, -old.size-freed))
	})
	if err != nil {
		return Object{}, name.wrap(noRoom(err))
	}
	s.drop(old)
	s.files.remove(unused...)
	return o, nil
}

// check compares the object that is going to be made with what was declared.
func (d CompleteOptions) check(o Object) error {
	switch {
	case d.Size != 0 && d.Size != o.Size:
		return ErrWrongSize
	case d.Checksum != "" && !o.Checksum.is(d.Checksum):
		return ErrWrongChecksum
	}
	return nil
}

// inOrder checks what needs no look at the upload.
func inOrder(parts []PartName) error {
	if len(parts) == 0 || len(parts) > MaxParts {
		return ErrBadPart
	}
	for i, p := range parts[1:] {
		if p.Number <= parts[i].Number {
			return fmt.Errorf("part %d: %w", p.Number, ErrPartOrder)
		}
	}
	return nil
}

// assemble describes the object that the named parts of an upload make.
func assemble(ctx context.Context, tx *sql.Tx, u Upload, parts []PartName) (Object, error) {
	stored, err := partsByNumber(ctx, tx, u)
	if err != nil {
		return Object{}, err
	}
	o := Object{
		Bucket: u.Bucket, Key: u.Key, Version: u.ID, ETag: joinedTag(parts), Parts: len(parts),
		Attributes: u.Attributes, ACL: u.ACL, Owner: u.Owner, Modified: now(),
	}
	named := make([]Part, len(parts))
	for i, p := range parts {
		has, found := stored[p.Number]
		switch {
		case !found || !p.names(has):
			return Object{}, fmt.Errorf("part %d: %w", p.Number, ErrBadPart)
		case i < len(parts)-1 && has.Size < MinPart:
			return Object{}, fmt.Errorf("part %d: %w", p.Number, ErrPartTooSmall)
		}
		o.Size += has.Size
		named[i] = has
	}
	if u.Checksum != "" {
		o.Checksum, err = joinedChecksum(u.Checksum, u.Full, named)
	}
	return o, err
}

// names reports whether a part is the one that is meant. A checksum counts only
// where the upload keeps one.
func (p PartName) names(has Part) bool {
	sum := has.Checksum.Value
	return strings.EqualFold(has.MD5, p.MD5) && (p.Checksum == "" || sum == "" || p.Checksum == sum)
}

// completed finds the object that an earlier call has made of the same parts.
func completed(ctx context.Context, tx *sql.Tx, name UploadName, parts []PartName) (Object, error) {
	o, err := findObject(ctx, tx, name.Bucket, name.Key)
	if errors.Is(err, ErrNoSuchKey) || err == nil && (o.Version != name.ID || o.ETag != joinedTag(parts)) {
		err = ErrNoSuchUpload
	}
	return o, err
}

func partsByNumber(ctx context.Context, tx *sql.Tx, of Upload) (map[int]Part, error) {
	all, err := listParts(ctx, tx, of.ID, of.Checksum, 0, -1)
	if err != nil {
		return nil, err
	}
	byNumber := make(map[int]Part, len(all))
	for _, p := range all {
		byNumber[p.Number] = p
	}
	return byNumber, nil
}

// joinedTag is the ETag that S3 gives to an object of several parts. An MD5
// that is not one matches no part.
func joinedTag(parts []PartName) string {
	sum := md5.New()
	for _, p := range parts {
		one, _ := hex.DecodeString(p.MD5)
		sum.Write(one)
	}
	return fmt.Sprintf("%x-%d", sum.Sum(nil), len(parts))
}

// takeOthers deletes the rows of the parts that are not named, and returns their
// files, and how many bytes these have.
func takeOthers(ctx context.Context, tx *sql.Tx, upload string, named []PartName) (files []string, size int64, err error) {
	keep := make(map[int]bool, len(named))
	for _, p := range named {
		keep[p.Number] = true
	}
	all, err := listParts(ctx, tx, upload, "", 0, -1)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range all {
		if keep[p.Number] {
			continue
		}
		var file string
		err := tx.QueryRowContext(ctx, "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING file", upload, p.Number).Scan(&file)
		if err != nil {
			return nil, 0, err
		}
		files, size = append(files, file), size+p.Size
	}
	return files, size, nil
}
