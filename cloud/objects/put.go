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
	// Create demands that there is no object of that key yet: ErrExists.
	Create bool
	Attributes
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
	if err = cmp.Or(err, checkKey(key), o.Attributes.check()); err != nil {
		return Object{}, err
	}
	if err := s.mayPut(ctx, who, bucket, key, o.Create); err != nil {
		return Object{}, err
	}
	version := newID()
	got, err := s.files.store(ctx, version, body, declared{o.Size, o.MD5, o.SHA256})
	if err != nil {
		return Object{}, err
	}
	return s.record(ctx, who, o.Create, Object{
		Bucket: bucket, Key: key, Version: version, Size: got.size, ETag: got.md5,
		Attributes: o.Attributes, ACL: acl, Owner: who.Account, Modified: now(),
	})
}

// now is the present time as the database keeps times.
func now() time.Time { return time.UnixMilli(time.Now().UnixMilli()) }

func (s *Service) mayPut(ctx context.Context, who caller.Caller, bucket, key string, create bool) error {
	return s.db.View(ctx, func(tx *sql.Tx) error {
		if _, err := writableBucket(ctx, tx, who, bucket); err != nil || !create {
			return err
		}
		_, err := findObject(ctx, tx, bucket, key)
		return absent(err)
	})
}

// absent turns what findObject says into the answer to a demand for nothing.
func absent(err error) error {
	switch {
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrNoSuchKey):
		return nil
	}
	return err
}

// record makes a stored file the present version of its object.
func (s *Service) record(ctx context.Context, who caller.Caller, create bool, o Object) (Object, error) {
	var old version
	saved := false
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		b, err := writableBucket(ctx, tx, who, o.Bucket)
		if err != nil {
			return err
		}
		old, err = replaceObject(ctx, tx, b, &o, create)
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
	return Object{}, err
}

// replaceObject records an object, and forgets the version that it replaces.
func replaceObject(ctx context.Context, tx *sql.Tx, in Bucket, o *Object, create bool) (old version, err error) {
	if o.Owner == "" { // what anonymous callers leave belongs to the bucket's owner
		o.Owner = in.Owner
	}
	present, err := findObject(ctx, tx, o.Bucket, o.Key)
	switch {
	case create:
		err = absent(err)
	case err == nil:
		old, err = forget(ctx, tx, present)
	case errors.Is(err, ErrNoSuchKey):
		err = nil
	}
	if err != nil {
		return version{}, err
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
	Create  bool        // as PutOptions have it
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
	put := PutOptions{Size: original.Size, ACL: o.ACL, Create: o.Create, Attributes: attributes}
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
