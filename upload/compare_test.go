package upload

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"emikit/sign"
)

// A comparer is a store that compares bodies with the SHA-1 that comes with them, and
// keeps nothing.
type comparer struct {
	silent, insists bool // says nothing of what it compares; refuses bodies that are not signed

	mu     sync.Mutex
	hashes []string // what was signed of each part's body that was taken
	err    error
}

func (c *comparer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		io.WriteString(w, `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`)
		return
	}
	if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, ".part.") {
		return
	}
	body, err := io.ReadAll(r.Body)
	hash, sum := r.Header.Get("X-Amz-Content-Sha256"), sha1.Sum(body)
	digest := base64.StdEncoding.EncodeToString(sum[:])
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.insists && hash == sign.UnsignedPayload {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<Error><Code>AccessDenied</Code></Error>`)
		return
	}
	if got := r.Header.Get("X-Amz-Checksum-Sha1"); err != nil || got != digest {
		c.err = fmt.Errorf("%s: got the checksum %q, want %q (%v)", r.URL.Path, got, digest, err)
	}
	if !c.silent {
		w.Header().Set("X-Amz-Checksum-Sha1", digest)
	}
	c.hashes = append(c.hashes, hash)
}

// TestCompared: once a store has said that it compares a body with the digest that the
// manifest has, no other sum of it is taken, unless the store will have it.
func TestCompared(t *testing.T) {
	const parts = 5
	cases := []struct {
		name     string
		store    comparer
		unsigned int // bodies that were taken without a signed hash
	}{
		{"says so", comparer{}, parts - 1},
		{"says nothing", comparer{silent: true}, 0},
		{"refuses", comparer{insists: true}, 0},
	}
	for i := range cases {
		tc := &cases[i]
		server := httptest.NewServer(&tc.store)
		defer server.Close()
		store, err := Open(Config{Endpoint: server.URL, Credentials: sign.Credentials{AccessKey: "a", SecretKey: "s"}, Jobs: 1})
		if err != nil {
			t.Fatal(err)
		}
		q := openQueue(t, store, xTo(nil))
		putParts(t, q, parts)
		if _, err := q.Commit(t.Context(), []byte("m")); err != nil || tc.store.err != nil {
			t.Errorf("%s: %v, %v", tc.name, err, tc.store.err)
		}
		unsigned := len(tc.store.hashes) - len(slices.DeleteFunc(slices.Clone(tc.store.hashes), func(h string) bool { return h == sign.UnsignedPayload }))
		if len(tc.store.hashes) != parts || unsigned != tc.unsigned {
			t.Errorf("%s: got %d parts, %d unsigned, want %d and %d: %v", tc.name, len(tc.store.hashes), unsigned, parts, tc.unsigned, tc.store.hashes)
		}
	}
}
