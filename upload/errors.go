package upload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"

	"emikit/manifest"
	"emikit/reach"
)

var (
	// ErrBucketTaken: the bucket belongs to another account.
	ErrBucketTaken = errors.New("bucket belongs to another account")
	// ErrLocation: the bucket exists in another location than was asked for.
	ErrLocation = errors.New("bucket is in another location")
	// ErrMissingPart: a part that the manifest names is not in the directory.
	ErrMissingPart = errors.New("no such part")
	// ErrPartDigest: a part's SHA-1 is not the one in the manifest.
	ErrPartDigest = errors.New("part does not match its digest")
	// ErrChanged: a part is not what it was when it was compared with its digest.
	ErrChanged = errors.New("changed while it was being sent")
	// ErrBundledSize: the parts are not as long as the manifest says.
	ErrBundledSize = errors.New("parts do not add up to the bundled size")
	// ErrTruncated: a body ended early.
	ErrTruncated = errors.New("ended before it was complete")
	// ErrNoManifest: there is no manifest where one was looked for.
	ErrNoManifest = errors.New("does not exist on the server")
)

// DigestError says that a part is not the one that the manifest names. It is an
// ErrPartDigest.
type DigestError struct {
	// Path is where the part is: of a file, or BUCKET/KEY.
	Path      string
	Want, Got manifest.Digest

	// Op is what was done with it: "download" or "copy"; empty for a file.
	Op string
}

// Error names the part and both digests.
func (e *DigestError) Error() string {
	return strings.TrimPrefix(fmt.Sprintf("%s %s: %v (expected SHA-1: %s, actual: %s)", e.Op, e.Path, ErrPartDigest, e.Want, e.Got), " ")
}

func (e *DigestError) Unwrap() error { return ErrPartDigest }

// Error is a refusal by the object store.
type Error struct {
	// Op is what was tried: "upload", "download", "create bucket" …
	Op string
	// Object is what it was tried on: BUCKET or BUCKET/KEY.
	Object string
	// Code and Message are the store's, such as "AccessDenied".
	Code, Message string
	// Region is where the store says that the bucket, or the store itself, is; empty
	// when it does not say.
	Region string
	// Status is the HTTP status.
	Status int
	// Endpoint is the host that the store sends to instead, if it names one.
	Endpoint string
	// RetryAfter is how long the store asks to be left alone; 0 where it does not.
	RetryAfter time.Duration
	// Date is the store's clock when it answered, in whole seconds; zero where it does
	// not show it.
	Date time.Time

	sent        place         // where the request went
	bucket      string        // that it was for
	skew        time.Duration // how far the store's clock is ahead of this machine's
	signedAhead time.Duration // how far the one was that the request was signed by
	acl         string        // that it was to set
	closed      bool          // the bucket may not even be looked up
}

// Error names the operation, its object and the store's reasons.
func (e *Error) Error() string {
	s := e.Op + " " + e.Object + ": " + e.Code
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Is makes what does not exist fs.ErrNotExist.
func (e *Error) Is(target error) bool {
	return target == fs.ErrNotExist && (e.Code == "NoSuchKey" || e.Code == "NoSuchEntity")
}

// Hint is advice on the refusals that users meet most.
func (e *Error) Hint() string {
	hint := e.hint()
	if e.Status == http.StatusForbidden && e.skew.Abs() > reach.SkewLimit && e.signedAhead == 0 && !e.isLate() {
		return strings.TrimPrefix(hint+"; besides, "+reach.ClockText(e.skew), "; besides, ")
	}
	return hint
}

// hint is advice on the code.
func (e *Error) hint() string {
	switch {
	case strings.Contains(e.Message, "AWS4-HMAC-SHA256"), strings.Contains(e.Message, "valid Date or x-amz-date header"):
		return "the service wants signatures of version 4: use --sigv 4"
	case e.isLate():
		return e.clockHint()
	}
	switch e.Code {
	case "InvalidAccessKeyId":
		return "check the access key, and that it belongs to this service"
	case "SignatureDoesNotMatch":
		return "check the secret key; an old service may want --sigv 2"
	case "ExpiredToken", "InvalidToken":
		return "the session is over, or its token does not belong to these keys: get new ones"
	case "AccessDenied", "AllAccessDisabled":
		return e.deniedHint()
	case "NoSuchBucket":
		return "check the bucket's name"
	case "BucketNotEmpty":
		return "other objects are in the bucket"
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "Redirect", "IllegalLocationConstraintException":
		return e.regionHint()
	case "SecondLevelDomainForbidden", "PathStyleDomainForbidden":
		return "the service wants buckets in host names: use --addressing-style virtual, and a DNS-safe bucket name"
	case "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "Throttling", "RequestLimitExceeded":
		return "the service is busy: try again later, or with fewer --jobs"
	case "AccessControlListNotSupported":
		return "the bucket takes no ACLs: who may read it is said by its policy"
	case "InvalidLocationConstraint":
		return "the service has no such location: check --location, or leave it out"
	case "InvalidBucketName":
		return dnsSafeNames
	}
	return ""
}

// clockHint is advice on a machine whose time is another than the store's.
func (e *Error) clockHint() string {
	if e.skew == 0 {
		return "set this machine's clock"
	}
	return "set this machine's clock: " + reach.ClockText(e.skew)
}

// ConnectError says that the store could not be reached, or was lost.
type ConnectError struct {
	// Endpoint is the URL that was tried.
	Endpoint string
	Err      error

	virtual bool // a bucket is in the name of the host
}

// service is this one, as messages about connections name it.
func service() reach.Service {
	return reach.Service{Name: "S3", Variable: "S3_URL", Path: "/services/Walrus"}
}

// Error names the endpoint and the cause alone.
func (e *ConnectError) Error() string { return "connect to " + e.Endpoint + ": " + reach.Cause(e.Err) }

func (e *ConnectError) Unwrap() error { return e.Err }

// Hint is advice on connections that cannot be made.
func (e *ConnectError) Hint() string {
	if hint := service().Hint(e.Err); hint != "" {
		return hint
	}
	if errors.Is(e.Err, syscall.ECONNREFUSED) {
		return "is the service running? Say with --url or S3_URL where it is"
	}
	if _, ok := errors.AsType[*net.DNSError](e.Err); ok && e.virtual {
		return "the service may have no hosts for buckets: use --addressing-style path"
	} else if ok {
		return "say with --url or S3_URL where the service is"
	}
	return ""
}

// refused turns what the signer or minio-go returns into an *Error, with what was tried,
// or a *ConnectError. Anything else, such as a bucket name that it does not accept, keeps its text.
func refused(op, object string, err error) error {
	if err == nil {
		return nil
	}
	if connect, ok := errors.AsType[*ConnectError](err); ok {
		return connect
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if refusal, ok := errors.AsType[*Error](err); ok {
		named := *refusal
		named.Op, named.Object = op, object
		return &named
	}
	if r, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return &Error{Op: op, Object: object, Code: r.Code, Message: r.Message, Region: r.Region, Status: r.StatusCode}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return fmt.Errorf("%s %s: %w", op, object, err)
}
