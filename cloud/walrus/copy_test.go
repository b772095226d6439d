package walrus_test

import (
	"strings"
	"testing"
)

func TestCopyObject(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/a%20b").with("hello", "Content-Type", "text/plain", "x-amz-meta-k", "v"))
	got := s.must(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "/bucket/a%20b"))
	if !strings.Contains(got.body, "<ETag>&#34;5d41402abc4b2a76b9719d911017c592&#34;</ETag>") {
		t.Errorf("copy: got %s", got.body)
	}
	if got := s.must(alice("GET", "/bucket/copy")); got.body != "hello" || got.header.Get("X-Amz-Meta-K") != "v" {
		t.Errorf("copy: got %q with %v", got.body, got.header)
	}
	s.must(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/a%20b",
		"x-amz-metadata-directive", "REPLACE", "Content-Type", "image/x"))
	if got := s.must(alice("GET", "/bucket/copy")).header; got.Get("Content-Type") != "image/x" || got.Get("X-Amz-Meta-K") != "" {
		t.Errorf("copy with other metadata: got %v", got)
	}
	s.must(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/a%20b?versionId=null"))
	s.refuses(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/a%20b?versionId=1"), 501, "NotImplemented")
	s.refuses(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket"), 400, "InvalidArgument")
	s.refuses(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/missing"), 404, "NoSuchKey")
	s.refuses(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/a%20b", "x-amz-metadata-directive", "?"), 400, "InvalidArgument")
}

func TestObjectsHaveNoTags(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	if got := s.must(alice("GET", "/bucket/key?tagging")).body; !strings.Contains(got, "<TagSet></TagSet>") {
		t.Errorf("got %s", got)
	}
	s.refuses(alice("GET", "/bucket/none?tagging"), 404, "NoSuchKey")
	s.refuses(call{method: "GET", path: "/bucket/key?tagging"}, 403, "AccessDenied")
}
