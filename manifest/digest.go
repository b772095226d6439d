package manifest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-1 sum, the only hash that the format knows.
type Digest [sha1.Size]byte

// ParseDigest reads exactly 40 hexadecimal digits, in either case.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != hex.EncodedLen(len(d)) {
		return Digest{}, fmt.Errorf("digest %w: %d hex digits wanted, got %d", ErrField, hex.EncodedLen(len(d)), len(s))
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, fmt.Errorf("digest %w: %v", ErrField, err)
	}
	return d, nil
}

// String returns the digest in lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes what String returns, for JSON output.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDigest reads.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := ParseDigest(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
