package upload

import (
	"errors"
	"fmt"
	"strings"

	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Location is where in a store a bundle lies: in a bucket, under a key prefix
// that may be empty. Prefix has no slash at either end.
type Location struct {
	Bucket string
	Prefix string
}

// ParseLocation reads BUCKET or BUCKET/PREFIX. Slashes at both ends are dropped,
// as ec2-upload-bundle does. The bucket's name is one that requests can be made
// for, so that no bucket is made that nothing can be put into.
func ParseLocation(s string) (Location, error) {
	bucket, prefix, _ := strings.Cut(strings.Trim(s, "/"), "/")
	if bucket == "" {
		return Location{}, errors.New("bucket: the name is empty")
	}
	if err := s3utils.CheckValidBucketName(bucket); err != nil || strings.TrimSpace(bucket) != bucket {
		return Location{}, fmt.Errorf("bucket %q: not a bucket's name: 3 to 63 letters, digits, '.', '-' and '_', "+
			"a letter or a digit at both ends, and no '.' beside a '.' or a '-'", bucket)
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
