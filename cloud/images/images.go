package images

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"time"

	"emikit/cloud/state"
)

// Defaults of a Config.
const (
	// DefaultBudget is how long a registration waits for the check.
	DefaultBudget = 15 * time.Second
	// DefaultMaxSize bounds an image, in bytes: 30 GiB, as Eucalyptus 4.x.
	DefaultMaxSize = 30 << 30
	// DefaultURLLife is how long a node may fetch parts: 3 hours, as the
	// download manifests of Eucalyptus 4.x.
	DefaultURLLife = 3 * time.Hour
)

// Object is what a check needs to know of a stored object. Version changes
// whenever the object is written again.
type Object struct {
	Version string
	Size    int64
}

// Objects is the object store, read as the cloud itself. Implementations
// return errors that wrap [ErrNoBucket] or [ErrNoObject] for what is not
// there. They are safe for concurrent use.
type Objects interface {
	// BucketOwner returns the account that owns a bucket.
	BucketOwner(ctx context.Context, bucket string) (account string, err error)
	// Stat describes an object.
	Stat(ctx context.Context, bucket, key string) (Object, error)
	// Open reads an object from its start. The caller closes the reader.
	Open(ctx context.Context, bucket, key string) (Object, io.ReadCloser, error)
}

// Trust answers whose signatures count and holds the cloud's own key. It is
// safe for concurrent use.
type Trust interface {
	// Certificates returns the active certificates whose signatures count
	// for an account: its own, and every account's for an administrator's.
	Certificates(ctx context.Context, account string) ([]*x509.Certificate, error)
	// CloudCertificate is the certificate to which bundles are encrypted.
	CloudCertificate() *x509.Certificate
	// EnvelopeKey is the cloud certificate's private key. It never leaves
	// the front end.
	EnvelopeKey() *rsa.PrivateKey
	// AccountName returns the name of an account, for display.
	AccountName(ctx context.Context, account string) (string, error)
	// HasAccount reports whether there is an account of that number.
	HasAccount(ctx context.Context, account string) (bool, error)
}

// Presigner makes a URL by which an object can be read without credentials
// for ttl.
type Presigner func(ctx context.Context, bucket, key string, ttl time.Duration) (string, error)

// Config is what a Service is made of. DB, Objects, Trust and Presign are
// required; the zero value of each other field takes its default.
type Config struct {
	DB      *state.DB
	Objects Objects
	Trust   Trust
	Presign Presigner

	// Budget is how long Register waits for the check before the image is
	// stored as pending.
	Budget time.Duration
	// MaxSize is the largest image that may be registered, in bytes.
	MaxSize int64
	// URLLife is how long the URLs of an Artifact are good for.
	URLLife time.Duration
	// Signatures says whose manifests are taken; empty means SignaturesKnown.
	Signatures Signatures
	// UserKernels lets every account register kernels and ramdisks. Otherwise
	// only administrators may.
	UserKernels bool
	// Log receives what happens in the background. It never shows a key.
	Log *slog.Logger

	quantum time.Duration // tests shorten it
}

// withDefaults fills in what was left zero.
func (c Config) withDefaults() Config {
	if c.Budget == 0 {
		c.Budget = DefaultBudget
	}
	if c.MaxSize == 0 {
		c.MaxSize = DefaultMaxSize
	}
	if c.URLLife == 0 {
		c.URLLife = DefaultURLLife
	}
	if c.quantum == 0 {
		c.quantum = failureQuantum
	}
	if c.Signatures == "" {
		c.Signatures = SignaturesKnown
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Service is the register of images. It is safe for concurrent use. The caller
// owns it and must Close it.
type Service struct {
	config Config
	checks *checks
}

// New returns a Service on an open database and takes up the checks that an
// earlier run left unfinished. The context bounds New alone.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{config: c.withDefaults(), checks: newChecks()}
	if !s.config.Signatures.valid() {
		return nil, fmt.Errorf("image signatures %q: neither %s nor %s", c.Signatures, SignaturesKnown, SignaturesAny)
	}
	if err := s.resume(ctx); err != nil {
		s.checks.stop()
		s.checks.wait()
		return nil, err
	}
	return s, nil
}

// Suspend stops the checks. Their images stay pending and are taken up by the
// next run; whoever waits for a check in Register is told so at once. It is for
// the time when requests are still being answered but no new ones are taken.
func (s *Service) Suspend() { s.checks.stop() }

// Close stops the checks and waits for them, at most until the context ends. No
// other method may be called any more.
func (s *Service) Close(ctx context.Context) error {
	s.Suspend()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.checks.wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
