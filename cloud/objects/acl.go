package objects

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"emikit/cloud/caller"
)

// BucketACL is Bucket for those who may see and change the ACL: the owner and
// administrators.
func (s *Service) BucketACL(ctx context.Context, who caller.Caller, name string) (b Bucket, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		b, err = ownBucket(ctx, tx, who, name)
		return err
	})
	return b, err
}

// SetBucketACL changes the canned ACL of a bucket of the caller's.
func (s *Service) SetBucketACL(ctx context.Context, who caller.Caller, name, acl string) error {
	acl, err := checkACL(acl)
	if err != nil {
		return fmt.Errorf("bucket %.80q: %w", name, err)
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := ownBucket(ctx, tx, who, name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE buckets SET acl = ? WHERE name = ?", acl, name)
		return err
	})
}

// ObjectACL is Stat for those who may see and change the ACL: the owner,
// administrators, and with BucketOwnerFullControl the bucket's owner.
func (s *Service) ObjectACL(ctx context.Context, who caller.Caller, bucket, key string) (o Object, in Bucket, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		o, in, err = ownObject(ctx, tx, who, bucket, key)
		return err
	})
	if err != nil {
		return Object{}, Bucket{}, fmt.Errorf("object %s/%.80q: %w", bucket, key, err)
	}
	return o, in, nil
}

// SetObjectACL changes the canned ACL of an object for those who may.
func (s *Service) SetObjectACL(ctx context.Context, who caller.Caller, bucket, key, acl string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		acl, err := checkACL(acl)
		if err != nil {
			return err
		}
		if _, _, err := ownObject(ctx, tx, who, bucket, key); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE objects SET acl = ? WHERE bucket = ? AND key = ?", acl, bucket, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("object %s/%.80q: %w", bucket, key, err)
	}
	return nil
}

// ownObject finds an object, and its bucket, for somebody who must be allowed
// to change its ACL.
func ownObject(ctx context.Context, tx *sql.Tx, who caller.Caller, bucket, key string) (Object, Bucket, error) {
	b, err := findBucket(ctx, tx, bucket)
	if err != nil {
		return Object{}, Bucket{}, err
	}
	o, err := findObject(ctx, tx, bucket, key)
	if errors.Is(err, ErrNoSuchKey) && !b.mayList(who) || err == nil && !o.mayChangeACL(who, b) {
		return Object{}, Bucket{}, ErrDenied
	}
	return o, b, err
}
