package clitest

import (
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// StoreHost is where a [Store] is for those whose proxy it is; buckets are also at hosts
// below it.
const StoreHost = "store.example"

// StorePath may stand before the paths of requests to a Store, as Walrus has it.
const StorePath = "/services/Walrus"

// A Store is an object store that keeps what it is sent in memory, believes everybody,
// and notes what it is asked. It is a proxy for HTTP, so that any host leads to it. It
// may be used from several goroutines at once.
type Store struct {
	*httptest.Server

	mu       sync.Mutex
	buckets  map[string]*storeBucket
	faults   []*fault
	requests []string
}

type storeBucket struct {
	location string
	objects  map[string][]byte
}

// A fault is what is answered instead of serving a request.
type fault struct {
	method, suffix string // of the request, and of its path
	status         int
	body           string
	header         http.Header
	left           int // how often, still
}

// NewStore starts one, and makes it the proxy of the program that the test is.
func NewStore(t *testing.T) *Store {
	t.Helper()
	s := &Store{buckets: map[string]*storeBucket{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTP_PROXY", s.URL)
	return s
}

// Requests are those so far, in a line each: the method, host, path and query as they
// came, the version of the signature, the canned ACL, the source of a copy, the number
// of bytes in the body, or the body of a request about a bucket, and the status of the
// answer. Requests for parts, which may come in any order, are sorted among themselves.
func (s *Store) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.requests)
	for start := 0; start < len(all); {
		end := start
		for end < len(all) && strings.Contains(all[end], ".part.") {
			end++
		}
		slices.Sort(all[start:end])
		start = end + 1
	}
	return all
}

// Verbs are what transcripts do with the store: "bucket NAME [LOCATION]", "object
// BUCKET/KEY FILE", "lose BUCKET/KEY", and "fault METHOD SUFFIX TIMES STATUS [CODE
// MESSAGE [HEADER=VALUE]]", which answers requests for what ends so.
func (s *Store) Verbs() map[string]func(t *testing.T, words []string) {
	return map[string]func(t *testing.T, words []string){
		"bucket": func(_ *testing.T, words []string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.buckets[words[0]] = &storeBucket{location: strings.Join(words[1:], ""), objects: map[string][]byte{}}
		},
		"object": func(t *testing.T, words []string) {
			bucket, key, _ := strings.Cut(words[0], "/")
			body := []byte(read(t, words[1]))
			s.mu.Lock()
			defer s.mu.Unlock()
			s.buckets[bucket].objects[key] = body
		},
		"lose": func(_ *testing.T, words []string) {
			bucket, key, _ := strings.Cut(words[0], "/")
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.buckets[bucket].objects, key)
		},
		"fault": s.addFault,
	}
}

func (s *Store) addFault(t *testing.T, words []string) {
	t.Helper()
	f := &fault{method: words[0], suffix: words[1], header: http.Header{}}
	var err error
	if f.left, err = strconv.Atoi(words[2]); err != nil {
		t.Fatal(err)
	}
	if f.status, err = strconv.Atoi(words[3]); err != nil {
		t.Fatal(err)
	}
	if len(words) > 5 {
		f.body = errorBody(words[4], words[5])
	}
	for _, pair := range words[min(6, len(words)):] {
		name, value, _ := strings.Cut(pair, "=")
		f.header.Set(name, value)
		if name == "Endpoint" {
			f.body = strings.Replace(f.body, "</Error>", "<Endpoint>"+value+"</Endpoint></Error>", 1)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

func errorBody(code, message string) string {
	return fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

// ServeHTTP serves one request.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := httptest.NewRecorder()
	s.answer(answer, r, body)
	s.requests = append(s.requests, describe(r, body)+" "+strconv.Itoa(answer.Code))
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(answer.Body.Bytes()) // the client will miss it
	}
}

// describe is a request in a line.
func describe(r *http.Request, body []byte) string {
	words := []string{r.Method, r.Host + r.URL.EscapedPath()}
	if r.URL.RawQuery != "" {
		words[1] += "?" + r.URL.RawQuery
	}
	switch signed := r.Header.Get("Authorization"); {
	case strings.HasPrefix(signed, "AWS4-HMAC-SHA256 "):
		words = append(words, "V4")
	case strings.HasPrefix(signed, "AWS "):
		words = append(words, "V2")
	}
	for _, name := range []string{"X-Amz-Acl", "X-Amz-Copy-Source"} {
		if value := r.Header.Get(name); value != "" {
			words = append(words, value)
		}
	}
	switch {
	case len(body) > 0 && body[0] == '<' && strings.Contains(string(body), "LocationConstraint"):
		words = append(words, string(body))
	case r.Method == http.MethodPut && len(body) > 0:
		words = append(words, strconv.Itoa(len(body)))
	}
	return strings.Join(words, " ")
}

// answer answers a request.
func (s *Store) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	for _, f := range s.faults {
		if f.left > 0 && f.method == r.Method && strings.HasSuffix(r.URL.RequestURI(), f.suffix) {
			f.left--
			maps.Copy(w.Header(), f.header)
			w.WriteHeader(f.status)
			io.WriteString(w, f.body)
			return
		}
	}
	bucket, key := splitHost(r)
	if key == "" {
		s.answerBucket(w, r, bucket, body)
		return
	}
	s.answerObject(w, r, bucket, key, body)
}

// splitHost finds bucket and key, the former in the host's name or in the path.
func splitHost(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, StorePath), "/")
	host, _, _ := strings.Cut(r.Host, ":")
	if bucket, ok := strings.CutSuffix(host, "."+StoreHost); ok {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	io.WriteString(w, errorBody(code, message))
}

func (s *Store) answerBucket(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	bucket := s.buckets[name]
	switch {
	case r.Method == http.MethodPut:
		var constraint struct{ LocationConstraint string }
		_ = xml.Unmarshal(body, &constraint) // there need not be one
		s.buckets[name] = &storeBucket{location: constraint.LocationConstraint, objects: map[string][]byte{}}
	case bucket == nil:
		refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case r.Method == http.MethodDelete && len(bucket.objects) > 0:
		refuse(w, http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	case r.Method == http.MethodDelete:
		delete(s.buckets, name)
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Query().Has("location"):
		fmt.Fprintf(w, "<LocationConstraint>%s</LocationConstraint>", bucket.location)
	default:
		bucket.list(w, r.URL.Query().Get("prefix"))
	}
}

// list lists what is directly under a prefix.
func (b *storeBucket) list(w io.Writer, prefix string) {
	io.WriteString(w, "<ListBucketResult>")
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if rest, ok := strings.CutPrefix(key, prefix); ok && !strings.Contains(rest, "/") {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size><ETag>%s</ETag></Contents>", key, len(b.objects[key]), tag(b.objects[key]))
		}
	}
	io.WriteString(w, "</ListBucketResult>")
}

func tag(body []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(body)) }

// source is what a copy is made of.
func (s *Store) source(from string) (object []byte, found bool) {
	path, err := url.PathUnescape(from)
	name, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	bucket := s.buckets[name]
	if err != nil || bucket == nil {
		return nil, false
	}
	object, found = bucket.objects[key]
	return object, found
}

func (s *Store) answerObject(w http.ResponseWriter, r *http.Request, name, key string, body []byte) {
	bucket := s.buckets[name]
	if bucket == nil {
		refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
		return
	}
	object, found := bucket.objects[key]
	from := r.Header.Get("X-Amz-Copy-Source")
	switch {
	case r.Method == http.MethodPut && from != "":
		object, found = s.source(from)
		if !found {
			refuse(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
			return
		}
		bucket.objects[key] = object
		fmt.Fprintf(w, "<CopyObjectResult><ETag>%s</ETag></CopyObjectResult>", tag(object))
	case r.Method == http.MethodPut:
		bucket.objects[key] = body
		w.Header().Set("ETag", tag(body))
	case r.Method == http.MethodDelete:
		delete(bucket.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !found:
		refuse(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	default:
		w.Header().Set("ETag", tag(object))
		w.Header().Set("Content-Length", strconv.Itoa(len(object)))
		_, _ = w.Write(object)
	}
}
