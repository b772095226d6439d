package upload

import (
	"errors"
	"fmt"
	"strings"
)

// Location is where in a store a bundle lies: in a bucket, under a key prefix
// that may be empty. Prefix has no slash at either end.
type Location struct {
	Bucket string
	Prefix string
}

// ParseLocation reads BUCKET or BUCKET/PREFIX. Slashes at both ends are dropped,
// as ec2-upload-bundle does.
func ParseLocation(s string) (Location, error) {
	bucket, prefix, _ := strings.Cut(strings.Trim(s, "/"), "/")
	if bucket == "" {
		return Location{}, errors.New("bucket: the name is empty")
	}
	if strings.ContainsFunc(bucket, func(r rune) bool { return r <= ' ' || r == '?' || r == '#' || r == '%' || r == 0x7f }) {
		return Location{}, fmt.Errorf("bucket %q: the name holds a character that no bucket name may hold", bucket)
	}
	return Location{Bucket: bucket, Prefix: strings.Trim(prefix, "/")}, nil
}

// Key is the key of the object called name.
func (l Location) Key(name string) string {
	if l.Prefix == "" {
		return name
	}
	return l.Prefix + "/" + name
}

// Path is how the object called name is written for people and for
// RegisterImage: BUCKET/PREFIX/NAME.
func (l Location) Path(name string) string { return l.Bucket + "/" + l.Key(name) }

// String gives BUCKET or BUCKET/PREFIX.
func (l Location) String() string {
	if l.Prefix == "" {
		return l.Bucket
	}
	return l.Bucket + "/" + l.Prefix
}
