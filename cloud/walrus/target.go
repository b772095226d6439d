package walrus

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	"emikit/sign"
)

// Names are those of the cloud, such as cloud.example. Below each of them a
// bucket has a host, BUCKET.NAME or BUCKET.walrus.NAME, and the store itself has
// walrus.NAME; s3 does for walrus. Names that nobody told of count where they
// have one of these two labels.
type Names []string

// Serves reports whether a request is for this door: by its path, or by its
// Host. Whoever mounts the door asks this instead of using http.ServeMux, which
// would redirect away the empty and dotted segments that keys may have.
func (n Names) Serves(r *http.Request) bool {
	_, _, ok := sign.CutService(r.URL.Path)
	return ok || n.place(r.Host) != place{}
}

// target is what a request is about: the service (both empty), a bucket, or an
// object.
type target struct{ bucket, key string }

// parseTarget splits a decoded path. Only the first two slashes behind the
// prefix mean something, and none when the bucket is in the Host; the rest
// belongs to the key as it is.
func parseTarget(path string, at place) (target, error) {
	_, rest, ok := sign.CutService(path)
	if at.bucket != "" {
		return target{at.bucket, strings.TrimPrefix(rest, "/")}, nil
	}
	if !ok && !at.service {
		return target{}, errNotHere
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if bucket == "" && key != "" {
		return target{}, errBadPath
	}
	return target{bucket, key}, nil
}

// place is what a Host says: that it is the object store's own, or which bucket
// is meant. The zero place says nothing.
type place struct {
	service bool
	bucket  string
}

// place reads a Host, such as bucket.walrus.cloud.example:8773. An address, and
// what ends in one, says nothing: the first number of 127.0.0.1 is no bucket.
// Neither does a name of the cloud itself, whatever labels it has.
func (n Names) place(host string) place {
	host = strings.TrimSuffix(withoutPort(host), ".")
	lower := strings.ToLower(host)
	if numeric(lower) || strings.ContainsFunc(host, beyondASCII) {
		return place{}
	}
	for _, name := range n {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		front, below := strings.CutSuffix(lower, "."+name)
		switch {
		case lower == name:
			return place{}
		case below && !numeric(name):
			return placeBelow(host[:len(front)])
		}
	}
	for _, label := range storeLabels() {
		if begin := lastLabel(lower, label); begin >= 0 {
			return placeBelow(host[:begin+len(label)])
		}
	}
	return place{}
}

// storeLabels are what a name of the object store begins with: as Eucalyptus has
// it, and as AWS does.
func storeLabels() []string { return []string{"walrus", "s3"} }

// placeBelow reads what stands before the cloud's name.
func placeBelow(front string) place {
	for _, label := range storeLabels() {
		if strings.EqualFold(front, label) {
			return place{service: true}
		}
		if n := len(front) - len(label); n > 1 && front[n-1] == '.' && strings.EqualFold(front[n:], label) {
			return place{bucket: front[:n-1]}
		}
	}
	return place{bucket: front}
}

// lastLabel is where the last label of a host begins that is this one, or -1.
func lastLabel(host, label string) int {
	dotted := "." + host + "."
	return strings.LastIndex(dotted, "."+label+".")
}

// numeric reports whether a host is an address or ends as one does: no domain
// ends in a number (WHATWG URL standard, "ends in a number").
func numeric(host string) bool {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || host == "" {
		return true
	}
	last := host[strings.LastIndex(host, ".")+1:]
	return strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
}

// beyondASCII reports whether a letter is in no host's name on the wire; in lower
// case it may have another length.
func beyondASCII(letter rune) bool { return letter >= utf8.RuneSelf }

func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
