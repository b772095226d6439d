package objects

import (
	"context"
	"errors"
	"io"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/state"
)

// Errors that callers test for.
var (
	ErrBucketOwned    = errors.New("bucket is yours already")
	ErrBucketTaken    = errors.New("bucket belongs to somebody else")
	ErrBucketNotEmpty = errors.New("bucket is not empty")
	ErrNoSuchBucket   = errors.New("no such bucket")
	ErrNoSuchKey      = errors.New("no such object")
	ErrDenied         = errors.New("access denied")
	ErrBadBucketName  = errors.New("not a bucket name")
	ErrBadKey         = errors.New("not an object key")
	ErrBadACL         = errors.New("not a canned ACL")
	ErrBadMetadata    = errors.New("metadata too large")
	ErrTooLarge       = errors.New("object too large")
	ErrWrongSize      = errors.New("body has not the declared size")
	ErrWrongMD5       = errors.New("body has not the declared MD5")
	ErrWrongSHA256    = errors.New("body has not the declared SHA-256")
)

// Service is the object store. It is safe for concurrent use.
type Service struct {
	db  *state.DB
	dir string
}

func Open(ctx context.Context, db *state.DB, dir string) (*Service, error) {
	return nil, errors.ErrUnsupported
}

// Bucket is a bucket.
type Bucket struct {
	Name     string
	Owner    string // account
	Location string
	ACL      string
	Created  time.Time
}

// Object is what is known of an object.
type Object struct {
	Bucket      string
	Key         string
	Version     string // changes with every Put
	Size        int64
	MD5         string // hex
	ContentType string
	Metadata    map[string]string
	ACL         string
	Owner       string
	Modified    time.Time
}

// PutOptions say what is known of an object's bytes beforehand, and what to keep with them.
type PutOptions struct {
	Size        int64  // bytes; 0: not declared
	MD5         string // hex; empty: not declared
	SHA256      string // hex; empty: not declared
	ContentType string
	Metadata    map[string]string
	ACL         string
}

type ListQuery struct {
	Prefix, Delimiter string
	After             string
	Limit             int
}

type Listing struct {
	Objects   []Object
	Prefixes  []string
	Truncated bool
	Next      string
}

func (s *Service) CreateBucket(ctx context.Context, who caller.Caller, name, location, acl string) error {
	return errors.ErrUnsupported
}
func (s *Service) DeleteBucket(ctx context.Context, who caller.Caller, name string) error {
	return errors.ErrUnsupported
}
func (s *Service) Buckets(ctx context.Context, who caller.Caller) ([]Bucket, error) {
	return nil, errors.ErrUnsupported
}
func (s *Service) Bucket(ctx context.Context, who caller.Caller, name string) (Bucket, error) {
	return Bucket{}, errors.ErrUnsupported
}
func (s *Service) Put(ctx context.Context, who caller.Caller, bucket, key string, body io.Reader, o PutOptions) (Object, error) {
	return Object{}, errors.ErrUnsupported
}
func (s *Service) Open(ctx context.Context, who caller.Caller, bucket, key string) (Object, io.ReadSeekCloser, error) {
	return Object{}, nil, errors.ErrUnsupported
}
func (s *Service) Stat(ctx context.Context, who caller.Caller, bucket, key string) (Object, error) {
	return Object{}, errors.ErrUnsupported
}
func (s *Service) Delete(ctx context.Context, who caller.Caller, bucket, key string) error {
	return errors.ErrUnsupported
}
func (s *Service) List(ctx context.Context, who caller.Caller, bucket string, q ListQuery) (Listing, error) {
	return Listing{}, errors.ErrUnsupported
}
