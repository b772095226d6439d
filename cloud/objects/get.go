package objects

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	"emikit/cloud/caller"
)

// openAttempts is how often Open looks again when an object was replaced
// between finding its version and opening its file.
const openAttempts = 10

// Open returns an object and its bytes, which the caller closes. They stay
// those of this version, even if the object is replaced or deleted meanwhile.
func (s *Service) Open(ctx context.Context, who caller.Caller, bucket, key string) (Object, io.ReadSeekCloser, error) {
	for range openAttempts {
		o, err := s.Stat(ctx, who, bucket, key)
		if err != nil {
			return Object{}, nil, err
		}
		body, err := s.openVersion(ctx, o)
		if err == nil {
			return o, body, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return Object{}, nil, fmt.Errorf("object %s/%.80q: %w", bucket, key, err)
		}
	}
	return Object{}, nil, fmt.Errorf("object %s/%.80q: %w", bucket, key, errBytesGone)
}

// openVersion opens the bytes of an object that was found just now. The error
// is os.ErrNotExist when it has another version meanwhile.
func (s *Service) openVersion(ctx context.Context, o Object) (io.ReadSeekCloser, error) {
	if o.Parts == 0 {
		return os.Open(s.files.path(o.Version))
	}
	return s.openParts(ctx, o.Version)
}

// Stat tells about an object to those who may read it. The error is
// ErrNoSuchKey only for those who may list the bucket; others are not told
// whether there is such an object and get ErrDenied.
func (s *Service) Stat(ctx context.Context, who caller.Caller, bucket, key string) (o Object, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		o, err = readableObject(ctx, tx, who, bucket, key)
		return err
	})
	if err != nil {
		return Object{}, fmt.Errorf("object %s/%.80q: %w", bucket, key, err)
	}
	return o, nil
}

func readableObject(ctx context.Context, tx *sql.Tx, who caller.Caller, bucket, key string) (Object, error) {
	b, err := findBucket(ctx, tx, bucket)
	if err != nil {
		return Object{}, err
	}
	o, err := findObject(ctx, tx, bucket, key)
	if errors.Is(err, ErrNoSuchKey) && !b.mayList(who) && !who.System || err == nil && !o.mayRead(who, b) {
		return Object{}, ErrDenied
	}
	return o, err
}

// Delete removes an object. It needs the right to write to the bucket. That
// there is no such object is not an error.
func (s *Service) Delete(ctx context.Context, who caller.Caller, bucket, key string) error {
	if err := s.DeleteAll(ctx, who, bucket, []string{key}); err != nil {
		return fmt.Errorf("object %s/%.80q: %w", bucket, key, err)
	}
	return nil
}

// DeleteAll removes objects of one bucket as Delete does: all of them or, when
// it returns an error, none.
func (s *Service) DeleteAll(ctx context.Context, who caller.Caller, bucket string, keys []string) error {
	var old []version
	size := int64(0)
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := writableBucket(ctx, tx, who, bucket); err != nil {
			return err
		}
		for _, key := range keys {
			removed, err := deleteObject(ctx, tx, bucket, key)
			if err != nil {
				return err
			}
			old, size = append(old, removed), size+removed.size
		}
		return s.charge(ctx, tx, who, bucket, -size)
	})
	if err != nil {
		return err
	}
	for _, removed := range old {
		s.drop(removed)
	}
	return nil
}

// deleteObject deletes what the database knows of an object, if there is one.
func deleteObject(ctx context.Context, tx *sql.Tx, bucket, key string) (version, error) {
	present, err := findObject(ctx, tx, bucket, key)
	if errors.Is(err, ErrNoSuchKey) {
		return version{}, nil
	}
	if err != nil {
		return version{}, err
	}
	old, err := forget(ctx, tx, present)
	if err != nil {
		return version{}, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM objects WHERE bucket = ? AND key = ?", bucket, key)
	return old, err
}
