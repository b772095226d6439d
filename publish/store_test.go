package publish_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/upload"
)

// bucket is an object store with one bucket, bkt, that believes everything.
type bucket struct {
	*httptest.Server
	// fault may answer a request itself; it then returns true.
	fault func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	objects  map[string][]byte
	requests []string // METHOD key
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{objects: map[string][]byte{}}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.fault != nil && b.fault(w, r) {
		return
	}
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/bkt"), "/")
	body, _ := io.ReadAll(r.Body)
	if object, ok := b.answer(w, r, key, body); ok {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(object)) // the client may take its time
	}
}

// answer answers a request, unless with an object.
func (b *bucket) answer(w http.ResponseWriter, r *http.Request, key string, body []byte) (object []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, r.Method+" "+key)
	object, found := b.objects[key]
	switch {
	case r.URL.Query().Has("location"):
		io.WriteString(w, "<LocationConstraint/>")
	case key == "":
		b.list(w, r.URL.Query().Get("prefix"))
	case r.Method == "PUT":
		b.objects[key] = body
	case r.Method == "DELETE":
		delete(b.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !found:
		refuse(w, 404, "NoSuchKey")
	default:
		return object, true
	}
	return nil, false
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
}

func (b *bucket) list(w io.Writer, prefix string) {
	io.WriteString(w, "<ListBucketResult>")
	for key := range b.objects {
		if strings.HasPrefix(key, prefix) {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size></Contents>", key, len(b.objects[key]))
		}
	}
	io.WriteString(w, "</ListBucketResult>")
}

func (b *bucket) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}

func (b *bucket) store(t *testing.T) *upload.Store {
	t.Helper()
	store, err := upload.Open(upload.Config{Endpoint: b.URL, Jobs: 3, Transport: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	return store
}
