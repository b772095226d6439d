package walrus_test

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"emikit/cloud/objects"
)

func b64[S [16]byte | [32]byte](sum S) string {
	switch s := any(sum).(type) {
	case [16]byte:
		return base64.StdEncoding.EncodeToString(s[:])
	case [32]byte:
		return base64.StdEncoding.EncodeToString(s[:])
	}
	return ""
}

// element is the text of the first element of that name.
func element(t *testing.T, a answer, name string) string {
	t.Helper()
	found := regexp.MustCompile("<" + name + ">([^<]*)<").FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("no %s in %s", name, a.body)
	}
	return found[1]
}

// begin begins an upload and returns the path that its parts have.
func (s server) begin(path string, header ...string) string {
	s.t.Helper()
	return path + "?uploadId=" + element(s.t, s.must(alice("POST", path+"?uploads").with("", header...)), "UploadId")
}

func (s server) part(path string, number int, body string) string {
	s.t.Helper()
	return s.must(alice("PUT", fmt.Sprintf("%s&partNumber=%d", path, number)).with(body)).header.Get("ETag")
}

// list is the body that completes an upload: numbers and tags in turn.
func list(parts ...any) string {
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		fmt.Fprintf(&b, "<Part><PartNumber>%v</PartNumber><ETag>%v</ETag></Part>", parts[i], parts[i+1])
	}
	return "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + b.String() + "</CompleteMultipartUpload>"
}

func TestMultipartUpload(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	first, second := strings.Repeat("a", objects.MinPart), "second"
	path := s.begin("/bucket/a%20b", "Content-Type", "image/x", "x-amz-meta-k", "v", "x-amz-acl", "public-read")
	tags := []string{s.part(path, 1, first), s.part(path, 7, "replaced"), s.part(path, 7, second)}
	listed := s.must(alice("GET", path+"&max-parts=1"))
	if element(t, listed, "NextPartNumberMarker") != "1" || element(t, listed, "IsTruncated") != "true" || element(t, listed, "Key") != "a b" {
		t.Errorf("first page: got %s", listed.body)
	}
	listed = s.must(alice("GET", path+"&part-number-marker=1&encoding-type=url"))
	if element(t, listed, "PartNumber") != "7" || element(t, listed, "Size") != "6" || element(t, listed, "Key") != "a%20b" {
		t.Errorf("second page: got %s", listed.body)
	}
	done := s.must(alice("POST", path).with(list(1, tags[0], 7, tags[2])))
	if tag := element(t, done, "ETag"); !strings.HasSuffix(tag, "-2&#34;") {
		t.Errorf("got %s", done.body)
	}
	got := s.must(call{method: "GET", path: "/bucket/a%20b"})
	if got.body != first+second || got.header.Get("Content-Type") != "image/x" || got.header.Get("X-Amz-Meta-K") != "v" {
		t.Errorf("got %d bytes with %v", len(got.body), got.header)
	}
	at := fmt.Sprintf("bytes=%d-%d", objects.MinPart-2, objects.MinPart+1)
	got = s.do(alice("GET", "/bucket/a%20b").with("", "Range", at))
	if got.status != 206 || got.body != "aase" {
		t.Errorf("%s: got %d %q", at, got.status, got.body)
	}
	if tag := s.must(alice("HEAD", "/bucket/a%20b")).header.Get("ETag"); !strings.HasSuffix(tag, `-2"`) {
		t.Errorf("HEAD: got %s", tag)
	}
}

func TestMultipartRefusals(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	path := s.begin("/bucket/key")
	small, large, last := s.part(path, 1, "small"), s.part(path, 2, strings.Repeat("a", objects.MinPart)), s.part(path, 3, "last")
	complete := func(body string) call { return alice("POST", path).with(body) }
	s.refuses(complete(""), 400, "MalformedXML")
	s.refuses(complete("<CompleteMultipartUpload/>"), 400, "MalformedXML")
	s.refuses(complete(list("x", last)), 400, "MalformedXML")
	s.refuses(complete(list(3, last, 2, large)), 400, "InvalidPartOrder")
	s.refuses(complete(list(1, small, 3, last)), 400, "EntityTooSmall")
	s.refuses(complete(list(2, large, 4, last)), 400, "InvalidPart")
	s.refuses(complete(list(2, large, 3, large)), 400, "InvalidPart")
	for _, number := range []string{"0", "10001", "x", "-1"} {
		s.refuses(alice("PUT", path+"&partNumber="+number).with("x"), 400, "InvalidArgument")
	}
	const missing = "/bucket/key?uploadId=none"
	s.refuses(alice("PUT", missing+"&partNumber=1").with("x"), 404, "NoSuchUpload")
	s.refuses(alice("POST", missing).with(list(1, last)), 404, "NoSuchUpload")
	s.refuses(alice("GET", missing), 404, "NoSuchUpload")
	s.refuses(alice("DELETE", missing), 404, "NoSuchUpload")
	s.refuses(alice("PUT", path+"&partNumber=4").with("x", "Content-MD5", b64(md5.Sum([]byte("y")))), 400, "BadDigest")
	s.refuses(call{method: "PUT", path: path + "&partNumber=1", as: "BOB", body: "x"}, 403, "AccessDenied")
	s.must(alice("PUT", "/bucket/key").with("text"))
	s.refuses(complete(list(3, last)).with(list(3, last), "If-None-Match", "*"), 412, "PreconditionFailed")
	s.must(alice("DELETE", path))
	s.refuses(complete(list(3, last)), 404, "NoSuchUpload")
	if got := s.must(alice("GET", "/bucket/key")).body; got != "text" {
		t.Errorf("after all of it: got %q, want text", got)
	}
	if n := s.files(); n != 1 {
		t.Errorf("got %d files, want 1", n)
	}
}

func TestPartCopy(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	tag := s.must(alice("PUT", "/bucket/from").with("0123456789")).header.Get("ETag")
	path := s.begin("/bucket/key")
	copies := func(number int, header ...string) call {
		return alice("PUT", fmt.Sprintf("%s&partNumber=%d", path, number)).with("", append(header, "x-amz-copy-source", "/bucket/from")...)
	}
	s.must(copies(1))
	part := s.must(copies(1, "x-amz-copy-source-range", "bytes=2-4", "x-amz-copy-source-if-match", tag))
	s.refuses(copies(1, "x-amz-copy-source-range", "bytes=2-10"), 400, "InvalidArgument")
	s.refuses(copies(1, "x-amz-copy-source-range", "bytes=-4"), 400, "InvalidArgument")
	s.refuses(copies(1, "x-amz-copy-source-if-none-match", tag), 412, "PreconditionFailed")
	s.must(alice("POST", path).with(list(1, element(t, part, "ETag"))))
	if got := s.must(alice("GET", "/bucket/key")).body; got != "234" {
		t.Errorf("got %q, want 234", got)
	}
	copied := func(header ...string) call {
		return alice("PUT", "/bucket/copy").with("", append(header, "x-amz-copy-source", "bucket/key")...)
	}
	s.refuses(copied("x-amz-copy-source-if-match", tag), 412, "PreconditionFailed")
	s.refuses(copied("x-amz-copy-source-if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT"), 412, "PreconditionFailed")
	s.refuses(copied("x-amz-copy-source-if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT"), 412, "PreconditionFailed")
	s.must(copied("x-amz-copy-source-if-none-match", tag))
}

func TestUploadsAreListed(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for _, key := range []string{"a", "b%20c", "b%20c", "d"} {
		s.begin("/bucket/" + key)
	}
	page := s.must(alice("GET", "/bucket?uploads&max-uploads=2&encoding-type=url"))
	if strings.Count(page.body, "<Upload>") != 2 || element(t, page, "NextKeyMarker") != "b%20c" {
		t.Errorf("first page: got %s", page.body)
	}
	next := "&key-marker=b%20c&upload-id-marker=" + element(t, page, "NextUploadIdMarker")
	page = s.must(alice("GET", "/bucket?uploads"+next))
	if strings.Count(page.body, "<Upload>") != 2 || element(t, page, "IsTruncated") != "false" || element(t, page, "DisplayName") != "alice" {
		t.Errorf("second page: got %s", page.body)
	}
	s.begin("/bucket/b%20c/e")
	page = s.must(alice("GET", "/bucket?uploads&delimiter=%2F&encoding-type=url&key-marker=b%20c"))
	if strings.Count(page.body, "<Upload>") != 1 || !strings.Contains(page.body, "<CommonPrefixes><Prefix>b%20c/</Prefix></CommonPrefixes>") ||
		element(t, page, "Delimiter") != "/" {
		t.Errorf("with a delimiter: got %s", page.body)
	}
	s.refuses(call{method: "GET", path: "/bucket?uploads", as: "BOB"}, 403, "AccessDenied")
	s.refuses(alice("GET", "/bucket?uploads&max-uploads=x"), 400, "InvalidArgument")
}

func TestDeleteObjects(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for _, key := range []string{"a", "b%26c", "d", "e"} {
		s.must(alice("PUT", "/bucket/"+key).with("text"))
	}
	remove := func(body string, header ...string) call {
		return alice("POST", "/bucket?delete").with("<Delete>"+body+"</Delete>", header...)
	}
	got := s.must(remove("<Object><Key>a</Key></Object><Object><Key>b&amp;c</Key></Object><Object><Key>none</Key></Object>" +
		"<Object><Key>e</Key><VersionId>1</VersionId></Object>"))
	for _, want := range []string{"<Deleted><Key>a</Key></Deleted>", "<Deleted><Key>b&amp;c</Key></Deleted>", "<Deleted><Key>none</Key></Deleted>",
		"<Error><Key>e</Key><Code>NotImplemented</Code>"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("got %s\nwithout %s", got.body, want)
		}
	}
	got = s.must(remove("<Quiet>true</Quiet><Object><Key>d</Key></Object>"))
	if strings.Contains(got.body, "<Key>") {
		t.Errorf("quiet: got %s", got.body)
	}
	s.refuses(remove(""), 400, "MalformedXML")
	s.refuses(remove("<Object/>"), 400, "MalformedXML")
	s.refuses(remove(strings.Repeat("<Object><Key>e</Key></Object>", 1001)), 400, "MalformedXML")
	s.refuses(remove(strings.Repeat(" ", 4<<20)), 400, "MaxMessageLengthExceeded")
	s.refuses(remove("<Object><Key>e</Key></Object>", "Content-MD5", b64(md5.Sum(nil))), 400, "BadDigest")
	s.refuses(remove("<Object><Key>e</Key></Object>", "x-amz-checksum-crc32", "NhCmhg=="), 400, "BadDigest")
	s.refuses(alice("POST", "/nothing?delete").with("<Delete><Object><Key>e</Key></Object></Delete>"), 404, "NoSuchBucket")
	denied := s.must(call{method: "POST", path: "/bucket?delete", as: "BOB", body: "<Delete><Quiet>true</Quiet><Object><Key>e</Key></Object></Delete>"})
	if !strings.Contains(denied.body, "<Error><Key>e</Key><Code>AccessDenied</Code>") {
		t.Errorf("bob: got %s", denied.body)
	}
	s.must(alice("GET", "/bucket/e"))
}
