package upload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"emikit/reach"
	"emikit/sign"
)

func TestParseLocation(t *testing.T) {
	for s, want := range map[string]Location{
		"bucket": {Bucket: "bucket"}, "bucket/": {Bucket: "bucket"}, "/bucket/a/b/": {"bucket", "a/b"},
		"win2k3_bucket/x": {"win2k3_bucket", "x"}, "": {}, "///": {}, "a b": {}, "a?b/c": {},
		"a..b": {}, "a.-b/x": {}, "ab": {}, "-abc": {}, strings.Repeat("a", 64): {},
	} {
		got, err := ParseLocation(s)
		if got != want || (err == nil) != (want != Location{}) {
			t.Errorf("%q: got %+v, %v, want %+v", s, got, err, want)
		}
	}
	l := Location{"b", "p/q"}
	if l.Key("x") != "p/q/x" || l.Path("x") != "b/p/q/x" || l.String() != "b/p/q" {
		t.Errorf("%+v: key %s, path %s, string %s", l, l.Key("x"), l.Path("x"), l)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []Config{
		{}, {Endpoint: "127.0.0.1:8773"}, {Endpoint: "ftp://h"}, {Endpoint: "http://"}, {Endpoint: "http://user:secret@h"},
		{Endpoint: "http://h?x"}, {Endpoint: "http://h", SignatureVersion: 3},
	} {
		if _, err := Open(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestEnsureBucket(t *testing.T) {
	answer := func(method string, status int, code string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == method {
				s3Error(w, status, code, "")
			}
			return r.Method == method
		}
	}
	located := func(w http.ResponseWriter, r *http.Request) bool {
		io.WriteString(w, "<LocationConstraint>EU</LocationConstraint>")
		return true
	}
	tests := []struct {
		name, location string
		exists         bool
		fault          func(http.ResponseWriter, *http.Request) bool
		created        bool
		is             error
		code           string
	}{
		{name: "new", created: true},
		{name: "new, elsewhere", location: "EU", created: true},
		{name: "ours", exists: true},
		{name: "ours, where wanted", exists: true, location: "US"},
		{name: "ours, elsewhere", exists: true, location: "EU", is: ErrLocation},
		{name: "ours, by another name", location: "eu-west-1", fault: located},
		{name: "made meanwhile", fault: answer("PUT", 409, "BucketAlreadyOwnedByYou")},
		{name: "another's", fault: answer("PUT", 409, "BucketAlreadyExists"), is: ErrBucketTaken, code: "BucketAlreadyExists"},
		{name: "may not look", fault: answer("GET", 403, "AccessDenied")},
		{name: "no such request", fault: answer("GET", 501, "NotImplemented")},
		{name: "may not create", fault: answer("PUT", 403, "AccessDenied"), code: "AccessDenied"},
		{name: "too many", fault: answer("PUT", 400, "TooManyBuckets"), code: "TooManyBuckets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "/services/Walrus")
			s3.fault = tt.fault
			if tt.exists {
				s3.make("win2k3_bucket")
			}
			created, err := s3.open(t).EnsureBucket(t.Context(), "win2k3_bucket", tt.location)
			if created != tt.created || (err != nil) != (tt.is != nil || tt.code != "") || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, %v, want %v, %v", created, err, tt.created, tt.is)
			}
			refusal, _ := errors.AsType[*Error](err)
			if tt.code != "" && (refusal == nil || refusal.Code != tt.code || !strings.Contains(err.Error(), "win2k3_bucket")) {
				t.Errorf("got %v, want code %s and the bucket's name", err, tt.code)
			}
		})
	}
}

func TestConstraint(t *testing.T) {
	at := func(endpoint, region string) *Store {
		store, err := Open(Config{Endpoint: endpoint, Region: region})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	aws, walrus := at("https://s3.eu-west-3.amazonaws.com", "eu-west-3"), at("http://h:8773/services/Walrus", "eucalyptus")
	for _, tt := range []struct {
		store          *Store
		location, want string
	}{
		{aws, "", ">eu-west-3<"}, {aws, "US", ""}, {walrus, "", ""}, {walrus, "EU", ">EU<"}, {walrus, "<&", ">&lt;&amp;<"},
	} {
		got := string(tt.store.constraint(tt.location))
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s, %q: got %q, want %q", tt.store.endpoint, tt.location, got, tt.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	wrong := func(c *Config) { c.Credentials.SecretKey = "hush" }
	for _, tt := range []struct {
		name   string
		change func(*Config)
		code   string
	}{
		{"unknown key", func(c *Config) { c.Credentials = sign.Credentials{AccessKey: "AKIBOB", SecretKey: "hush"} }, "InvalidAccessKeyId"},
		{"wrong secret", wrong, "SignatureDoesNotMatch"},
		{"wrong secret, version 2", func(c *Config) { wrong(c); c.SignatureVersion = 2 }, "SignatureDoesNotMatch"},
		{"nobody", func(c *Config) { c.Credentials = sign.Credentials{} }, "AccessDenied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := s3.open(t, tt.change).Put(t.Context(), Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 4, "")
			refusal, ok := errors.AsType[*Error](err)
			if !ok || refusal.Code != tt.code || refusal.Hint() == "" || !strings.Contains(err.Error(), "bkt/x") {
				t.Errorf("got %v, want %s with the bucket's name and a hint", err, tt.code)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "hush") {
				t.Errorf("the secret is shown: %v", err)
			}
		})
	}
	_, _, err := s3.open(t).Get(t.Context(), Location{Bucket: "other"}, "x")
	if refusal, ok := errors.AsType[*Error](err); !ok || refusal.Code != "NoSuchBucket" || !strings.Contains(err.Error(), "other/x") {
		t.Errorf("no bucket: got %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + l.Addr().String()
	l.Close()
	store, err := Open(Config{Endpoint: endpoint + "/services/Walrus", Credentials: aliceKey})
	if err != nil {
		t.Fatal(err)
	}
	_, ensure := store.EnsureBucket(t.Context(), "bkt", "")
	put := store.Put(t.Context(), Location{Bucket: "bkt"}, "x", bytes.NewReader(nil), 0, "")
	for _, err := range []error{ensure, put} {
		want := "connect to " + endpoint + ": connection refused"
		connect, ok := errors.AsType[*ConnectError](err)
		if !ok || err.Error() != want || connect.Hint() == "" || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want %s with a hint", err, want)
		}
	}
}

// TestUnverified: without verification everything else stays as it is.
func TestUnverified(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s3Error(w, 404, "NoSuchKey", "")
	}))
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the refused certificate
	ask := func(insecure bool) error {
		store, err := Open(Config{Endpoint: server.URL, InsecureSkipVerify: insecure})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = store.Get(t.Context(), Location{Bucket: "bkt"}, "x")
		return err
	}
	if connect, ok := errors.AsType[*ConnectError](ask(false)); !ok || !strings.Contains(connect.Hint(), "SSL_CERT_FILE") {
		t.Errorf("verified: got %v, want an error of the certificate with a hint", connect)
	}
	if refusal, ok := errors.AsType[*Error](ask(true)); !ok || refusal.Status != 404 {
		t.Errorf("not verified: got %v, want the server's 404", refusal)
	}
	if got := defaultTransport(7, reach.Options{InsecureSkipVerify: true}); got.MaxIdleConnsPerHost != 7 || !got.DisableCompression {
		t.Errorf("without verification: got %+v, want the same settings", got)
	}
}

func TestPutChecksSize(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	if err := s3.open(t).Put(t.Context(), Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 5, ""); err == nil {
		t.Error("a body of 4 bytes was accepted as 5")
	}
}
