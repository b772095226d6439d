package walrus_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"emikit/cloud/walrus"
)

// browser is a form as a browser sends it: the fields in their order, then the
// file. Version 2 signs the policy; TestBoto3 has forms of Version 4.
type browser struct {
	policy string // JSON; empty: none
	fields []string
	name   string // of the file
	file   string
	tear   int // how many bytes are missing at the end
}

// allowed is what most policies here allow: anything below up/ in the bucket,
// of 2 to 10 bytes.
const allowed = `["starts-with", "$key", "up/"], {"bucket": "bucket"}, ["content-length-range", 2, "10"]`

func policyOf(conditions string) string {
	return fmt.Sprintf(`{"expiration": "%s", "conditions": [%s]}`, time.Now().Add(time.Minute).UTC().Format(time.RFC3339), conditions)
}

func (b browser) request(t *testing.T, url string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fields := b.fields
	if b.policy != "" {
		encoded := base64.StdEncoding.EncodeToString([]byte(b.policy))
		mac := hmac.New(sha1.New, []byte(secret("ALICE")))
		mac.Write([]byte(encoded))
		fields = append([]string{"AWSAccessKeyId", "ALICE", "Policy", encoded, "Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))}, fields...)
	}
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", b.name)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, b.file)
	w.WriteField("submit", "Upload")
	w.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, bytes.NewReader(body.Bytes()[:body.Len()-b.tear]))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestFormUpload(t *testing.T) {
	s := newServer(t, named("cloud.example"))
	s.must(alice("PUT", "/bucket"))
	const more = `, {"ACL": "public-read"}, ["eq", "$content-type", "text/plain"], ["starts-with", "$x-amz-meta-note", ""]`
	b := browser{
		policy: policyOf(allowed + more), name: `C:\dir\a b.txt`, file: "hello",
		fields: []string{"key", "up/${filename}", "acl", "public-read", "Content-Type", "text/plain", "x-amz-meta-note", "n", "x-ignore-it", "x"},
	}
	got := s.send(b.request(t, s.url+"/bucket/"))
	if got.status != 204 || got.body != "" || !strings.HasSuffix(got.header.Get("Location"), "/services/Walrus/bucket/up/a%20b.txt") {
		t.Fatalf("got %d %s with %v", got.status, got.body, got.header)
	}
	object := s.must(call{method: "GET", path: "/bucket/up/a%20b.txt"}) // public
	headerIs(t, "object", object, "Content-Type", "text/plain", "X-Amz-Meta-Note", "n", "ETag", got.header.Get("ETag"))
	if object.body != "hello" {
		t.Errorf("got %q", object.body)
	}

	b = browser{policy: policyOf(allowed + `, ["starts-with", "$success_action_status", "20"]`), name: "f", file: "hello"}
	for status, want := range map[string]int{"200": 200, "201": 201, "204": 204, "20x": 204} {
		b.fields = []string{"key", "up/x", "success_action_status", status}
		got := s.send(b.request(t, s.url+"/bucket"))
		if got.status != want || want == 201 && element(t, got, "Key") != "up/x" {
			t.Errorf("status %s: got %d %s", status, got.status, got.body)
		}
	}
	b = browser{policy: policyOf(allowed + `, ["starts-with", "$success_action_redirect", ""]`), name: "f", file: "hello"}
	b.fields = []string{"key", "up/x", "success_action_redirect", "http://there.example/page?a=b"}
	got = s.send(b.request(t, s.url+"/bucket"))
	if want := "http://there.example/page?a=b&bucket=bucket&etag=%225d41402abc4b2a76b9719d911017c592%22&key=up%2Fx"; got.status != 303 || got.header.Get("Location") != want {
		t.Errorf("redirection: got %d to %s, want %s", got.status, got.header.Get("Location"), want)
	}
	b.fields[3] = "javascript:alert(1)"
	if got = s.send(b.request(t, s.url+"/bucket")); got.status != 204 {
		t.Errorf("redirection to no page: got %d to %s", got.status, got.header.Get("Location"))
	}

	hosted := browser{policy: policyOf(allowed), fields: []string{"key", "up/hosted"}, name: "f", file: "hello"}.request(t, strings.TrimSuffix(s.url, "/services/Walrus")+"/")
	hosted.Host = "bucket.cloud.example"
	if got := s.send(hosted); got.status != 204 || got.header.Get("Location") != "http://bucket.cloud.example/up/hosted" {
		t.Errorf("hosted: got %d %s with %v", got.status, got.body, got.header)
	}
}

// TestFormRefusals sends forms that are right but for one thing, and leave
// nothing behind.
func TestFormRefusals(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/other"))
	right := func() browser {
		return browser{policy: policyOf(allowed), fields: []string{"key", "up/x"}, name: "f", file: "hello"}
	}
	expired := strings.Replace(policyOf(allowed), time.Now().UTC().Format("2006"), "2006", 1)
	cases := []struct {
		name   string
		change func(b *browser)
		want   string // the code, and perhaps a part of the message
	}{
		{"condition fails", func(b *browser) { b.fields[1] = "down/x" }, `AccessDenied</Code><Message>Invalid according to Policy: Policy Condition failed: [&#34;starts-with&#34;, &#34;$key`},
		{"extra field", func(b *browser) { b.fields = append(b.fields, "acl", "public-read") }, "AccessDenied</Code><Message>Invalid according to Policy: Extra input fields: acl"},
		{"bucket not covered", func(b *browser) { b.policy = policyOf(`["starts-with", "$key", "up/"]`) }, "Extra input fields: bucket"},
		{"condition without its field", func(b *browser) { b.policy = policyOf(allowed + `, {"acl": "private"}`) }, "Policy Condition failed"},
		{"type in a list", func(b *browser) {
			b.policy = policyOf(allowed + `, ["starts-with", "$Content-Type", "image/"]`)
			b.fields = append(b.fields, "Content-Type", "image/png, text/html")
		}, "Policy Condition failed"},
		{"expired", func(b *browser) { b.policy = expired }, "AccessDenied</Code><Message>Invalid according to Policy: Policy expired."},
		{"too long", func(b *browser) { b.file = "hello, world" }, "EntityTooLarge"},
		{"too short", func(b *browser) { b.file = "h" }, "EntityTooSmall"},
		{"no key", func(b *browser) { b.fields = []string{"submit", "x"} }, "InvalidArgument"},
		{"field twice", func(b *browser) { b.fields = append(b.fields, "Key", "up/y") }, "InvalidArgument"},
		{"bucket as a field", func(b *browser) { b.fields = append(b.fields, "bucket", "bucket") }, "InvalidArgument"},
		{"line in a value", func(b *browser) { b.fields = append(b.fields, "x-ignore-a", "a\r\nb") }, "InvalidArgument"},
		{"name that is none", func(b *browser) { b.fields = append(b.fields, "x-ignore-ä", "a") }, "InvalidArgument"},
		{"policy not signed", func(b *browser) {
			b.policy = ""
			b.fields = append(b.fields, "policy", base64.StdEncoding.EncodeToString([]byte(policyOf(allowed))))
		}, "AccessDenied"},
		{"nobody", func(b *browser) { b.policy = "" }, "AccessDenied"},
		{"not JSON", func(b *browser) { b.policy = "{" }, "InvalidPolicyDocument"},
		{"two policies", func(b *browser) { b.policy += "{}" }, "InvalidPolicyDocument"},
		{"no conditions", func(b *browser) { b.policy = `{"expiration": "2099-01-01T00:00:00Z"}` }, "InvalidPolicyDocument"},
		{"no expiration", func(b *browser) { b.policy = `{"conditions": []}` }, "InvalidPolicyDocument"},
		{"unknown element", func(b *browser) { b.policy = strings.Replace(b.policy, "{", `{"id": "x", `, 1) }, "InvalidPolicyDocument"},
		{"unknown operator", func(b *browser) { b.policy = policyOf(allowed + `, ["matches", "$key", ".*"]`) }, "InvalidPolicyDocument"},
		{"field without a dollar", func(b *browser) { b.policy = policyOf(allowed + `, ["eq", "acl", "private"]`) }, "InvalidPolicyDocument"},
		{"range of words", func(b *browser) { b.policy = policyOf(allowed + `, ["content-length-range", "a", "b"]`) }, "InvalidPolicyDocument"},
		{"condition is a number", func(b *browser) { b.policy = policyOf(allowed + `, 1`) }, "InvalidPolicyDocument"},
		{"encryption", func(b *browser) {
			b.policy = policyOf(allowed + `, {"x-amz-server-side-encryption": "AES256"}`)
			b.fields = append(b.fields, "x-amz-server-side-encryption", "AES256")
		}, "NotImplemented"},
		{"wrong checksum", func(b *browser) {
			b.policy = policyOf(allowed + `, ["starts-with", "$x-amz-checksum-crc32", ""]`)
			b.fields = append(b.fields, "x-amz-checksum-crc32", crc("other"))
		}, "BadDigest"},
		{"long fields", func(b *browser) { b.fields = append(b.fields, "x-ignore-a", strings.Repeat("a", 20<<10)) }, "MaxPostPreDataLengthExceeded"},
		{"many fields", func(b *browser) {
			for i := range 1000 {
				b.fields = append(b.fields, fmt.Sprintf("x-ignore-%d", i), "")
			}
		}, "MaxPostPreDataLengthExceeded"},
		{"long name of the file", func(b *browser) { b.name = strings.Repeat("n", 1025) }, "MaxPostPreDataLengthExceeded"},
		{"torn", func(b *browser) { b.tear = 200 }, "MalformedPOSTRequest"},
	}
	for _, c := range cases {
		b := right()
		c.change(&b)
		got := s.send(b.request(t, s.url+"/bucket"))
		if got.status < 400 || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: got %d %s, want %s", c.name, got.status, got.body, c.want)
		}
	}
	if got := s.send(right().request(t, s.url+"/other")); !strings.Contains(got.body, "Policy Condition failed") {
		t.Errorf("another bucket: got %d %s", got.status, got.body)
	}
	r := right().request(t, s.url+"/bucket")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := s.send(r); got.status != 412 || !strings.Contains(got.body, "PreconditionFailed") {
		t.Errorf("another type: got %d %s", got.status, got.body)
	}
	if n := s.files(); n != 0 {
		t.Errorf("got %d files, want none", n)
	}
}

func TestFormsAreSubjectToThePolicyOnVersion2(t *testing.T) {
	s := newServer(t, func(c *walrus.Config) { c.AllowV2 = func(*http.Request) bool { return false } })
	s.must(alice("PUT", "/bucket"))
	b := browser{policy: policyOf(allowed), fields: []string{"key", "up/x"}, name: "f", file: "hello"}
	if got := s.send(b.request(t, s.url+"/bucket")); got.status != 400 || !strings.Contains(got.body, "AWS4-HMAC-SHA256") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

// TestFormOfNobody goes into a bucket that everybody may write to.
func TestFormOfNobody(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket").with("", "x-amz-acl", "public-read-write"))
	b := browser{fields: []string{"key", "x"}, name: "f", file: "hello"}
	if got := s.send(b.request(t, s.url+"/bucket")); got.status != 204 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := s.must(alice("GET", "/bucket/x")).body; got != "hello" {
		t.Errorf("got %q", got)
	}
}
