package walrus

import "strings"

// prefixes are the paths below which the protocol is served: that of
// Eucalyptus 1 to 3, and that of Eucalyptus 4.
func prefixes() []string { return []string{"/services/Walrus", "/services/objectstorage"} }

// Serves reports whether a request for the path is for this door. Whoever
// mounts the door asks this instead of using http.ServeMux, which would
// redirect away the empty and dotted segments that keys may have.
func Serves(path string) bool {
	_, ok := cutPrefix(path)
	return ok
}

func cutPrefix(path string) (rest string, ok bool) {
	for _, prefix := range prefixes() {
		rest, ok := strings.CutPrefix(path, prefix)
		if ok && (rest == "" || rest[0] == '/') {
			return rest, true
		}
	}
	return "", false
}

// target is what a request is about: the service (both empty), a bucket, or an
// object.
type target struct{ bucket, key string }

// parseTarget splits a decoded path. Only the first two slashes behind the
// prefix mean something; the rest belongs to the key as it is.
func parseTarget(path string) (target, error) {
	rest, ok := cutPrefix(path)
	if !ok {
		return target{}, errNotHere
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if bucket == "" && key != "" {
		return target{}, errBadPath
	}
	return target{bucket, key}, nil
}
