package objects

import (
	"context"
	"database/sql"
	"fmt"

	"emikit/cloud/caller"
)

// UploadQuery chooses what Uploads returns.
type UploadQuery struct {
	// Prefix and Delimiter are as ListQuery has them.
	Prefix, Delimiter string
	// AfterKey and AfterID are the NextKey and NextID of another listing: only
	// what sorts behind them is listed. Without AfterID no upload to AfterKey is.
	AfterKey, AfterID string
	// Limit is how many uploads and common prefixes to list; 0 means MaxList, as
	// does any larger number.
	Limit int
}

// UploadListing is one page of the uploads to a bucket, in the order of their keys
// and ids.
type UploadListing struct {
	Uploads  []Upload
	Prefixes []string // common prefixes
	// Truncated says that there is more, and the others what to give as AfterKey
	// and AfterID to get it.
	Truncated       bool
	NextKey, NextID string
}

// Uploads lists the uploads to a bucket for those who may list the bucket. Its cost
// is that of List.
func (s *Service) Uploads(ctx context.Context, who caller.Caller, bucket string, q UploadQuery) (UploadListing, error) {
	if q.Limit <= 0 || q.Limit > MaxList {
		q.Limit = MaxList
	}
	l := uploadLister{bucket: bucket, UploadQuery: q, after: q.start()}
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		if _, err := listableBucket(ctx, tx, who, bucket); err != nil {
			return err
		}
		for more := true; more; {
			var err error
			if more, err = l.run(ctx, tx); err != nil {
				return fmt.Errorf("list uploads to bucket %s: %w", bucket, err)
			}
		}
		return nil
	})
	if err != nil {
		return UploadListing{}, err
	}
	return l.page, nil
}

// uploadPlace is a place among the uploads to a bucket: right behind the upload with
// this key and id, or before all to the key when the id is empty.
type uploadPlace struct{ key, id string }

// start is the place behind which the query lists.
func (q UploadQuery) start() uploadPlace {
	from := uploadPlace{q.AfterKey, q.AfterID}
	switch {
	case q.AfterKey == "" || q.AfterID != "":
	case q.common(q.AfterKey) == q.AfterKey:
		from.key = successor(q.AfterKey) // the whole of a common prefix was listed
	default:
		from.id = keyEnd
	}
	if from.key < q.Prefix {
		from = uploadPlace{key: q.Prefix}
	}
	return from
}

// common is the common prefix that stands for uploads to key, or "".
func (q UploadQuery) common(key string) string { return commonPrefix(key, q.Prefix, q.Delimiter) }

// uploadsPage finds the uploads to a bucket behind a place and before a key.
const uploadsPage = "SELECT " + uploadColumns + " FROM uploads WHERE bucket = ? AND (key, id) > (?, ?) AND key < ? ORDER BY key, id LIMIT ?"

// uploadLister is a listing under way.
type uploadLister struct {
	bucket string
	UploadQuery
	after uploadPlace // where to go on
	page  UploadListing
}

// run reads uploads in order as lister.run does objects.
func (l *uploadLister) run(ctx context.Context, tx *sql.Tx) (again bool, err error) {
	room := l.Limit - len(l.page.Uploads) - len(l.page.Prefixes)
	rows, err := tx.QueryContext(ctx, uploadsPage, l.bucket, l.after.key, l.after.id, successor(l.Prefix), room+1)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		if room == 0 {
			l.page.Truncated = true
			return false, nil
		}
		u, err := scanUpload(rows)
		if err != nil {
			return false, err
		}
		if common := l.common(u.Key); common != "" {
			l.page.Prefixes = append(l.page.Prefixes, common)
			l.page.NextKey, l.page.NextID, l.after = common, "", uploadPlace{key: successor(common)}
			return true, nil
		}
		l.page.Uploads = append(l.page.Uploads, u)
		l.page.NextKey, l.page.NextID = u.Key, u.ID
		room--
	}
	l.page.NextKey, l.page.NextID = "", ""
	return false, rows.Err()
}
