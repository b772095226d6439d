package images

import (
	"path"
	"strings"
)

// location is where a manifest lies. Parts lie beside it.
type location struct {
	bucket, key string
}

// parseLocation reads an ImageLocation by the rule of Eucalyptus 3.x and
// later: leading slashes go, the bucket ends at the first slash and has at
// least two characters, the rest is the key and may hold a prefix.
func parseLocation(s string) (location, error) {
	bucket, key, _ := strings.Cut(strings.TrimLeft(s, "/"), "/")
	loc := location{bucket: bucket, key: key}
	if len(bucket) < 2 || key == "" || strings.HasSuffix(key, "/") {
		return location{}, refuse(ErrParameter,
			"Image registration failed: Invalid image location %q: give bucket/name.manifest.xml, "+
				"with a bucket of at least 2 characters.", s)
	}
	return loc, nil
}

// String is the location as clients see it.
func (l location) String() string { return l.bucket + "/" + l.key }

// manifestName is the manifest's file name, which the rules of kinds look at.
func (l location) manifestName() string { return path.Base(l.key) }

// partKey is the key of a part.
func (l location) partKey(name string) string {
	return l.key[:strings.LastIndexByte(l.key, '/')+1] + name
}
