package objects

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"emikit/cloud/caller"
)

// PutOptions are what a caller declares about the bytes of an object, which is
// checked, and what is to be kept with them.
type PutOptions struct {
	Size   int64  // bytes; 0: not declared
	MD5    string // hex; empty: not declared
	SHA256 string // hex; empty: not declared
	ACL    string // a canned ACL; empty: Private
	// Checksum is the one to compute and keep, and Expect, unless nil, its value
	// in base64: ErrWrongChecksum. Expect is called when body was read to its
	// end, as the value may come behind it.
	Checksum Algorithm
	Expect   func() string
	// Create demands that there is no object of that key yet: ErrExists.
	Create bool
	// Match, unless empty, is the ETag that the object of that key must have at
	// present, "*" for any: ErrNoMatch, or ErrNoSuchKey when there is none.
	Match string
	Attributes
}

// precondition is what a write demands of the object that it replaces.
type precondition struct {
	absent bool
	match  string
}

// check looks at what findObject has returned. That there is no object is an
// error only where there must be one.
func (p precondition) check(present Object, err error) error {
	missing := errors.Is(err, ErrNoSuchKey)
	switch {
	case err != nil && !missing:
		return err
	case p.absent && !missing:
		return ErrExists
	case p.match != "" && missing:
		return ErrNoSuchKey
	case p.match != "" && p.match != "*" && p.match != present.ETag:
		return ErrNoMatch
	}
	return nil
}

// Put makes an object from body, or replaces the one with that key. It needs
// the right to write to the bucket, which is checked before body is read and
// again when all of it is there. When Put returns nil the object is on the disk;
// otherwise nothing has changed. Body is read to its end and not closed. Errors
// of the body come back wrapped.
func (s *Service) Put(ctx context.Context, who caller.Caller, bucket, key string, body io.Reader, o PutOptions) (Object, error) {
	object, err := s.put(ctx, who, bucket, key, body, o)
	if err != nil {
		return Object{}, fmt.Errorf("object %s/%.80q: %w", bucket, key, err)
	}
	return object, nil
}

func (s *Service) put(ctx context.Context, who caller.Caller, bucket, key string, body io.Reader, o PutOptions) (Object, error) {
	acl, err := checkACL(o.ACL)
	if err = cmp.Or(err, checkKey(key), o.Attributes.check(), o.Checksum.check()); err != nil {
		return Object{}, err
	}
	demand := precondition{o.Create, o.Match}
	if err := s.mayPut(ctx, who, bucket, key, o.Size, demand); err != nil {
		return Object{}, err
	}
	version := newID()
	got, err := s.files.store(ctx, version, body, declared{o.Size, o.MD5, o.SHA256, o.Checksum, o.Expect})
	if err != nil {
		return Object{}, err
	}
	return s.record(ctx, who, demand, Object{
		Bucket: bucket, Key: key, Version: version, Size: got.size, ETag: got.md5, Checksum: got.checksum,
		Attributes: o.Attributes, ACL: acl, Owner: who.Account, Modified: now(),
	})
}

// now is the present time as the database keeps times.
func now() time.Time { return time.UnixMilli(time.Now().UnixMilli()) }

// mayPut checks what can be checked before the body is read, of which size bytes are
// declared.
func (s *Service) mayPut(ctx context.Context, who caller.Caller, bucket, key string, size int64, demand precondition) error {
	return s.db.View(ctx, func(tx *sql.Tx) error {
		b, err := writableBucket(ctx, tx, who, bucket)
		if err != nil {
			return err
		}
		present, err := findObject(ctx, tx, bucket, key)
		if err := demand.check(present, err); err != nil {
			return err
		}
		return s.limits.checkRoom(who, b.Bytes, size-present.Size)
	})
}

// record makes a stored file the present version of its object.
func (s *Service) record(ctx context.Context, who caller.Caller, demand precondition, o Object) (Object, error) {
	var old version
	saved := false
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		b, err := writableBucket(ctx, tx, who, o.Bucket)
		if err != nil {
			return err
		}
		if old, err = replaceObject(ctx, tx, b, &o, demand); err == nil {
			err = s.charge(ctx, tx, who, o.Bucket, o.Size-old.size)
		}
		saved = err == nil
		return err
	})
	switch {
	case err == nil:
		s.drop(old)
		return o, nil
	case !saved:
		s.files.remove(o.Version)
	}
	// A commit that failed may have reached the disk all the same, so its file
	// stays until a start can tell.
	return Object{}, noRoom(err)
}

// replaceObject records an object, and forgets the version that it replaces.
func replaceObject(ctx context.Context, tx *sql.Tx, in Bucket, o *Object, demand precondition) (old version, err error) {
	if o.Owner == "" { // what anonymous callers leave belongs to the bucket's owner
		o.Owner = in.Owner
	}
	present, err := findObject(ctx, tx, o.Bucket, o.Key)
	if failed := demand.check(present, err); failed != nil {
		return version{}, failed
	}
	if err == nil {
		if old, err = forget(ctx, tx, present); err != nil {
			return version{}, err
		}
	}
	return old, saveObject(ctx, tx, *o)
}

func writableBucket(ctx context.Context, tx *sql.Tx, who caller.Caller, name string) (Bucket, error) {
	b, err := findBucket(ctx, tx, name)
	if err == nil && !b.mayWrite(who) {
		err = ErrDenied
	}
	return b, err
}

// Name says which object is meant.
type Name struct{ Bucket, Key string }

// CopyOptions say what a copy has of its own.
type CopyOptions struct {
	ACL     string      // a canned ACL; empty: Private, as copies do not inherit it
	Replace *Attributes // nil: those of the original
	// Checksum is the one to compute and keep; empty: that of the original's
	// algorithm, if it has one.
	Checksum Algorithm
	Create   bool   // as PutOptions have it
	Match    string // as PutOptions have it
	// Accept, unless nil, looks at the original before it is copied; its error
	// is the end of it.
	Accept func(original Object) error
}

// Copy makes the object to from the present version of the object from, as Put
// would. It needs the rights to read the one and to write the other.
func (s *Service) Copy(ctx context.Context, who caller.Caller, from, to Name, o CopyOptions) (Object, error) {
	original, body, err := s.openToCopy(ctx, who, from, o.Accept)
	if err != nil {
		return Object{}, fmt.Errorf("copy: %w", err)
	}
	defer body.Close()
	if original.Size > MaxSize {
		return Object{}, fmt.Errorf("copy: %w", ErrCopyTooLarge)
	}
	attributes := original.Attributes
	if o.Replace != nil {
		attributes = *o.Replace
	}
	put := PutOptions{
		Size: original.Size, ACL: o.ACL, Create: o.Create, Match: o.Match, Attributes: attributes,
		Checksum: cmp.Or(o.Checksum, original.Checksum.Algorithm),
	}
	if original.Parts == 0 {
		put.MD5 = original.ETag
	}
	return s.Put(ctx, who, to.Bucket, to.Key, body, put)
}

func (s *Service) openToCopy(ctx context.Context, who caller.Caller, from Name, accept func(Object) error) (Object, io.ReadSeekCloser, error) {
	o, body, err := s.Open(ctx, who, from.Bucket, from.Key)
	if err != nil || accept == nil {
		return o, body, err
	}
	if err := accept(o); err != nil {
		return Object{}, nil, errors.Join(err, body.Close())
	}
	return o, body, nil
}
