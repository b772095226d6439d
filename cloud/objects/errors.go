package objects

import "errors"

// Errors that callers test for.
var (
	ErrDenied         = errors.New("access denied")
	ErrNoSuchBucket   = errors.New("no such bucket")
	ErrNoSuchKey      = errors.New("no such object")
	ErrBucketOwned    = errors.New("bucket is yours already")
	ErrBucketTaken    = errors.New("bucket belongs to somebody else")
	ErrBucketNotEmpty = errors.New("bucket is not empty")
	ErrBadBucketName  = errors.New("not a name for a bucket")
	ErrBadKey         = errors.New("not a key for an object")
	ErrKeyTooLong     = errors.New("key too long")
	ErrBadACL         = errors.New("not a canned ACL")
	ErrBadMetadata    = errors.New("metadata too large")
	ErrTooLarge       = errors.New("object too large")
	ErrWrongSize      = errors.New("body does not have the declared size")
	ErrWrongMD5       = errors.New("body does not have the declared MD5")
	ErrWrongSHA256    = errors.New("body does not have the declared SHA-256")
	ErrExists         = errors.New("there is such an object already")
	ErrNoSuchUpload   = errors.New("no such multipart upload")
	ErrBadPartNumber  = errors.New("not a number of a part")
	ErrBadPart        = errors.New("a part is missing or is not the one that was named")
	ErrPartOrder      = errors.New("parts are not in ascending order")
	ErrPartTooSmall   = errors.New("a part that is not the last is too small")
	ErrBadRange       = errors.New("no such range of bytes in the object")
	ErrCopyTooLarge   = errors.New("object too large to be copied at once")
	errBytesGone      = errors.New("the file with its bytes is missing")
)
