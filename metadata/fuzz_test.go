package metadata

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzGet: a path means the same with and without a slash at its end and under
// every version; what a listing names is there; and the handler says what Get
// does, to whoever asks from the instance's address, and nothing to others.
func FuzzGet(f *testing.F) {
	in := example()
	tree := walk(f, in, "", nil)
	if len(tree) < 300 {
		f.Fatalf("got %d paths in the tree of an instance, want at least 300", len(tree))
	}
	for _, path := range tree[len(tree)-30:] { // those of the last version
		f.Add(path, "10.0.2.3:1024")
	}
	for _, path := range []string{"/2009-04-04//", "//", "/latest/meta-data/../user-data", "/latest/meta-data/public-keys/1",
		"/2026-13-99/user-data", "/latest/meta-data/%61mi-id", "latest", "/\x00", "/latest/dynamic/", ""} {
		f.Add(path, "[::ffff:10.0.2.3]:1")
	}
	f.Add("/latest/user-data", "10.0.2.4:1024")
	f.Add("/latest/user-data", "[fe80::1%10.0.2.3]:1")
	handler := NewHandler(sources{in.PrivateIP: in})
	f.Fuzz(func(t *testing.T, path, from string) {
		checkSpellings(t, in, path)
		walkOne(t, in, path)
		checkServed(t, handler, in, path, from)
	})
}

// walk lists all paths that listings lead to from a path.
func walk(t testing.TB, in Instance, path string, before []string) []string {
	t.Helper()
	all := append(before, path)
	for _, child := range walkOne(t, in, path) {
		all = walk(t, in, child, all)
	}
	return all
}

// walkOne lists the paths that the listing at path names. When one of them is
// there, all must be: then it is a listing, and no value.
func walkOne(t testing.TB, in Instance, path string) (children []string) {
	t.Helper()
	body, ok := Get(in, path)
	if !ok || len(body) == 0 {
		return nil
	}
	var missing []string
	for line := range strings.SplitSeq(string(body), "\n") {
		name, _, _ := strings.Cut(strings.TrimSuffix(line, "/"), "=") // a key is listed as 0=NAME
		child := strings.TrimSuffix(path, "/") + "/" + name
		if _, ok := Get(in, child); ok && name != "" {
			children = append(children, child)
		} else {
			missing = append(missing, child)
		}
	}
	if len(children) > 0 && len(missing) > 0 {
		t.Errorf("%q lists %q, which are not found", path, missing)
	}
	return children
}

// checkSpellings compares what a path says with what others say that mean the
// same.
func checkSpellings(t *testing.T, in Instance, path string) {
	t.Helper()
	body, ok := Get(in, path)
	if !ok {
		return
	}
	same := []string{strings.TrimSuffix(path, "/"), strings.TrimSuffix(path, "/") + "/"}
	if version, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/"); found && version != "" {
		same = append(same, "/latest/"+rest, "/1.0/"+rest, "/2026-11-20/"+rest)
	}
	for _, other := range same {
		if again, ok := Get(in, other); !ok || !slices.Equal(again, body) {
			t.Errorf("Get(%q) = %q, but Get(%q) = %q, %t", path, body, other, again, ok)
		}
	}
}

// checkServed asks the handler, from some address.
func checkServed(t *testing.T, handler http.Handler, in Instance, path, from string) {
	t.Helper()
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, RemoteAddr: from, Header: http.Header{}}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	want, ok := Get(in, path)
	addr, err := netip.ParseAddrPort(from)
	switch {
	case w.Code == http.StatusInternalServerError: // sources' own trouble
	case err != nil || addr.Addr().Unmap().WithZone("") != in.PrivateIP:
		if w.Code != http.StatusNotFound || w.Body.String() != "no instance has this address" {
			t.Errorf("%q from %q: got %d %q", path, from, w.Code, w.Body)
		}
	case ok && (w.Code != http.StatusOK || w.Body.String() != string(want)):
		t.Errorf("%q: got %d %q, want %q", path, w.Code, w.Body, want)
	case !ok && w.Code != http.StatusNotFound:
		t.Errorf("%q: got %d %q, want it not found", path, w.Code, w.Body)
	}
}
