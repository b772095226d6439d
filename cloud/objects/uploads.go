package objects

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"emikit/cloud/caller"
)

// Upload is a multipart upload under way: what its object is going to be.
type Upload struct {
	UploadName
	Attributes
	ACL     string // a canned ACL
	Owner   string // account number; empty: anonymous
	Created time.Time
	// Checksum is the one that the object and its parts are going to have. Full:
	// the object's is that of all its bytes; otherwise it is composite.
	Checksum Algorithm
	Full     bool
}

// UploadName says which upload is meant. An id alone is not enough: it counts
// only together with the bucket and key that it was made for.
type UploadName struct{ Bucket, Key, ID string }

// wrap gives an error the name of what it is about.
func (u UploadName) wrap(err error) error {
	return fmt.Errorf("upload to %s/%.80q: %w", u.Bucket, u.Key, err)
}

// UploadOptions are what the object is going to have.
type UploadOptions struct {
	ACL string // a canned ACL; empty: Private
	Attributes
	// Checksum and Full are as Upload has them. The error is ErrChecksumType
	// where S3 does not offer the two together.
	Checksum Algorithm
	Full     bool
}

// CreateUpload begins a multipart upload. This and all that is done with an
// upload needs the right to write to the bucket; what is done with somebody
// else's, to own the bucket.
func (s *Service) CreateUpload(ctx context.Context, who caller.Caller, bucket, key string, o UploadOptions) (Upload, error) {
	acl, err := checkACL(o.ACL)
	u := Upload{
		UploadName: UploadName{bucket, key, newID()}, Attributes: o.Attributes, ACL: acl, Owner: who.Account,
		Created: now(), Checksum: o.Checksum, Full: o.Full,
	}
	if err = cmp.Or(err, checkKey(key), o.Attributes.check(), o.Checksum.checkParts(o.Full)); err == nil {
		err = s.db.Update(ctx, func(tx *sql.Tx) error {
			if _, err := writableBucket(ctx, tx, who, bucket); err != nil {
				return err
			}
			return saveUpload(ctx, tx, u)
		})
	}
	if err != nil {
		return Upload{}, u.wrap(noRoom(err))
	}
	return u, nil
}

const uploadColumns = "id, bucket, key, account, content_type, headers, metadata, acl, created, checksum_algorithm, checksum_full"

func saveUpload(ctx context.Context, tx *sql.Tx, u Upload) error {
	headers, metadata, err := u.Attributes.columns()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO uploads ("+uploadColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?)",
		u.ID, u.Bucket, u.Key, u.Owner, u.ContentType, headers, metadata, u.ACL, u.Created.UnixMilli(), u.Checksum, u.Full)
	return err
}

func scanUpload(r row) (u Upload, err error) {
	var (
		created           int64
		headers, metadata []byte
	)
	err = r.Scan(&u.ID, &u.Bucket, &u.Key, &u.Owner, &u.ContentType, &headers, &metadata, &u.ACL, &created, &u.Checksum, &u.Full)
	if err != nil {
		return Upload{}, err
	}
	u.Created = time.UnixMilli(created)
	return u, errors.Join(json.Unmarshal(headers, &u.Headers), json.Unmarshal(metadata, &u.Metadata))
}

// findUpload finds an upload for somebody who must be allowed to go on with it.
func findUpload(ctx context.Context, tx *sql.Tx, who caller.Caller, name UploadName) (Upload, Bucket, error) {
	b, err := writableBucket(ctx, tx, who, name.Bucket)
	if err != nil {
		return Upload{}, Bucket{}, err
	}
	u, err := scanUpload(tx.QueryRowContext(ctx,
		"SELECT "+uploadColumns+" FROM uploads WHERE id = ? AND bucket = ? AND key = ?", name.ID, name.Bucket, name.Key))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNoSuchUpload
	case err == nil && !u.mayContinue(who, b):
		return Upload{}, Bucket{}, ErrDenied
	}
	return u, b, err
}

// AbortUpload ends an upload and removes its parts.
func (s *Service) AbortUpload(ctx context.Context, who caller.Caller, name UploadName) error {
	var files []string
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, _, err := findUpload(ctx, tx, who, name)
		if err != nil {
			return err
		}
		var size int64
		if files, size, err = takeParts(ctx, tx, name.ID); err != nil {
			return err
		}
		return cmp.Or(deleteUpload(ctx, tx, name.ID), s.charge(ctx, tx, who, name.Bucket, -size))
	})
	if err != nil {
		return name.wrap(err)
	}
	s.files.remove(files...)
	return nil
}

func deleteUpload(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM uploads WHERE id = ?", id)
	return err
}

// abortAll ends the uploads to a bucket that is being deleted, and returns the
// files of their parts.
func abortAll(ctx context.Context, tx *sql.Tx, bucket string) (files []string, err error) {
	for {
		var id string
		err := tx.QueryRowContext(ctx, "SELECT id FROM uploads WHERE bucket = ? LIMIT 1", bucket).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		of, _, err := takeParts(ctx, tx, id)
		if err = cmp.Or(err, deleteUpload(ctx, tx, id)); err != nil {
			return nil, err
		}
		files = append(files, of...)
	}
}
