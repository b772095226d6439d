package objects

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Limits of S3, which Walrus shares.
const (
	// MaxSize is how many bytes one PUT may carry: those of an object, or of a
	// part of a multipart upload.
	MaxSize = 5 << 30
	// MaxParts is how many parts a multipart upload may have.
	MaxParts = 10000
	// MinPart is the smallest part, in bytes, that may have another behind it.
	MinPart = 5 << 20
	// MaxKey is the longest key, in bytes.
	MaxKey = 1024
	// MaxMetadata is how many bytes the names and values of the user's own
	// metadata may have together.
	MaxMetadata = 2048
	// maxHeaders bounds the other attributes in the same way.
	maxHeaders = 8192
)

// checkBucketName has the rule of Eucalyptus 3. It is wider than that of AWS, so
// that win2k3_bucket is a name.
func checkBucketName(name string) error {
	const shortest, longest = 3, 255
	const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	_, err := netip.ParseAddr(name)
	if err == nil || len(name) < shortest || len(name) > longest ||
		!strings.ContainsRune(alphanumeric, rune(name[0])) || strings.Trim(name, alphanumeric+"._-") != "" {
		return fmt.Errorf("bucket %.80q: %w", name, ErrBadBucketName)
	}
	return nil
}

// checkKey lets every name through that is text; '/', ".." and line ends mean
// nothing here. NUL is refused because SQL functions take it for an end.
func checkKey(key string) error {
	switch {
	case len(key) > MaxKey:
		return ErrKeyTooLong
	case key == "" || !utf8.ValidString(key) || strings.ContainsRune(key, 0):
		return ErrBadKey
	}
	return nil
}
