package walrus

import (
	"strings"

	"emikit/sign"
)

// Serves reports whether a request for the path is for this door. Whoever
// mounts the door asks this instead of using http.ServeMux, which would
// redirect away the empty and dotted segments that keys may have.
func Serves(path string) bool {
	_, _, ok := sign.CutService(path)
	return ok
}

// target is what a request is about: the service (both empty), a bucket, or an
// object.
type target struct{ bucket, key string }

// parseTarget splits a decoded path. Only the first two slashes behind the
// prefix mean something; the rest belongs to the key as it is.
func parseTarget(path string) (target, error) {
	_, rest, ok := sign.CutService(path)
	if !ok {
		return target{}, errNotHere
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if bucket == "" && key != "" {
		return target{}, errBadPath
	}
	return target{bucket, key}, nil
}
