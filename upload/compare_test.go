package upload

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

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
		name            string
		silent, insists bool
		unsigned        int // bodies but the last that were taken without a signed hash
	}{
		{"says so", false, false, parts - 2},
		{"says nothing", true, false, 0},
		{"refuses", false, true, 0},
	}
	send := map[string]func(*Store) error{
		"while it is made": func(store *Store) error {
			q := openQueue(t, store, xTo(nil))
			putParts(t, q, parts)
			_, err := q.Commit(t.Context(), []byte("m"))
			return err
		},
		"from disk": func(store *Store) error {
			_, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, parts), To: Location{Bucket: "bkt"}})
			return err
		},
	}
	for how, send := range send {
		for _, tc := range cases {
			t.Run(tc.name+", "+how, func(t *testing.T) {
				testCompared(t, &comparer{silent: tc.silent, insists: tc.insists}, send, parts, tc.unsigned)
			})
		}
	}
}

// testCompared sends so many parts to a store, which takes so many without a signed hash.
func testCompared(t *testing.T, c *comparer, send func(*Store) error, parts, want int) {
	server := httptest.NewServer(c)
	defer server.Close()
	store, err := Open(Config{Endpoint: server.URL, Credentials: sign.Credentials{AccessKey: "a", SecretKey: "s"}, Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(store); err != nil || c.err != nil {
		t.Error(err, c.err)
	}
	unsigned := 0
	for _, hash := range c.hashes[:max(0, len(c.hashes)-1)] { // the last part on disk is empty
		if hash == sign.UnsignedPayload {
			unsigned++
		}
	}
	if len(c.hashes) != parts || unsigned != want {
		t.Errorf("got %d parts, %d unsigned, want %d and %d: %v", len(c.hashes), unsigned, parts, want, c.hashes)
	}
}

// TestChanged: a part that is written to while it is sent, to a store that does not
// compare digests, is noticed, and the manifest stays.
func TestChanged(t *testing.T) {
	bundle := writeBundle(t, 3)
	part := filepath.Join(filepath.Dir(bundle), "disk.img.part.00")
	if err := os.Chtimes(part, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	s3 := newFakeS3(t, "")
	s3.stored = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".part.00") {
			rewrite(t, filepath.Dir(part), filepath.Base(part), strings.Repeat("x", 3000))
		}
	}
	_, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: bundle, To: Location{Bucket: "bkt"}})
	if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want that %s %v", err, part, ErrChanged)
	}
	if _, sent := s3.object("bkt", "disk.img.manifest.xml"); sent {
		t.Error("the manifest was sent")
	}
}
