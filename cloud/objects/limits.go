package objects

import (
	"context"
	"database/sql"
	"fmt"

	"emikit/cloud/caller"
)

// Limits are what accounts may store. They bind requests of everybody but
// administrators, as those of Eucalyptus do. 0 is no limit.
type Limits struct {
	// Buckets is how many an account may have: ErrTooManyBuckets.
	Buckets int
	// BucketBytes is how many bytes a bucket may hold, in objects and in parts of
	// uploads under way: ErrBucketFull. What there is already stays.
	BucketBytes int64
}

// checkBuckets refuses one bucket more than an account may have.
func (l Limits) checkBuckets(ctx context.Context, tx *sql.Tx, who caller.Caller) error {
	if l.Buckets == 0 || who.Admin {
		return nil
	}
	var has int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM buckets WHERE account = ?", who.Account).Scan(&has)
	if err == nil && has >= l.Buckets {
		err = fmt.Errorf("account %s has %d: %w", who.Account, has, ErrTooManyBuckets)
	}
	return err
}

// checkRoom refuses bytes that are too many for a bucket that holds so many.
func (l Limits) checkRoom(who caller.Caller, held, more int64) error {
	if l.BucketBytes == 0 || who.Admin || more <= 0 || held+more <= l.BucketBytes {
		return nil
	}
	return ErrBucketFull
}

// charge adds bytes to what a bucket holds, or takes them off when they are less than
// none. It belongs to every transaction that changes the sizes in a bucket.
func (s *Service) charge(ctx context.Context, tx *sql.Tx, who caller.Caller, bucket string, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	var held int64
	err := tx.QueryRowContext(ctx, "UPDATE buckets SET bytes = bytes + ? WHERE name = ? RETURNING bytes", bytes, bucket).Scan(&held)
	if err != nil {
		return err
	}
	return s.limits.checkRoom(who, held-bytes, bytes)
}
