package objects

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const bucketColumns = "name, account, location, acl, created, bytes"

const objectColumns = "bucket, key, version, account, size, etag, parts, content_type, headers, metadata, acl, modified, checksum_algorithm, checksum"

// row is one row of a result: *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

func scanBucket(r row) (b Bucket, err error) {
	var created int64
	err = r.Scan(&b.Name, &b.Owner, &b.Location, &b.ACL, &created, &b.Bytes)
	b.Created = time.UnixMilli(created)
	return b, err
}

func scanObject(r row) (o Object, err error) {
	var (
		modified          int64
		headers, metadata []byte
	)
	err = r.Scan(&o.Bucket, &o.Key, &o.Version, &o.Owner, &o.Size, &o.ETag, &o.Parts,
		&o.ContentType, &headers, &metadata, &o.ACL, &modified, &o.Checksum.Algorithm, &o.Checksum.Value)
	if err != nil {
		return Object{}, err
	}
	o.Modified = time.UnixMilli(modified)
	return o, errors.Join(json.Unmarshal(headers, &o.Headers), json.Unmarshal(metadata, &o.Metadata))
}

func findBucket(ctx context.Context, tx *sql.Tx, name string) (Bucket, error) {
	b, err := scanBucket(tx.QueryRowContext(ctx, "SELECT "+bucketColumns+" FROM buckets WHERE name = ?", name))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSuchBucket
	}
	if err != nil {
		return Bucket{}, fmt.Errorf("bucket %.80q: %w", name, err)
	}
	return b, nil
}

func findObject(ctx context.Context, tx *sql.Tx, bucket, key string) (Object, error) {
	o, err := scanObject(tx.QueryRowContext(ctx,
		"SELECT "+objectColumns+" FROM objects WHERE bucket = ? AND key = ?", bucket, key))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSuchKey
	}
	return o, err
}

// saveObject makes the object's row, or replaces it.
func saveObject(ctx context.Context, tx *sql.Tx, o Object) error {
	headers, metadata, err := o.Attributes.columns()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "REPLACE INTO objects ("+objectColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		o.Bucket, o.Key, o.Version, o.Owner, o.Size, o.ETag, o.Parts,
		o.ContentType, headers, metadata, o.ACL, o.Modified.UnixMilli(), o.Checksum.Algorithm, o.Checksum.Value)
	return err
}

// columns are the maps as the database keeps them.
func (a Attributes) columns() (headers, metadata string, err error) {
	h, err := json.Marshal(a.Headers)
	if err != nil {
		return "", "", err
	}
	m, err := json.Marshal(a.Metadata)
	return string(h), string(m), err
}
