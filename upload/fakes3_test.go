package upload

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
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

	"emikit/sign"
)

var aliceKey = sign.Credentials{AccessKey: "AKIALICE", SecretKey: "alice's secret"}

// fakeS3 is an object store in memory that verifies every signature, and the
// checksums of what it is sent.
type fakeS3 struct {
	*httptest.Server
	path string // of the endpoint

	// fault may answer a request itself; it then returns true.
	fault func(w http.ResponseWriter, r *http.Request) bool
	// stored, if set, is called when an object is stored, before that is answered.
	stored func(r *http.Request)
	// keepsSums is whether it keeps the checksums that objects come with.
	keepsSums bool
	// etag, if set, names the nth object that it is sent; otherwise its MD5 does.
	etag func(n int) string

	mu       sync.Mutex
	puts     int
	buckets  map[string]map[string]object
	requests []string // METHOD path?query, without the endpoint's path
	busy     int      // uploads that are going on
	busiest  int
}

type object struct {
	body   []byte
	header http.Header
	etag   string // with its quotes
}

func newFakeS3(t *testing.T, path string) *fakeS3 {
	t.Helper()
	s := &fakeS3{path: path, buckets: map[string]map[string]object{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// open returns a Store on the server that waits for next to nothing.
func (s *fakeS3) open(t *testing.T, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{Endpoint: s.URL + s.path, Credentials: aliceKey}
	for _, f := range change {
		f(&c)
	}
	store, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	store.backoff = backoff{attempts: 3, base: time.Microsecond, limit: time.Microsecond}
	return store
}

func (s *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, s.path)
	s.mu.Lock()
	s.requests = append(s.requests, strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.RawQuery, "?"))
	s.mu.Unlock()
	if !ok {
		s3Error(w, 404, "NoSuchPath", path)
		return
	}
	id, err := sign.Verifier{Lookup: lookup, Now: time.Now()}.S3(r.Context(), r, "")
	if refusal, ok := errors.AsType[*sign.Error](err); ok {
		s3Error(w, refusal.Status, refusal.Code, refusal.Message)
		return
	}
	if s.fault != nil && s.fault(w, r) {
		return
	}
	if id.AccessKey == "" {
		s3Error(w, 403, "AccessDenied", "nobody may do that")
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if key == "" {
		s.serveBucket(w, r, bucket)
		return
	}
	s.serveObject(w, r, bucket, key, id)
}

func lookup(_ context.Context, accessKey string) (string, error) {
	if accessKey != aliceKey.AccessKey {
		return "", sign.ErrUnknownKey
	}
	return aliceKey.SecretKey, nil
}

func s3Error(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

func (s *fakeS3) serveBucket(w http.ResponseWriter, r *http.Request, bucket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	objects, exists := s.buckets[bucket]
	switch {
	case r.Method == "PUT" && exists:
		s3Error(w, 409, "BucketAlreadyOwnedByYou", "")
	case r.Method == "PUT":
		s.buckets[bucket] = map[string]object{}
	case !exists:
		s3Error(w, 404, "NoSuchBucket", "The specified bucket does not exist")
	case r.Method == "DELETE" && len(objects) > 0:
		s3Error(w, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	case r.Method == "DELETE":
		delete(s.buckets, bucket)
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Query().Has("location"):
		io.WriteString(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`)
	default:
		prefix := r.URL.Query().Get("prefix")
		fmt.Fprintf(w, "<ListBucketResult><Name>%s</Name>", bucket)
		for _, key := range slices.Sorted(maps.Keys(objects)) {
			if rest, ok := strings.CutPrefix(key, prefix); ok && !strings.Contains(rest, "/") {
				fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size><ETag>%s</ETag></Contents>", key, len(objects[key].body), objects[key].etag)
			}
		}
		io.WriteString(w, "</ListBucketResult>")
	}
}

func (s *fakeS3) serveObject(w http.ResponseWriter, r *http.Request, bucket, key string, id sign.Identity) {
	s.count(+1)
	defer s.count(-1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	objects, exists := s.buckets[bucket]
	stored, found := objects[key]
	sum := md5.Sum(body)
	switch {
	case !exists:
		s3Error(w, 404, "NoSuchBucket", "The specified bucket does not exist")
	case r.Method == "PUT" && len(id.PayloadHash) != 64 && r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]):
		s3Error(w, 400, "BadDigest", "")
	case r.Method == "PUT" && len(id.PayloadHash) == 64 && id.PayloadHash != sign.HashPayload(body):
		s3Error(w, 400, "XAmzContentSHA256Mismatch", "")
	case r.Method == "PUT" && r.URL.Query().Has("acl"):
		stored.header.Set("X-Amz-Acl", r.Header.Get("X-Amz-Acl"))
	case r.Method == "PUT":
		objects[key] = object{body, r.Header.Clone(), s.tag(body)}
		w.Header().Set("ETag", objects[key].etag)
		if s.stored != nil {
			s.stored(r)
		}
	case r.Method == "DELETE":
		delete(objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !found:
		s3Error(w, 404, "NoSuchKey", "The specified key does not exist.")
	default:
		w.Header().Set("ETag", stored.etag)
		if sum := stored.header.Get(sha1Header); s.keepsSums && r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && sum != "" {
			w.Header().Set(sha1Header, sum)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(stored.body))
	}
}

const sha1Header = "X-Amz-Checksum-Sha1"

// tag names an object.
func (s *fakeS3) tag(body []byte) string {
	s.puts++
	if s.etag != nil {
		return `"` + s.etag(s.puts) + `"`
	}
	return fmt.Sprintf(`"%x"`, md5.Sum(body))
}

func (s *fakeS3) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy += n
	s.busiest = max(s.busiest, s.busy)
}

// make makes a bucket.
func (s *fakeS3) make(bucket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket] = map[string]object{}
}

// object returns what is stored, and whether it is.
func (s *fakeS3) object(bucket, key string) (object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.buckets[bucket][key]
	return o, ok
}

// keys lists a bucket.
func (s *fakeS3) keys(bucket string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.buckets[bucket]))
}

// replace puts other bytes in the place of an object.
func (s *fakeS3) replace(bucket, key string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if body == nil {
		delete(s.buckets[bucket], key)
		return
	}
	s.buckets[bucket][key] = object{body, http.Header{}, s.tag(body)}
}
