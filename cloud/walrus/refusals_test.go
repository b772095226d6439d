package walrus_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"emikit/cloud/objects"
	"emikit/cloud/walrus"
	"emikit/sign"
)

var everywhere = sign.Scope{Region: "eucalyptus", Service: "s3"}

// TestRefusedSignatures sends requests that are right but for one thing.
func TestRefusedSignatures(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	hash := sign.HashPayload([]byte("text"))
	for _, c := range []struct {
		name   string
		key    sign.Credentials
		at     time.Duration // the signer's clock is off by
		change func(r *http.Request)
		status int
		code   string
	}{
		{name: "wrong secret", key: sign.Credentials{AccessKey: "ALICE", SecretKey: "wrong"}, status: 403, code: "SignatureDoesNotMatch"},
		{name: "unknown key", key: sign.Credentials{AccessKey: "CAROL", SecretKey: "x"}, status: 403, code: "InvalidAccessKeyId"},
		{name: "clock slow", at: -16 * time.Minute, status: 403, code: "RequestTimeTooSkewed"},
		{name: "clock fast", at: 16 * time.Minute, status: 403, code: "RequestTimeTooSkewed"},
		{name: "header altered", change: func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "c") }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "header added", change: func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, status: 403, code: "AccessDenied"},
		{name: "query altered", change: func(r *http.Request) { r.URL.RawQuery = "acl" }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "path altered", change: func(r *http.Request) { r.URL.Path += "x" }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "method altered", change: func(r *http.Request) { r.Method = "POST" }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "body altered", change: func(r *http.Request) { r.Body = http.NoBody; r.ContentLength = 0 }, status: 400, code: "XAmzContentSHA256Mismatch"},
		{name: "no date", change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, status: 400, code: "AuthorizationHeaderMalformed"},
		{name: "other kind", change: func(r *http.Request) { r.Header.Set("Authorization", "Basic QUxJQ0U6eA==") }, status: 400, code: "InvalidArgument"},
		{name: "twice", change: func(r *http.Request) { r.URL.RawQuery = "Signature=x" }, status: 400, code: "InvalidArgument"},
	} {
		r, err := http.NewRequest("PUT", s.url+"/bucket/key", strings.NewReader("text"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Meta-A", "b")
		if c.key.AccessKey == "" {
			c.key = sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
		}
		if err := sign.V4(r, c.key, everywhere, hash, time.Now().Add(c.at)); err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(r)
		}
		if got := s.send(r); got.status != c.status || !strings.Contains(got.body, "<Code>"+c.code+"</Code>") {
			t.Errorf("%s: got %d %s, want %d %s", c.name, got.status, got.body, c.status, c.code)
		}
	}
	if n := s.files(); n != 0 {
		t.Errorf("got %d files, want none", n)
	}
}

func TestRefusedVersion2(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for _, c := range []struct {
		name   string
		key    sign.Credentials
		at     time.Duration
		change func(r *http.Request)
		code   string
	}{
		{name: "right", code: ""},
		{name: "wrong secret", key: sign.Credentials{AccessKey: "ALICE", SecretKey: "wrong"}, code: "SignatureDoesNotMatch"},
		{name: "unknown key", key: sign.Credentials{AccessKey: "CAROL", SecretKey: "x"}, code: "InvalidAccessKeyId"},
		{name: "clock slow", at: -16 * time.Minute, code: "RequestTimeTooSkewed"},
		{name: "clock fast", at: 16 * time.Minute, code: "RequestTimeTooSkewed"},
		{name: "path altered", change: func(r *http.Request) { r.URL.Path += "x" }, code: "SignatureDoesNotMatch"},
		{name: "method altered", change: func(r *http.Request) { r.Method = "POST" }, code: "SignatureDoesNotMatch"},
		{name: "date altered", change: func(r *http.Request) { r.Header.Set("Date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)) }, code: "SignatureDoesNotMatch"},
		{name: "digest altered", change: func(r *http.Request) { r.Header.Set("Content-MD5", "XUFAKrxLKna5cZ2REBfFkg==") }, code: "SignatureDoesNotMatch"},
		{name: "twice", change: func(r *http.Request) { r.URL.RawQuery = "Signature=x" }, code: "InvalidArgument"},
		{name: "header altered", change: func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "c") }, code: "SignatureDoesNotMatch"},
		{name: "type altered", change: func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, code: "SignatureDoesNotMatch"},
		{name: "query altered", change: func(r *http.Request) { r.URL.RawQuery = "acl" }, code: "SignatureDoesNotMatch"},
		{name: "no date", change: func(r *http.Request) { r.Header.Del("Date") }, code: "AccessDenied"},
		{name: "malformed", change: func(r *http.Request) { r.Header.Set("Authorization", "AWS ALICE") }, code: "InvalidArgument"},
	} {
		r, err := http.NewRequest("PUT", s.url+"/bucket/key", strings.NewReader("text"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Meta-A", "b")
		if c.key.AccessKey == "" {
			c.key = sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
		}
		if err := sign.V2S3(r, c.key, time.Now().Add(c.at)); err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(r)
		}
		if got := s.send(r); c.code == "" && got.status != 200 || c.code != "" && !strings.Contains(got.body, "<Code>"+c.code+"</Code>") {
			t.Errorf("%s: got %d %s, want %s", c.name, got.status, got.body, c.code)
		}
	}
}

// TestSkew holds the border to the second, and lets a request be repeated within
// it: nothing remembers signatures.
func TestSkew(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	now := noon
	s := newServer(t, func(c *walrus.Config) { c.Now = func() time.Time { return now } })
	key := sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
	request := func(method, path string, sign func(*http.Request) error) *http.Request {
		r, err := http.NewRequest(method, s.url+path, nil)
		if err == nil {
			err = sign(r)
		}
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	v4 := func(r *http.Request) error { return sign.V4(r, key, everywhere, sign.UnsignedPayload, noon) }
	v2 := func(r *http.Request) error { return sign.V2S3(r, key, noon) }
	if got := s.send(request("PUT", "/bucket", v4)); got.status != 200 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	const border = 15 * time.Minute
	for _, off := range []time.Duration{0, 0, border, -border, border + time.Second, -border - time.Second} {
		now = noon.Add(off)
		for version, sign := range map[string]func(*http.Request) error{"V4": v4, "V2": v2} {
			got := s.send(request("GET", "/bucket", sign))
			if skewed := strings.Contains(got.body, "<Code>RequestTimeTooSkewed</Code>"); skewed != (off.Abs() > border) {
				t.Errorf("%s, off by %v: got %d %s", version, off, got.status, got.body)
			}
		}
	}
}

// TestVersion2Policy asks the policy about each request, and takes Version 4
// whatever it says.
func TestVersion2Policy(t *testing.T) {
	allowed := false
	s := newServer(t, func(c *walrus.Config) {
		c.AllowV2 = func(r *http.Request) bool { return allowed && r.RemoteAddr != "" }
	})
	s.must(alice("PUT", "/bucket"))
	for _, allowed = range []bool{false, true} {
		r, err := http.NewRequest("GET", s.url+"/bucket", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := sign.V2S3(r, sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}, time.Now()); err != nil {
			t.Fatal(err)
		}
		got := s.send(r)
		if refused := strings.Contains(got.body, "<Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.</Message>"); refused == allowed {
			t.Errorf("allowed %t: got %d %s", allowed, got.status, got.body)
		}
	}
}

func TestRefusedPresigned(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	u, err := url.Parse(s.url + "/bucket/key")
	if err != nil {
		t.Fatal(err)
	}
	key := sign.Credentials{AccessKey: "ALICE", SecretKey: secret("ALICE")}
	v4 := func(made time.Duration) *url.URL {
		u, err := sign.PresignV4("GET", u, key, everywhere, time.Minute, time.Now().Add(made))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	v2 := func(until time.Duration) *url.URL {
		u, err := sign.PresignV2S3("GET", u, key, time.Now().Add(until))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for _, c := range []struct {
		name string
		url  *url.URL
		old  string
		new  string
		want string
	}{
		{"V4", v4(0), "", "", "text"},
		{"V4, expired", v4(-2 * time.Minute), "", "", "<Code>AccessDenied</Code><Message>Request has expired</Message>"},
		{"V4, from the future", v4(time.Hour), "", "", "<Code>RequestTimeTooSkewed</Code>"},
		{"V4, longer", v4(-2 * time.Minute), "Expires=60", "Expires=600", "<Code>SignatureDoesNotMatch</Code>"},
		{"V4, too long", v4(0), "Expires=60", "Expires=604801", "<Code>AuthorizationQueryParametersError</Code>"},
		{"V4, query added", v4(0), "X-Amz-Algorithm", "response-content-type=a&X-Amz-Algorithm", "<Code>SignatureDoesNotMatch</Code>"},
		{"V4, other key", v4(0), "/key?", "/kex?", "<Code>SignatureDoesNotMatch</Code>"},
		{"V2", v2(time.Minute), "", "", "text"},
		{"V2, expired", v2(-time.Minute), "", "", "<Code>AccessDenied</Code><Message>Request has expired</Message>"},
		{"V2, longer", v2(-time.Minute), "Expires=1", "Expires=2", "<Code>SignatureDoesNotMatch</Code>"},
		{"V2, no expiry", v2(time.Minute), "Expires=", "Other=", "<Code>AccessDenied</Code>"},
		{"V2, other key", v2(time.Minute), "/key?", "/kex?", "<Code>SignatureDoesNotMatch</Code>"},
	} {
		r, err := http.NewRequest("GET", strings.Replace(c.url.String(), c.old, c.new, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.send(r); !strings.Contains(got.body, c.want) {
			t.Errorf("%s: got %d %s, want %s", c.name, got.status, got.body, c.want)
		}
	}
}

func TestExpectedBucketOwner(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	own, other := people["ALICE"].Account, people["BOB"].Account
	const header = "x-amz-expected-bucket-owner"
	for _, c := range []call{
		alice("GET", "/bucket"), alice("GET", "/bucket/key"), alice("PUT", "/bucket/key").with("other"), alice("DELETE", "/bucket/key"),
		alice("POST", "/bucket/key?uploads"), alice("POST", "/bucket?delete").with("<Delete><Object><Key>key</Key></Object></Delete>"),
		alice("DELETE", "/bucket"),
	} {
		c.header = map[string]string{header: other}
		s.refuses(c, 403, "AccessDenied")
	}
	s.refuses(alice("GET", "/bucket/key?"+header+"="+other), 403, "AccessDenied")
	s.refuses(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/key", "x-amz-source-expected-bucket-owner", other), 403, "AccessDenied")
	s.refuses(alice("GET", "/nothing").with("", header, own), 404, "NoSuchBucket")
	if got := s.must(alice("GET", "/bucket/key").with("", header, own)).body; got != "text" {
		t.Errorf("got %q, want text", got)
	}
	if got := s.must(alice("HEAD", "/bucket").with("", header, own)).status; got != 200 {
		t.Errorf("HEAD: got %d", got)
	}
}

func TestPutOnlyIfThereIsNone(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("first", "If-None-Match", "*"))
	s.refuses(alice("PUT", "/bucket/key").with("second", "If-None-Match", "*"), 412, "PreconditionFailed")
	s.refuses(alice("PUT", "/bucket/key").with("", "If-None-Match", "*", "x-amz-copy-source", "bucket/key"), 412, "PreconditionFailed")
	if got := s.must(alice("GET", "/bucket/key")).body; got != "first" {
		t.Errorf("got %q, want first", got)
	}
}

// Only a request that is accepted makes its client send the body.
func TestExpectContinue(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/there").with("text"))
	for _, c := range []struct {
		name, as, path string
		header         string
		want           string // the first line of the answer
	}{
		{"accepted", "ALICE", "/bucket/key", "", "HTTP/1.1 100 Continue"},
		{"wrong secret", "wrong", "/bucket/key", "", "HTTP/1.1 403 Forbidden"},
		{"not allowed", "BOB", "/bucket/key", "", "HTTP/1.1 403 Forbidden"},
		{"no such bucket", "ALICE", "/nothing/key", "", "HTTP/1.1 404 Not Found"},
		{"no such upload", "ALICE", "/bucket/key?partNumber=1&uploadId=x", "", "HTTP/1.1 404 Not Found"},
		{"there is one", "ALICE", "/bucket/there", "If-None-Match", "HTTP/1.1 412 Precondition Failed"},
	} {
		r, err := http.NewRequest("PUT", s.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.header != "" {
			r.Header.Set(c.header, "*")
		}
		key := sign.Credentials{AccessKey: c.as, SecretKey: secret(c.as)}
		if c.as == "wrong" {
			key.AccessKey = "ALICE"
		}
		if err := sign.V4(r, key, everywhere, sign.UnsignedPayload, time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := firstLine(t, r, 1<<30); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// firstLine sends the headers of a request whose body has so many bytes, and
// nothing of the body.
func firstLine(t *testing.T, r *http.Request, length int) string {
	t.Helper()
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nContent-Length: %d\r\n", r.Method, r.URL.RequestURI(), r.URL.Host, length)
	if err := r.Header.Write(conn); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestLimits(t *testing.T) {
	s := newLimitedServer(t, objects.Limits{Buckets: 1, BucketBytes: 10})
	s.must(alice("PUT", "/bucket"))
	s.refuses(alice("PUT", "/another"), 400, "TooManyBuckets")
	s.refuses(alice("PUT", "/bucket"), 409, "BucketAlreadyOwnedByYou")
	s.refuses(alice("PUT", "/bucket/key").with("hello, world"), 400, "EntityTooLarge")
	upload := s.begin("/bucket/key")
	s.refuses(alice("PUT", upload+"&partNumber=1").with("hello, world"), 400, "EntityTooLarge")
	s.must(alice("PUT", "/bucket/key").with("hello"))
	if n := s.files(); n != 1 {
		t.Errorf("got %d files, want one", n)
	}
}
