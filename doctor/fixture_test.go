package doctor_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/config"
	"emikit/doctor"
)

const secret = "hush-hush-hush"

// environment is one in which everything is configured.
func environment(t *testing.T, s3, ec2 string) map[string]string {
	t.Helper()
	file := func(name string) string {
		path, err := filepath.Abs(filepath.Join("../manifest/testdata/euca2ools", name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	return map[string]string{
		"S3_URL": s3, "EC2_URL": ec2, "EC2_ACCESS_KEY": "AKIALICE", "EC2_SECRET_KEY": secret,
		"EC2_USER_ID": "123456789012", "EC2_CERT": file("user-cert.pem"), "EC2_PRIVATE_KEY": file("user-pk.pem"),
		"EUCALYPTUS_CERT": file("cloud-cert.pem"),
	}
}

// request is one for some groups of checks in an environment.
func request(t *testing.T, env map[string]string, only ...doctor.Group) doctor.Request {
	t.Helper()
	return doctor.Request{
		Config: config.Options{
			Getenv:    func(name string) string { return env[name] },
			SystemDir: t.TempDir(), Home: t.TempDir(),
		},
		Only: only, Dir: t.TempDir(),
		Timeout: time.Minute, Total: 10 * time.Minute, // however slow the machine is
	}
}

// examine returns the findings by the names of their checks. None of them may show a
// secret, and all are a line.
func examine(t *testing.T, r doctor.Request) map[string]doctor.Finding {
	t.Helper()
	found := map[string]doctor.Finding{}
	r.Found = func(f doctor.Finding) {
		if text := f.Text + f.Hint; strings.Contains(text, secret) || strings.Contains(text, "\n") || len(text) > 1000 {
			t.Errorf("%s: shows a secret, or is not a line: %q, %q", f.Check, f.Text, f.Hint)
		}
		if (f.State == doctor.Failed || f.State == doctor.Warning) && f.Hint == "" {
			t.Errorf("%s: does not say what to do: %s", f.Check, f.Text)
		}
		found[f.Check] = f
	}
	if err := doctor.Examine(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return found
}

// want is a finding as a test expects it: the state, and what the text and the hint
// have in them.
type want struct {
	check      string
	state      doctor.State
	text, hint string
}

func (w want) in(t *testing.T, found map[string]doctor.Finding) {
	t.Helper()
	got, ok := found[w.check]
	if !ok || got.State != w.state || !strings.Contains(got.Text, w.text) || !strings.Contains(got.Hint, w.hint) {
		t.Errorf("%s:\ngot  %s: %s (%s)\nwant %s: %s (%s)", w.check, got.State, got.Text, got.Hint, w.state, w.text, w.hint)
	}
}

// serve runs a server that answers as told, and returns its URL.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := unstarted(t, handler)
	server.Start()
	return server.URL
}

// serveTLS is serve with a certificate that nobody knows.
func serveTLS(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := unstarted(t, handler)
	server.StartTLS()
	return server.URL
}

func unstarted(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	return server
}

// answer is one that a handler gives.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func refuse(status int, code, more string) http.HandlerFunc {
	return answer(status, fmt.Sprintf("<Error><Code>%s</Code><Message>no</Message>%s</Error>", code, more))
}

func buckets(names ...string) string {
	var list strings.Builder
	for _, name := range names {
		fmt.Fprintf(&list, "<Bucket><Name>%s</Name></Bucket>", name)
	}
	return "<ListAllMyBucketsResult><Buckets>" + list.String() + "</Buckets></ListAllMyBucketsResult>"
}

// A store is an object store that holds one object at most. answers are given instead of
// its own, by what kind says; one that is nil refuses ACLs only.
type store struct {
	t       *testing.T
	answers map[string]http.HandlerFunc
	before  func(r *http.Request) // may be nil

	mu       sync.Mutex
	requests []string
	name     string // of the object; "" when there is none
	body     []byte
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
	if s.before != nil {
		s.before(r)
	}
	own, ok := s.answers[s.kind(r)]
	switch {
	case ok && own != nil:
		own(w, r)
	case ok && r.Header.Get("X-Amz-Acl") != "":
		refuse(400, "AccessControlListNotSupported", "")(w, r)
	default:
		s.serve(w, r)
	}
}

// kind is METHOD service, bucket, location, … or object.
func (s *store) kind(r *http.Request) string {
	_, key, below := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	switch query := r.URL.Query(); {
	case r.URL.Path == "/":
		return r.Method + " service"
	case below && key != "":
		return r.Method + " object"
	case query.Has("location"):
		return r.Method + " location"
	case query.Has("ownershipControls"):
		return r.Method + " ownership"
	}
	return r.Method + " list"
}

func (s *store) serve(w http.ResponseWriter, r *http.Request) {
	switch s.kind(r) {
	case "GET service":
		io.WriteString(w, buckets("mine"))
	case "GET location":
		io.WriteString(w, "<LocationConstraint></LocationConstraint>")
	case "GET ownership":
		refuse(404, "OwnershipControlsNotFoundError", "")(w, r)
	case "GET list":
		io.WriteString(w, "<ListBucketResult></ListBucketResult>")
	case "PUT object":
		s.name = r.URL.Path
		s.body, _ = io.ReadAll(r.Body)
	case "GET object":
		w.Write(s.body)
	case "DELETE object":
		s.name = ""
		w.WriteHeader(http.StatusNoContent)
	default:
		s.t.Errorf("unexpected request: %s %s", r.Method, r.URL.RequestURI())
	}
}
