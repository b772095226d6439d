package upload

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Addressing says where in a URL a bucket's name is.
type Addressing string

// The ways of addressing.
const (
	// AutoAddressing puts it in the path, and where a store refuses that in a way that
	// is known, before the host's name.
	AutoAddressing Addressing = "auto"
	// PathAddressing puts it in the path: https://HOST/BUCKET/KEY.
	PathAddressing Addressing = "path"
	// VirtualAddressing puts it before the host's name: https://BUCKET.HOST/KEY. The
	// name must be DNS-safe then.
	VirtualAddressing Addressing = "virtual"
	// SafeAddressing puts it before the host's name where both can stand there, and else
	// in the path, as ec2-ami-tools do.
	SafeAddressing Addressing = "safe"
)

// ErrBucketName: a bucket's name does not do for where it is to be used.
var ErrBucketName = errors.New("the name is not DNS-safe")

// setAddressing chooses how buckets are asked for.
func (t *signer) setAddressing(a Addressing) error {
	switch a {
	case "", AutoAddressing:
		a = AutoAddressing
	case PathAddressing, SafeAddressing:
	case VirtualAddressing:
		if isAddress(t.endpoint.Host) {
			return fmt.Errorf("endpoint %s: no bucket's name can stand before a number: use --addressing-style %s", t.endpoint, PathAddressing)
		}
	default:
		return fmt.Errorf("addressing %q: not one of auto, path and virtual", a)
	}
	t.addressing, t.virtual = a, a == VirtualAddressing
	return nil
}

// isVirtual reports whether a bucket is asked for at a host of its own from the
// beginning.
func (t *signer) isVirtual(bucket string) bool {
	return bucket != "" && (t.virtual || t.addressing == SafeAddressing && t.mayBeVirtual(bucket))
}

// mayBeVirtual reports whether a store that wants buckets in host names is asked so.
func (t *signer) mayBeVirtual(bucket string) bool {
	return t.addressing != PathAddressing && IsDNSSafe(bucket) && !isAddress(t.endpoint.Host)
}

// CheckBucket refuses a bucket whose name does not do for this store: at hosts of
// their own only names that are DNS-safe can be asked for. Nothing is asked yet.
func (s *Store) CheckBucket(bucket string) error {
	if s.signer.virtual && !IsDNSSafe(bucket) {
		return &bucketNameError{bucket, "it cannot be the beginning of a host's name", "use --addressing-style path, or another name"}
	}
	return nil
}

// checkNew refuses a bucket that AWS would not make, before it is asked: its answer,
// InvalidBucketName, does not say what is wrong. Buckets that have such names are older.
func (s *Store) checkNew(bucket string) error {
	if amazonDomain(s.endpoint.Host) != "" && !IsDNSSafe(bucket) {
		return &bucketNameError{bucket, "AWS makes no such bucket", ""}
	}
	return nil
}

// bucketNameError is an ErrBucketName that says what for.
type bucketNameError struct{ bucket, cause, advice string }

func (e *bucketNameError) Error() string {
	return fmt.Sprintf("bucket %s: %v: %s", e.bucket, ErrBucketName, e.cause)
}

func (e *bucketNameError) Unwrap() error { return ErrBucketName }

// Hint says what names are.
func (e *bucketNameError) Hint() string {
	if e.advice != "" {
		return e.advice
	}
	return dnsSafeNames
}

const dnsSafeNames = "DNS-safe names are 3 to 63 lower-case letters, digits, '-' and '.', with a letter or a digit at both ends, and no numbers such as 10.0.0.1"

// IsDNSSafe reports whether a bucket's name can be the beginning of a host's, as AWS
// wants it of new buckets (User Guide, "Bucket naming rules").
func IsDNSSafe(bucket string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	if len(bucket) < 3 || len(bucket) > 63 || strings.Trim(bucket, letters+"-.") != "" || isAddress(bucket) {
		return false
	}
	for label := range strings.SplitSeq(bucket, ".") {
		if label == "" || strings.Trim(label[:1]+label[len(label)-1:], letters) != "" {
			return false
		}
	}
	return true
}

// bucketOf is the bucket in the path of a URL that is not addressed yet.
func bucketOf(path string) string {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return bucket
}

// hasKey reports whether there is an object in such a path, too.
func hasKey(path string) bool {
	_, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return key != ""
}

// moveBucket takes a bucket out of the path that it begins. Names of buckets have
// nothing to escape.
func moveBucket(u *url.URL, bucket string) {
	escaped := strings.TrimPrefix(u.EscapedPath(), "/"+bucket)
	u.Path = withSlash(strings.TrimPrefix(u.Path, "/"+bucket))
	u.RawPath = withSlash(escaped)
}

func withSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
