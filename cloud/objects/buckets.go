package objects

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"emikit/cloud/caller"
)

// CreateBucket makes a bucket that the caller's account owns. The error is
// ErrBucketOwned when the account has it already and ErrBucketTaken when
// another one has; ErrTooManyBuckets, ErrBadBucketName, ErrBadACL; ErrDenied
// without an account.
func (s *Service) CreateBucket(ctx context.Context, who caller.Caller, name, location, acl string) error {
	if err := checkBucketName(name); err != nil {
		return err
	}
	acl, err := checkACL(acl)
	if err != nil {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	if who.Account == "" {
		return fmt.Errorf("bucket %s: %w", name, ErrDenied)
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		old, err := findBucket(ctx, tx, name)
		switch {
		case err == nil && old.Owner == who.Account:
			return fmt.Errorf("bucket %s: %w", name, ErrBucketOwned)
		case err == nil:
			return fmt.Errorf("bucket %s: %w", name, ErrBucketTaken)
		case !errors.Is(err, ErrNoSuchBucket):
			return err
		}
		if err := s.limits.checkBuckets(ctx, tx, who); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO buckets ("+bucketColumns+") VALUES (?, ?, ?, ?, ?, 0)",
			name, who.Account, location, acl, time.Now().UnixMilli())
		return err
	})
}

// DeleteBucket removes an empty bucket of the caller's, and aborts the multipart
// uploads to it. The error is ErrBucketNotEmpty when it is not empty.
func (s *Service) DeleteBucket(ctx context.Context, who caller.Caller, name string) error {
	var files []string
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := ownBucket(ctx, tx, who, name); err != nil {
			return err
		}
		var full bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM objects WHERE bucket = ?)", name).Scan(&full)
		if err != nil {
			return err
		}
		if full {
			return fmt.Errorf("bucket %s: %w", name, ErrBucketNotEmpty)
		}
		if files, err = abortAll(ctx, tx, name); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM buckets WHERE name = ?", name)
		return err
	})
	if err != nil {
		return err
	}
	s.files.remove(files...)
	return nil
}

// Buckets lists the buckets of the caller's account by name.
func (s *Service) Buckets(ctx context.Context, who caller.Caller) (all []Bucket, err error) {
	if who.Account == "" {
		return nil, fmt.Errorf("list buckets: %w", ErrDenied)
	}
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT "+bucketColumns+" FROM buckets WHERE account = ? ORDER BY name", who.Account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			b, err := scanBucket(rows)
			if err != nil {
				return err
			}
			all = append(all, b)
		}
		return rows.Err()
	})
	return all, err
}

// Bucket tells about a bucket to those who may list it.
func (s *Service) Bucket(ctx context.Context, who caller.Caller, name string) (b Bucket, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		b, err = listableBucket(ctx, tx, who, name)
		return err
	})
	return b, err
}

// ExpectOwner returns ErrOtherOwner when a bucket does not belong to an account.
// Whoever may not list it is not told whose it is, and gets ErrDenied.
func (s *Service) ExpectOwner(ctx context.Context, who caller.Caller, name, account string) error {
	return s.db.View(ctx, func(tx *sql.Tx) error {
		b, err := findBucket(ctx, tx, name)
		switch {
		case err != nil || b.Owner == account:
			return err
		case !b.mayList(who):
			return fmt.Errorf("bucket %s: %w", name, ErrDenied)
		}
		return fmt.Errorf("bucket %s: %w", name, ErrOtherOwner)
	})
}

// ownBucket finds a bucket for somebody who must own it.
func ownBucket(ctx context.Context, tx *sql.Tx, who caller.Caller, name string) (Bucket, error) {
	b, err := findBucket(ctx, tx, name)
	if err == nil && !who.Owns(b.Owner) {
		err = fmt.Errorf("bucket %s: %w", name, ErrDenied)
	}
	return b, err
}

// listableBucket finds a bucket for somebody who must be allowed to list it.
func listableBucket(ctx context.Context, tx *sql.Tx, who caller.Caller, name string) (Bucket, error) {
	b, err := findBucket(ctx, tx, name)
	if err == nil && !b.mayList(who) {
		return Bucket{}, fmt.Errorf("bucket %s: %w", name, ErrDenied)
	}
	return b, err
}
