package walrus_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"emikit/cloud/walrus"
	"emikit/sign"
)

// hosted makes a request for a bucket that is named in the Host only.
func (s server) hosted(method, host, path, body string) *http.Request {
	s.t.Helper()
	base, _ := strings.CutSuffix(s.url, "/services/Walrus")
	r, err := http.NewRequestWithContext(s.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = host
	return r
}

func named(names ...string) func(*walrus.Config) {
	return func(c *walrus.Config) { c.Names = names }
}

// TestBucketInHost signs with both versions. Version 2 does not sign the Host,
// but the bucket that is in it.
func TestBucketInHost(t *testing.T) {
	s := newServer(t, named("cloud.example"))
	key := sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
	s.must(alice("PUT", "/first"))
	s.must(alice("PUT", "/second"))
	s.must(alice("PUT", "/second/a b").with("of the second"))
	signers := map[string]func(r *http.Request) error{
		"V4": func(r *http.Request) error {
			return sign.V4(r, key, everywhere, sign.UnsignedPayload, time.Now())
		},
		"V2": func(r *http.Request) error {
			of := r.Clone(r.Context())
			of.URL = &url.URL{Path: "/first" + r.URL.Path}
			err := sign.V2S3(of, key, time.Now())
			r.Header = of.Header
			return err
		},
	}
	for version, signed := range signers {
		for _, c := range []struct{ host, path string }{
			{"first.cloud.example:8773", "/a%20b"},
			{"first.walrus.cloud.example", "/a%20b"},
			{"first.s3.cloud.example", "/services/Walrus/a%20b"},
		} {
			put := s.hosted("PUT", c.host, c.path, "of the first")
			if err := signed(put); err != nil {
				t.Fatal(err)
			}
			if got := s.send(put); got.status != 200 {
				t.Errorf("%s, PUT to %s%s: got %d %s", version, c.host, c.path, got.status, got.body)
			}
			if got := s.must(alice("GET", "/first/a%20b")).body; got != "of the first" {
				t.Errorf("%s, %s: got %q", version, c.host, got)
			}
			s.must(alice("DELETE", "/first/a%20b"))

			get := s.hosted("GET", c.host, c.path, "")
			if err := signed(get); err != nil {
				t.Fatal(err)
			}
			get.Host = strings.Replace(c.host, "first", "second", 1)
			if got := s.send(get); !strings.Contains(got.body, "SignatureDoesNotMatch") {
				t.Errorf("%s, signed for %s, sent to %s: got %d %s", version, c.host, get.Host, got.status, got.body)
			}
		}
	}
}

// TestHostsThatNameNoBucket must not turn a number of an address, or a piece of
// a key, into a bucket.
func TestHostsThatNameNoBucket(t *testing.T) {
	s := newServer(t, named("127.0.0.1", "cloud.example"))
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text", "x-amz-acl", "public-read"))
	for host, want := range map[string]string{
		"127.0.0.1:8773":       "text",
		"bucket.127.0.0.1":     "text",
		"cloud.example":        "text",
		"walrus.cloud.example": "text",
		"other.cloud.example":  "<Code>NoSuchBucket</Code>",
	} {
		if got := s.send(s.hosted("GET", host, "/services/Walrus/bucket/key", "")); !strings.Contains(got.body, want) {
			t.Errorf("%s: got %d %s, want %s", host, got.status, got.body, want)
		}
	}
	if got := s.send(s.hosted("GET", "walrus.cloud.example", "/bucket/key", "")); got.body != "text" {
		t.Errorf("the store's own host: got %d %s", got.status, got.body)
	}
	if got := s.send(s.hosted("GET", "bucket.cloud.example", "//key", "")); got.status != 403 { // a stranger is not told that there is none
		t.Errorf("another key: got %d %s", got.status, got.body)
	}
}
