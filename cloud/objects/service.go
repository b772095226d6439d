package objects

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"emikit/cloud/state"
)

// Service is the object store. It is safe for concurrent use.
type Service struct {
	db      *state.DB
	files   files
	limits  Limits
	pins    pins
	repairs Repairs
}

// Repairs is what Open has found of an earlier run.
type Repairs struct {
	// Files and Bytes are what was removed: bodies whose writing was never
	// answered, and what had been replaced or deleted at the last moment.
	Files int
	Bytes int64
	// Uploads are the multipart uploads under way. They and their parts stay
	// until somebody completes or aborts them.
	Uploads int
}

// Repairs tells what Open has found of an earlier run.
func (s *Service) Repairs() Repairs { return s.repairs }

// Open opens the object store whose bytes are in DIR/objects, and removes what
// an interruption left there. Nobody else may use the directory meanwhile,
// which owning db ensures.
func Open(ctx context.Context, db *state.DB, dir string, limits Limits) (*Service, error) {
	s := &Service{db: db, limits: limits, files: files{filepath.Join(dir, "objects"), osDisk{}}}
	if err := s.files.prepare(); err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	if err := s.sweep(ctx); err != nil {
		return nil, fmt.Errorf("object store: remove left-over files: %w", err)
	}
	return s, nil
}

// Bucket is what is known of a bucket.
type Bucket struct {
	Name     string
	Owner    string // account number
	Location string // as the owner gave it; the store attaches no meaning to it
	ACL      string // a canned ACL
	Created  time.Time
	Bytes    int64 // that it holds, in objects and in parts of uploads under way
}

// Object is what is known of an object.
type Object struct {
	Bucket  string
	Key     string
	Version string // different after every Put, even of the same bytes
	Size    int64  // bytes
	// ETag is the MD5 of the bytes in lower-case hex. Of an object that was
	// uploaded in N parts it is the MD5 of their MD5s, followed by "-N": nothing
	// that could be checked against the bytes alone.
	ETag string
	// Parts is how many parts the object was uploaded in; 0: it was one body.
	Parts int
	// Checksum is kept when the object's maker asked for one.
	Checksum Checksum
	Attributes
	ACL      string // a canned ACL
	Owner    string // account number
	Modified time.Time
}

// Attributes are what is kept with an object for those who read it.
type Attributes struct {
	ContentType string
	// Headers are further HTTP headers, such as Content-Encoding.
	Headers map[string]string
	// Metadata are names and values of the user's own.
	Metadata map[string]string
}

// check refuses attributes that are too large to keep.
func (a Attributes) check() error {
	if headers := weight(a.Headers) + len(a.ContentType); headers > maxHeaders || weight(a.Metadata) > MaxMetadata {
		return ErrBadMetadata
	}
	return nil
}

func weight(values map[string]string) (bytes int) {
	for name, value := range values {
		bytes += len(name) + len(value)
	}
	return bytes
}
