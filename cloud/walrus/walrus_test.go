package walrus_test

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/objects"
	"emikit/cloud/state"
	"emikit/cloud/walrus"
	"emikit/sign"
)

// people are the accounts of the tests, by access key. The secret of KEY is
// "secret of KEY".
var people = map[string]caller.Caller{
	"ALICE": {Account: "000000000001", Name: "alice"},
	"BOB":   {Account: "000000000002", Name: "bob"},
}

func secret(accessKey string) string { return "secret of " + accessKey }

// directory is an Identity that knows people.
type directory struct{}

func (directory) SecretKey(_ context.Context, accessKey string) (string, caller.Caller, error) {
	who, ok := people[accessKey]
	if !ok {
		return "", caller.Caller{}, identity.ErrUnknownKey
	}
	return secret(accessKey), who, nil
}

func (directory) Account(_ context.Context, id string) (identity.Account, error) {
	for _, who := range people {
		if who.Account == id {
			return identity.Account{ID: id, Name: who.Name}, nil
		}
	}
	return identity.Account{}, identity.ErrNoSuchAccount
}

// server is the door on an empty object store.
type server struct {
	t   *testing.T
	url string // up to and with /services/Walrus
	dir string

	door http.Handler
	log  *strings.Builder // what the door logs of errors; read it when it is done
}

// newServer starts a door; prepare changes how it is made.
func newServer(t *testing.T, prepare ...func(*walrus.Config)) server {
	t.Helper()
	return newLimitedServer(t, objects.Limits{}, prepare...)
}

func newLimitedServer(t *testing.T, limits objects.Limits, prepare ...func(*walrus.Config)) server {
	t.Helper()
	dir := t.TempDir()
	db, err := state.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	err = db.Update(t.Context(), func(tx *sql.Tx) error {
		for _, who := range people {
			if _, err := tx.Exec("INSERT INTO accounts (id, name, admin, created) VALUES (?, ?, 0, 0)", who.Account, who.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	store, err := objects.Open(t.Context(), db, dir, limits)
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))
	config := walrus.Config{Objects: store, Identity: directory{}, Log: logger}
	for _, p := range prepare {
		p(&config)
	}
	door := walrus.New(config)
	s := httptest.NewServer(door)
	t.Cleanup(s.Close)
	return server{t, s.URL + "/services/Walrus", dir, door, log}
}

// files counts the stored files, temporary ones included.
func (s server) files() int {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, "objects", "*", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(names)
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// call is a request to be made.
type call struct {
	method, path string // behind /services/Walrus, escaped
	as           string // access key; empty: anonymous
	body         string
	header       map[string]string
	hash         string // x-amz-content-sha256; empty: that of the body
}

// do signs a call with Version 4 and makes it.
func (s server) do(c call) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), c.method, s.url+c.path, strings.NewReader(c.body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if c.as != "" {
		if c.hash == "" {
			c.hash = sign.HashPayload([]byte(c.body))
		}
		credentials := sign.Credentials{AccessKey: c.as, SecretKey: secret(c.as)}
		if err := sign.V4(r, credentials, sign.Scope{Region: "eucalyptus", Service: "s3"}, c.hash, time.Now()); err != nil {
			s.t.Fatal(err)
		}
	}
	return s.send(r)
}

func (s server) send(r *http.Request) answer {
	s.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r) // follows no redirects
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

// must makes a call that has to succeed.
func (s server) must(c call) answer {
	s.t.Helper()
	a := s.do(c)
	if a.status/100 != 2 {
		s.t.Fatalf("%s %s: got %d %s", c.method, c.path, a.status, a.body)
	}
	return a
}

// refuses makes a call that has to fail with that code.
func (s server) refuses(c call, status int, code string) answer {
	s.t.Helper()
	a := s.do(c)
	if a.status != status || !strings.Contains(a.body, "<Code>"+code+"</Code>") {
		s.t.Errorf("%s %s: got %d %s; want %d %s", c.method, c.path, a.status, a.body, status, code)
	}
	return a
}

func alice(method, path string) call { return call{method: method, path: path, as: "ALICE"} }

func (c call) with(body string, header ...string) call {
	c.body, c.header = body, map[string]string{}
	for i := 0; i < len(header); i += 2 {
		c.header[header[i]] = header[i+1]
	}
	return c
}

func TestBucketsAndObjects(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/win2k3_bucket").with("<CreateBucketConstraint><LocationConstraint>EU</LocationConstraint></CreateBucketConstraint>"))
	put := s.must(alice("PUT", "/win2k3_bucket/a/b").with("hello", "Content-Type", "text/plain",
		"x-amz-meta-Colour", "green", "Cache-Control", "no-store", "x-amz-acl", "aws-exec-read"))
	const etag = `"5d41402abc4b2a76b9719d911017c592"` // printf hello | md5sum
	if got := put.header.Get("ETag"); got != etag {
		t.Errorf("PUT: got ETag %s, want %s", got, etag)
	}
	got := s.must(alice("GET", "/win2k3_bucket/a/b"))
	want := map[string]string{"ETag": etag, "Content-Type": "text/plain", "Content-Length": "5",
		"X-Amz-Meta-Colour": "green", "Cache-Control": "no-store", "Accept-Ranges": "bytes"}
	for name, value := range want {
		if got.header.Get(name) != value {
			t.Errorf("GET: got %s %q, want %q", name, got.header.Get(name), value)
		}
	}
	if got.body != "hello" || got.header.Get("Last-Modified") == "" || got.header.Get("X-Amz-Request-Id") == "" {
		t.Errorf("GET: got %q with %v", got.body, got.header)
	}
	if head := s.must(alice("HEAD", "/win2k3_bucket/a/b")); head.body != "" || head.header.Get("Content-Length") != "5" {
		t.Errorf("HEAD: got %q with %v", head.body, head.header)
	}
	if got := s.must(alice("GET", "/win2k3_bucket?location")).body; !strings.Contains(got, ">EU</LocationConstraint>") {
		t.Errorf("location: got %s", got)
	}
	s.must(alice("HEAD", "/win2k3_bucket"))
	s.refuses(alice("DELETE", "/win2k3_bucket"), 409, "BucketNotEmpty")
	s.must(alice("DELETE", "/win2k3_bucket/a/b"))
	s.must(alice("DELETE", "/win2k3_bucket/a/b"))
	s.must(alice("DELETE", "/win2k3_bucket"))
	s.refuses(alice("GET", "/win2k3_bucket"), 404, "NoSuchBucket")
}

func TestServiceList(t *testing.T) {
	s := newServer(t)
	for _, path := range []string{"", "/"} {
		if got := s.must(alice("GET", path)).body; strings.Contains(got, "<Bucket>") {
			t.Errorf("before: got %s", got)
		}
	}
	s.must(alice("PUT", "/bbb"))
	s.must(alice("PUT", "/aaa/"))
	s.must(call{method: "PUT", path: "/ccc", as: "BOB"})
	got := s.must(alice("GET", "/")).body
	for _, part := range []string{
		`<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`,
		"<Owner><ID>000000000001</ID><DisplayName>alice</DisplayName></Owner>",
		"<Buckets><Bucket><Name>aaa</Name>",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("got %s\nwithout %s", got, part)
		}
	}
	if strings.Contains(got, "ccc") {
		t.Errorf("bob's bucket is in alice's list: %s", got)
	}
	s.refuses(call{method: "GET", path: "/"}, 403, "AccessDenied")
	s.refuses(alice("PUT", "/"), 405, "MethodNotAllowed")
}

func TestRangesAndConditions(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("0123456789"))
	const etag, other = `"781e5e245d69b566979b86e28d23f2c7"`, `"5d41402abc4b2a76b9719d911017c592"`
	past, future := "Mon, 02 Jan 2006 15:04:05 GMT", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		name, value string
		status      int
		body        string // or an error's code
	}{
		{"Range", "bytes=2-4", 206, "234"},
		{"Range", "bytes=7-", 206, "789"},
		{"Range", "bytes=-3", 206, "789"},
		{"Range", "bytes=8-100", 206, "89"},
		{"Range", "bytes=10-", 416, "InvalidRange"},
		{"If-Match", etag, 200, "0123456789"},
		{"If-Match", other, 412, "PreconditionFailed"},
		{"If-None-Match", etag, 304, ""},
		{"If-None-Match", other, 200, "0123456789"},
		{"If-Modified-Since", future, 304, ""},
		{"If-Modified-Since", past, 200, "0123456789"},
		{"If-Unmodified-Since", past, 412, "PreconditionFailed"},
	} {
		got := s.do(alice("GET", "/bucket/key").with("", test.name, test.value))
		if got.status/100 == 4 {
			_, rest, _ := strings.Cut(got.body, "<Code>")
			got.body, _, _ = strings.Cut(rest, "</Code>")
		}
		if got.status != test.status || got.body != test.body {
			t.Errorf("%s: %s: got %d %q, want %d %q", test.name, test.value, got.status, got.body, test.status, test.body)
		}
	}
}

func TestErrorsAreInTheWordsOfS3(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	bob := func(method, path string) call { return call{method: method, path: path, as: "BOB"} }
	s.refuses(alice("PUT", "/bucket"), 409, "BucketAlreadyOwnedByYou")
	s.refuses(bob("PUT", "/bucket"), 409, "BucketAlreadyExists")
	s.refuses(alice("PUT", "/b"), 400, "InvalidBucketName")
	s.refuses(alice("PUT", "/127.0.0.1"), 400, "InvalidBucketName")
	s.refuses(alice("PUT", "/other").with("", "x-amz-acl", "world"), 400, "InvalidArgument")
	s.refuses(alice("PUT", "/other").with("<a>"), 400, "MalformedXML")
	s.refuses(alice("PUT", "/other").with(strings.Repeat(" ", 65<<10)), 400, "MaxMessageLengthExceeded")
	s.refuses(bob("GET", "/bucket/key"), 403, "AccessDenied")
	s.refuses(bob("GET", "/bucket/nothing"), 403, "AccessDenied")
	s.refuses(call{method: "GET", path: "/bucket/key"}, 403, "AccessDenied")
	s.refuses(alice("GET", "/bucket/nothing"), 404, "NoSuchKey")
	s.refuses(alice("GET", "/bucket?max-keys=-1"), 400, "InvalidArgument")
	s.refuses(alice("GET", "/bucket?list-type=2&continuation-token=%21"), 400, "InvalidArgument")
	s.refuses(alice("PUT", "/bucket/"+strings.Repeat("k", 1025)), 400, "KeyTooLongError")
	s.refuses(alice("PUT", "/bucket/%00"), 400, "InvalidURI")
	s.refuses(alice("PUT", "/bucket/key").with("text", "Content-MD5", "5d41"), 400, "InvalidDigest")
	s.refuses(alice("PUT", "/bucket/key").with("text", "Content-MD5", "XUFAKrxLKna5cZ2REBfFkg=="), 400, "BadDigest")
	s.refuses(alice("PUT", "/bucket/key").with("text", "x-amz-meta-a", strings.Repeat("x", 2048)), 400, "MetadataTooLarge")
	s.refuses(alice("POST", "/bucket"), 412, "PreconditionFailed")
	s.refuses(alice("POST", "/bucket").with("", "Content-Type", "multipart/form-data; boundary=x"), 400, "InvalidArgument")
	s.refuses(alice("POST", "/bucket/key"), 501, "NotImplemented")
	s.refuses(alice("PATCH", "/bucket/key"), 405, "MethodNotAllowed")
	s.refuses(call{method: "GET", path: "/bucket", as: "CAROL"}, 403, "InvalidAccessKeyId")
	missing := s.refuses(alice("GET", "/bucket/no%26where"), 404, "NoSuchKey")
	id := missing.header.Get("X-Amz-Request-Id")
	for _, part := range []string{"<?xml version=", "<Resource>/services/Walrus/bucket/no&amp;where</Resource>", "<RequestId>" + id + "</RequestId>"} {
		if !strings.Contains(missing.body, part) || id == "" {
			t.Errorf("got %s\nwithout %s", missing.body, part)
		}
	}
	if got := s.do(alice("HEAD", "/bucket/nothing")); got.status != 404 || got.body != "" {
		t.Errorf("HEAD: got %d %q, want 404 without a body", got.status, got.body)
	}
	if got := s.must(alice("GET", "/bucket/key")).body; got != "text" {
		t.Errorf("after all the refusals: got %q, want text", got)
	}
}

func TestWhatIsNotServedIsRefused(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	for _, c := range []call{
		alice("GET", "/bucket/key?torrent"),
		alice("PUT", "/bucket?lifecycle").with("<LifecycleConfiguration/>"),
		alice("DELETE", "/bucket?policy"),
		alice("PUT", "/bucket?versioning").with("<VersioningConfiguration/>"),
		alice("PUT", "/bucket/key?tagging").with("<Tagging/>"),
		alice("PUT", "/bucket?acl").with("<AccessControlPolicy/>"),
		alice("PUT", "/bucket/key").with("x", "x-amz-grant-read", "id=1"),
		alice("PUT", "/bucket/key").with("x", "x-amz-server-side-encryption", "AES256"),
		alice("PUT", "/bucket/key").with("x", "If-None-Match", "abc"),
		alice("DELETE", "/bucket/key").with("", "If-Match", "abc"),
	} {
		s.refuses(c, 501, "NotImplemented")
	}
	if got := s.must(alice("GET", "/bucket/key")).body; got != "text" {
		t.Errorf("after all the refusals: got %q, want text", got)
	}
}

func TestKeysReachTheStoreUnchanged(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for _, key := range []string{"%2E%2E/%2E%2E/etc/passwd", "/", "a//b", "a/../b", "pre%2Ffix", "a%20b+c", "%0A", "%E2%82%AC", "%25", "a?b"} {
		path := "/bucket/" + strings.ReplaceAll(key, "?", "%3F")
		s.must(alice("PUT", path).with("bytes of " + key))
		if got := s.must(alice("GET", path)).body; got != "bytes of "+key {
			t.Errorf("%s: got %q", path, got)
		}
	}
	list := s.must(alice("GET", "/bucket?encoding-type=url")).body
	for _, key := range []string{"../../etc/passwd", "/", "a//b", "a/../b", "pre/fix", "a%20b%2Bc", "%0A", "%E2%82%AC", "%25", "a%3Fb"} {
		if !strings.Contains(list, "<Key>"+key+"</Key>") {
			t.Errorf("key %s is not in %s", key, list)
		}
	}
}

func TestListing(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for _, key := range []string{"a", "b/1", "b/2", "c"} {
		s.must(alice("PUT", "/bucket/"+key).with("hello"))
	}
	for path, parts := range map[string][]string{
		"/bucket": {"<Name>bucket</Name>", "<Marker></Marker>", "<MaxKeys>1000</MaxKeys>", "<IsTruncated>false</IsTruncated>",
			"<Key>a</Key>", "<ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag><Size>5</Size><Owner><ID>000000000001</ID>", "<StorageClass>STANDARD</StorageClass>"},
		"/bucket/?prefix=b&delimiter=/":                     {"<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>", "<Prefix>b</Prefix>"},
		"/bucket?max-keys=1":                                {"<NextMarker>a</NextMarker>", "<IsTruncated>true</IsTruncated>"},
		"/bucket?max-keys=0":                                {"<MaxKeys>0</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"},
		"/bucket?marker=b/2":                                {"<Key>c</Key>", "<Marker>b/2</Marker>"},
		"/bucket?list-type=2":                               {"<KeyCount>4</KeyCount>", "<Key>a</Key>"},
		"/bucket?list-type=2&fetch-owner=true":              {"<DisplayName>alice</DisplayName>"},
		"/bucket?list-type=2&start-after=b/2":               {"<KeyCount>1</KeyCount>", "<StartAfter>b/2</StartAfter>"},
		"/bucket?list-type=2&max-keys=1":                    {"<NextContinuationToken>YQ==</NextContinuationToken>"},
		"/bucket?list-type=2&continuation-token=Yi8y":       {"<KeyCount>1</KeyCount>", "<Key>c</Key>"},
		"/bucket?list-type=2&delimiter=/&encoding-type=url": {"<EncodingType>url</EncodingType>", "<KeyCount>3</KeyCount>"},
		"/bucket?versioning":                                {"<VersioningConfiguration"},
	} {
		got := s.must(alice("GET", path)).body
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("%s: got %s\nwithout %s", path, got, part)
			}
		}
	}
}

func TestCannedACLs(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket").with("", "x-amz-acl", "public-read"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	anonymous := call{method: "GET", path: "/bucket/key"}
	s.refuses(anonymous, 403, "AccessDenied")
	s.must(alice("PUT", "/bucket/key?acl").with("", "x-amz-acl", "public-read"))
	if got := s.must(anonymous).body; got != "text" {
		t.Errorf("anonymous read: got %q", got)
	}
	if got := s.must(call{method: "GET", path: "/bucket"}).body; !strings.Contains(got, "<Key>key</Key>") {
		t.Errorf("anonymous list: got %s", got)
	}
	s.must(alice("PUT", "/bucket?acl").with("", "x-amz-acl", "private"))
	s.refuses(call{method: "GET", path: "/bucket"}, 403, "AccessDenied")
	for acl, part := range map[string]string{
		"aws-exec-read":      `xsi:type="CanonicalUser"><ID>000000000000</ID><DisplayName>system</DisplayName></Grantee><Permission>READ<`,
		"ec2-bundle-read":    `<DisplayName>system</DisplayName></Grantee><Permission>READ<`, // the same, by its older name
		"public-read":        `xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ<`,
		"authenticated-read": `AuthenticatedUsers</URI></Grantee><Permission>READ<`,
		"private":            `<ID>000000000001</ID><DisplayName>alice</DisplayName></Grantee><Permission>FULL_CONTROL<`,
	} {
		for _, path := range []string{"/bucket?acl", "/bucket/key?acl"} {
			s.must(alice("PUT", path).with("", "x-amz-acl", acl))
			if got := s.must(alice("GET", path)).body; !strings.Contains(got, part) {
				t.Errorf("%s after %s: got %s\nwithout %s", path, acl, got, part)
			}
		}
	}
	s.refuses(call{method: "GET", path: "/bucket/key?acl", as: "BOB"}, 403, "AccessDenied")
}

func TestOverridesNeedASignature(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text", "x-amz-acl", "public-read"))
	const path = "/bucket/key?response-content-type=text%2Fhtml&response-content-disposition=attachment"
	got := s.must(alice("GET", path)).header
	if got.Get("Content-Type") != "text/html" || got.Get("Content-Disposition") != "attachment" {
		t.Errorf("signed: got %v", got)
	}
	if got := s.must(call{method: "GET", path: path}).header.Get("Content-Type"); got != "binary/octet-stream" {
		t.Errorf("anonymous: got type %s", got)
	}
}

func TestPresigned(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	r, err := http.NewRequest("GET", s.url+"/bucket/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	credentials := sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
	for ttl, want := range map[time.Duration]int{time.Minute: 200, -time.Minute: 403} {
		r.URL, err = sign.PresignV4("GET", r.URL, credentials, sign.Scope{Region: "eucalyptus", Service: "s3"},
			max(ttl, time.Second), time.Now().Add(min(ttl, 0)))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.send(r); got.status != want {
			t.Errorf("presigned for %v: got %d %s, want %d", ttl, got.status, got.body, want)
		}
		r.URL.RawQuery = ""
	}
}

func TestServes(t *testing.T) {
	for path, want := range map[string]bool{
		"/services/Walrus": true, "/services/Walrus/": true, "/services/Walrus/b/../k": true,
		"/services/objectstorage/b": true, "/services/WalrusX": false, "/services/Eucalyptus": false, "/": false,
	} {
		if got := walrus.Names(nil).Serves(&http.Request{Host: "127.0.0.1:8773", URL: &url.URL{Path: path}}); got != want {
			t.Errorf("Serves(%q): got %v, want %v", path, got, want)
		}
	}
}
