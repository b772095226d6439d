package upload

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"emikit/reach"
	"emikit/sign"
)

// DefaultACL lets the cloud read what is uploaded, and nobody else.
const DefaultACL = "aws-exec-read"

const defaultRegion = "us-east-1"

// Config says which object store to use, and on whose behalf.
type Config struct {
	// Endpoint is the store's URL. It may have a path, as in
	// http://HOST:8773/services/Walrus.
	Endpoint string
	// Region is what Version 4 signs for; empty means us-east-1.
	Region string
	// Credentials may be empty: then requests are not signed.
	Credentials sign.Credentials
	// SignatureVersion is 2 or 4; 0 means 4.
	SignatureVersion int
	// Jobs is the number of parts transferred at once; 0 means that it is chosen, by
	// processors and by how long the store takes to answer.
	Jobs int
	// Transport sends the requests. nil means one that honours the proxy
	// variables and the system's certificates.
	Transport http.RoundTripper
	// InsecureSkipVerify takes whatever certificate the server shows, and RootCAs are
	// who signs certificates; nil: those whom the system trusts. Both are for the
	// Transport that nil means; one of the caller's own decides for itself.
	InsecureSkipVerify bool
	RootCAs            *x509.CertPool
	// Addressing is where the bucket's name goes; empty means AutoAddressing.
	Addressing Addressing
	// Retries is how often a request that fails for a passing reason is made again at
	// most; 0 means DefaultRetries, a negative number never.
	Retries int
	// RetryFor bounds the time in which a request is made again, counted from when it was
	// first made; 0 means DefaultRetryFor. It bounds failure, not work: a request that is
	// going on then is not ended as long as it moves (see watch), so that a transfer over
	// a thin line takes the time that it needs. Each part counts for itself. Whoever
	// wants a bound on all of it ends the context.
	RetryFor time.Duration
	// Notice is told, in a line for people, what a request without progress found amiss
	// and got around, such as a wrong clock. It may be called from several goroutines
	// at once. nil is allowed.
	Notice func(string)
	// Log receives debug lines: one for each request, and for each part its size
	// and digest. It never shows a header or a query, where signatures are. nil means
	// no log.
	Log *slog.Logger
}

// Store is an object store. It may be used from several goroutines at once.
type Store struct {
	endpoint *url.URL
	region   string // the configured one
	pace     *pace
	backoff  backoff
	hashBody bool // the signature covers the SHA-256 of bodies
	signer   *signer
	client   minio.Core
	log      *slog.Logger
	reached  atomic.Bool // the store has answered a request
	compares comparing   // the SHA-1 that comes with a body
	closed   sync.Map    // the buckets that may not be looked up
	notices  func(string)
}

// Open prepares a Store. It does not talk to it yet.
func Open(c Config) (*Store, error) {
	endpoint, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	switch c.SignatureVersion {
	case 0, 2, 4:
	default:
		return nil, fmt.Errorf("signature version %d: not one of 2 and 4", c.SignatureVersion)
	}
	s := &Store{endpoint: endpoint, region: c.Region, backoff: newBackoff(c.Retries, c.RetryFor), log: c.Log,
		notices: c.Notice}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.region == "" {
		s.region = defaultRegion
	}
	if err := s.setTransport(c); err != nil {
		return nil, err
	}
	// TLS protects a body already; over plain HTTP the signature has to.
	s.hashBody = endpoint.Scheme == "http" && c.SignatureVersion != 2 && c.Credentials != (sign.Credentials{})
	s.client.Client, err = minio.New(endpoint.Host, &minio.Options{
		Creds:        credentials.NewStatic("", "", "", credentials.SignatureAnonymous),
		Secure:       endpoint.Scheme == "https",
		Region:       s.region,
		BucketLookup: minio.BucketLookupPath,
		MaxRetries:   1, // Store.retry does it
		Transport:    s.signer,
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", c.Endpoint, err)
	}
	return s, nil
}

// setTransport makes what requests go through: the signer, and below it the transport.
func (s *Store) setTransport(c Config) error {
	s.pace = newPace(max(0, c.Jobs), s.log)
	if s.pace.base = c.Transport; c.Transport == nil {
		s.pace.base = defaultTransport(s.pace.connections(), reach.Options{RootCAs: c.RootCAs, InsecureSkipVerify: c.InsecureSkipVerify})
	}
	s.signer = &signer{base: s.pace, endpoint: s.endpoint, credentials: c.Credentials, version: c.SignatureVersion,
		silence: silence, log: s.log}
	s.signer.region.Store(&s.region)
	return s.signer.setAddressing(c.Addressing)
}

func parseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("endpoint %q: not a URL of the form http[s]://HOST[:PORT][/PATH]", s)
	}
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port) // who signs, and who checks, leaves it out
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// Put stores size bytes of body as the object called name, with a canned ACL
// unless acl is empty. It reads body twice, from its beginning.
func (s *Store) Put(ctx context.Context, loc Location, name string, body io.ReadSeeker, size int64, acl string) error {
	sums, err := s.sum(ctx, body)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if sums.size != size {
		return fmt.Errorf("%s: %d bytes, want %d", name, sums.size, size)
	}
	_, err = s.put(ctx, loc, name, body, sums, acl, nil)
	return err
}

// put sends a body whose checksums are known. The store compares them with
// what it receives, so that a body that changes meanwhile is not accepted. It
// returns the object's ETag.
func (s *Store) put(ctx context.Context, loc Location, name string, body io.ReadSeeker, sums sums, acl string, t *teller) (etag string, err error) {
	opts := minio.PutObjectOptions{UserMetadata: map[string]string{}}
	if acl != "" {
		opts.UserMetadata["x-amz-acl"] = acl
	}
	if sums.keep != "" {
		opts.UserMetadata["x-amz-checksum-sha1"] = sums.keep
	}
	ctx = withPayloadHash(ctx, sums.sha256)
	md5 := base64.StdEncoding.EncodeToString(sums.md5)
	err = s.retry(ctx, name, t, func() error {
		info, err := s.client.PutObject(ctx, loc.Bucket, loc.Key(name), replay(body, sums.size), sums.size, md5, "", opts)
		etag = info.ETag
		s.compares.learn(sums, info.ChecksumSHA1)
		return s.denied(refused("upload", loc.Path(name), err), acl)
	})
	return etag, err
}

// replay gives an attempt a reader of its own, where that is possible: after an
// early refusal the transport may still be reading the body of the last one. It
// also hides any Close method, which minio-go would call.
func replay(body io.ReadSeeker, size int64) io.ReadSeeker {
	if at, ok := body.(io.ReaderAt); ok {
		return io.NewSectionReader(at, 0, size)
	}
	return struct{ io.ReadSeeker }{body}
}

// Get opens the object called name and tells its size. The caller closes the
// body. A body that ends early fails with io.ErrUnexpectedEOF.
func (s *Store) Get(ctx context.Context, loc Location, name string) (body io.ReadCloser, size int64, err error) {
	err = s.retry(ctx, name, nil, func() (err error) {
		body, size, err = s.open(ctx, loc, name)
		return err
	})
	return body, size, err
}

// open makes one attempt at Get.
func (s *Store) open(ctx context.Context, loc Location, name string) (io.ReadCloser, int64, error) {
	body, info, _, err := s.client.GetObject(ctx, loc.Bucket, loc.Key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, refused("download", loc.Path(name), err)
	}
	return body, info.Size, nil
}

// stored is what a listing says of an object.
type stored struct {
	name string
	size int64 // bytes
	etag string
}

// list returns the names of the objects directly under loc that begin with start.
func (s *Store) list(ctx context.Context, loc Location, start string) (names []string, err error) {
	there, err := s.objects(ctx, loc, start)
	for _, object := range there {
		names = append(names, object.name)
	}
	return names, err
}

// objects is list with what else is known.
func (s *Store) objects(ctx context.Context, loc Location, start string) (there []stored, err error) {
	err = s.retry(ctx, loc.Bucket, nil, func() error {
		there, err = s.objectsOnce(ctx, loc, start)
		return err
	})
	return there, err
}

// objectsOnce makes one attempt at objects.
func (s *Store) objectsOnce(ctx context.Context, loc Location, start string) (there []stored, err error) {
	options := minio.ListObjectsOptions{Prefix: loc.Key(start), UseV1: true} // Walrus knows no other
	for object := range s.client.ListObjectsIter(ctx, loc.Bucket, options) {
		if object.Err != nil {
			return nil, refused("list", loc.Bucket, object.Err)
		}
		there = append(there, stored{strings.TrimPrefix(object.Key, loc.Key("")), object.Size, object.ETag})
	}
	return there, context.Cause(ctx) // with which a listing ends as if it were complete
}

// remove removes the object called name, if there is one.
func (s *Store) remove(ctx context.Context, loc Location, name string) error {
	return s.removeTelling(ctx, loc, name, nil)
}

// removeTelling is remove that tells when it is tried again.
func (s *Store) removeTelling(ctx context.Context, loc Location, name string, t *teller) error {
	return s.retry(ctx, name, t, func() error { return s.removeOnce(ctx, loc, name) })
}

// removeOnce makes one attempt at remove.
func (s *Store) removeOnce(ctx context.Context, loc Location, name string) error {
	err := s.client.RemoveObject(ctx, loc.Bucket, loc.Key(name), minio.RemoveObjectOptions{})
	if err = refused("remove", loc.Path(name), err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
