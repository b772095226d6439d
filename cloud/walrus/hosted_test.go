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

// TestEveryAddressOfABucket signs with both versions, for each way to name a bucket,
// also one whose name is not one of a host. Version 2 does not sign the Host, but the
// bucket that is in it.
func TestEveryAddressOfABucket(t *testing.T) {
	s := newServer(t, named("cloud.example"))
	for _, bucket := range []string{"first", "win2k3_bucket", "second"} {
		s.must(alice("PUT", "/"+bucket))
	}
	s.must(alice("PUT", "/second/a b").with("of the second"))
	for _, bucket := range []string{"first", "win2k3_bucket"} {
		for _, c := range []struct{ host, path, resource string }{ // resource: what Version 2 signs
			{bucket + ".cloud.example:8773", "/a%20b", "/" + bucket + "/a%20b"},
			{bucket + ".walrus.cloud.example", "/a%20b", "/" + bucket + "/a%20b"},
			{bucket + ".s3.cloud.example", "/services/Walrus/a%20b", "/" + bucket + "/services/Walrus/a%20b"},
			{"walrus.cloud.example", "/" + bucket + "/a%20b", "/" + bucket + "/a%20b"},
			{"127.0.0.1:8773", "/services/Walrus/" + bucket + "/a%20b", "/services/Walrus/" + bucket + "/a%20b"},
			{"cloud.example", "/services/objectstorage/" + bucket + "/a%20b", "/services/objectstorage/" + bucket + "/a%20b"},
		} {
			t.Run(c.host+c.path, func(t *testing.T) {
				s.reaches(t, bucket, c.host, c.path, signV4)
				s.reaches(t, bucket, c.host, c.path, signV2(c.resource))
			})
		}
	}
}

// signV4 signs as Alice does, with Version 4.
func signV4(r *http.Request) error {
	return sign.V4(r, aliceKey(), everywhere, sign.UnsignedPayload, time.Now())
}

// signV2 signs a resource, which is written as in a URL, with Version 2.
func signV2(resource string) func(r *http.Request) error {
	return func(r *http.Request) error {
		path, err := url.PathUnescape(resource)
		if err != nil {
			return err
		}
		of := r.Clone(r.Context())
		of.URL = &url.URL{Path: path}
		err = sign.V2S3(of, aliceKey(), time.Now())
		r.Header = of.Header
		return err
	}
}

func aliceKey() sign.Credentials {
	return sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
}

// reaches puts an object by an address. What is signed for one bucket must not be good
// for another.
func (s server) reaches(t *testing.T, bucket, host, path string, signed func(*http.Request) error) {
	t.Helper()
	put := s.hosted("PUT", host, path, "text")
	if err := signed(put); err != nil {
		t.Fatal(err)
	}
	if got := s.send(put); got.status != 200 {
		t.Errorf("PUT: got %d %s", got.status, got.body)
	}
	if got := s.must(alice("GET", "/"+bucket+"/a%20b")).body; got != "text" {
		t.Errorf("got %q, want text", got)
	}
	s.must(alice("DELETE", "/"+bucket+"/a%20b"))

	get := s.hosted("GET", host, path, "")
	if err := signed(get); err != nil {
		t.Fatal(err)
	}
	elsewhere := s.hosted("GET", strings.Replace(host, bucket, "second", 1), strings.Replace(path, bucket, "second", 1), "")
	elsewhere.Header = get.Header
	if got := s.send(elsewhere); !strings.Contains(got.body, "SignatureDoesNotMatch") {
		t.Errorf("sent to %s%s: got %d %s, want it refused", elsewhere.Host, elsewhere.URL.Path, got.status, got.body)
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
