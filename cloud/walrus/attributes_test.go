package walrus_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"

	"emikit/cloud/objects"
)

func crc(text string) string {
	return base64.StdEncoding.EncodeToString(binary32(crc32.ChecksumIEEE([]byte(text))))
}

func binary32(n uint32) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }

// headerIs compares headers of an answer; "" stands for none.
func headerIs(t *testing.T, what string, a answer, want ...string) {
	t.Helper()
	for i := 0; i < len(want); i += 2 {
		if got := a.header.Get(want[i]); got != want[i+1] {
			t.Errorf("%s: got %s %q, want %q", what, want[i], got, want[i+1])
		}
	}
}

const (
	mode     = "x-amz-checksum-mode"
	crcName  = "x-amz-checksum-crc32"
	kindName = "x-amz-checksum-type"
)

func TestChecksumsAreKept(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	put := s.must(alice("PUT", "/bucket/key").with("hello", crcName, crc("hello")))
	headerIs(t, "PUT", put, crcName, crc("hello"), kindName, "FULL_OBJECT")
	for _, method := range []string{"GET", "HEAD"} {
		got := s.must(alice(method, "/bucket/key").with("", mode, "ENABLED"))
		headerIs(t, method, got, crcName, crc("hello"), kindName, "FULL_OBJECT")
		got = s.must(alice(method, "/bucket/key"))
		headerIs(t, method+" without the mode", got, crcName, "", kindName, "")
		got = s.must(alice(method, "/bucket/key").with("", mode, "ENABLED", "Range", "bytes=1-2"))
		headerIs(t, method+" of a range", got, crcName, "", kindName, "")
	}
	got := s.must(alice("PUT", "/bucket/named").with("hello", "x-amz-sdk-checksum-algorithm", "CRC32"))
	headerIs(t, "PUT that names the algorithm", got, crcName, crc("hello"))
	copied := s.must(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/key"))
	if element(t, copied, "ChecksumCRC32") != crc("hello") || element(t, copied, "ChecksumType") != "FULL_OBJECT" {
		t.Errorf("copy: got %s", copied.body)
	}
	copied = s.must(alice("PUT", "/bucket/copy").with("", "x-amz-copy-source", "bucket/key", "x-amz-checksum-algorithm", "SHA256"))
	if sum := strings.ReplaceAll(element(t, copied, "ChecksumSHA256"), "&#43;", "+"); sum != b64(sha256.Sum256([]byte("hello"))) {
		t.Errorf("copy with another checksum: got %s", copied.body)
	}
	listed := s.must(alice("GET", "/bucket?list-type=2&prefix=key"))
	if element(t, listed, "ChecksumAlgorithm") != "CRC32" || element(t, listed, "ChecksumType") != "FULL_OBJECT" {
		t.Errorf("list: got %s", listed.body)
	}
}

// withSums is the body that completes an upload of two parts, with their
// checksums.
func withSums(first, firstSum, second, secondSum string) string {
	return fmt.Sprintf("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32></Part>"+
		"<Part><PartNumber>3</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32></Part></CompleteMultipartUpload>", first, firstSum, second, secondSum)
}

// TestChecksumsOfParts makes objects of two parts, with a checksum of either
// type. The composite one is known from the parts' alone.
func TestChecksumsOfParts(t *testing.T) {
	first, last := strings.Repeat("a", objects.MinPart), "the last"
	sums, _ := base64.StdEncoding.DecodeString(crc(first))
	lastSum, _ := base64.StdEncoding.DecodeString(crc(last))
	joined := crc(string(append(sums, lastSum...))) + "-2"
	for kind, want := range map[string]string{"FULL_OBJECT": crc(first + last), "COMPOSITE": joined} {
		s := newServer(t)
		s.must(alice("PUT", "/bucket"))
		begun := s.must(alice("POST", "/bucket/key?uploads").with("", "x-amz-checksum-algorithm", "CRC32", kindName, kind))
		headerIs(t, "begin", begun, "x-amz-checksum-algorithm", "CRC32", kindName, kind)
		path := "/bucket/key?uploadId=" + element(t, begun, "UploadId")
		one := s.must(alice("PUT", path+"&partNumber=1").with(first, crcName, crc(first)))
		headerIs(t, "part", one, crcName, crc(first))
		three := s.must(alice("PUT", path+"&partNumber=3").with(last))
		headerIs(t, "part without a value", three, crcName, crc(last))
		s.refuses(alice("PUT", path+"&partNumber=4").with(last, crcName, crc(first)), 400, "BadDigest")
		s.refuses(alice("PUT", path+"&partNumber=4").with(last, "x-amz-checksum-sha1", strings.Repeat("A", 27)+"="), 400, "InvalidRequest")

		parts := s.must(alice("GET", path))
		if element(t, parts, "ChecksumAlgorithm") != "CRC32" || element(t, parts, "ChecksumType") != kind || element(t, parts, "ChecksumCRC32") != crc(first) {
			t.Errorf("%s: list of parts: got %s", kind, parts.body)
		}
		if uploads := s.must(alice("GET", "/bucket?uploads")); element(t, uploads, "ChecksumType") != kind {
			t.Errorf("%s: list of uploads: got %s", kind, uploads.body)
		}

		tags := []string{one.header.Get("ETag"), three.header.Get("ETag")}
		s.refuses(alice("POST", path).with(withSums(tags[0], crc(last), tags[1], crc(last))), 400, "InvalidPart")
		right := withSums(tags[0], crc(first), tags[1], crc(last))
		s.refuses(alice("POST", path).with(right, crcName, crc("other")), 400, "BadDigest")
		s.refuses(alice("POST", path).with(right, "x-amz-mp-object-size", "7"), 400, "IncompleteBody")
		done := s.must(alice("POST", path).with(right, crcName, want, "x-amz-mp-object-size", fmt.Sprint(len(first+last))))
		if element(t, done, "ChecksumCRC32") != want || element(t, done, "ChecksumType") != kind {
			t.Errorf("%s: got %s, want %s", kind, done.body, want)
		}
		got := s.must(alice("HEAD", "/bucket/key").with("", mode, "ENABLED"))
		headerIs(t, "HEAD", got, crcName, want, kindName, kind)
	}
}

func TestPartOfAnObject(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	first, last := strings.Repeat("a", objects.MinPart), "the last"
	path := s.begin("/bucket/key", "x-amz-checksum-algorithm", "CRC32")
	s.must(alice("POST", path).with(list(1, s.part(path, 1, first), 7, s.part(path, 7, last))))

	got := s.must(alice("GET", "/bucket/key?partNumber=2").with("", mode, "ENABLED"))
	end := len(first) + len(last)
	headerIs(t, "second part", got, "X-Amz-Mp-Parts-Count", "2", crcName, crc(last), kindName, "",
		"Content-Range", fmt.Sprintf("bytes %d-%d/%d", len(first), end-1, end))
	if got.status != http.StatusPartialContent || got.body != last {
		t.Errorf("second part: got %d %q", got.status, got.body)
	}
	got = s.must(alice("HEAD", "/bucket/key?partNumber=1"))
	headerIs(t, "first part", got, "X-Amz-Mp-Parts-Count", "2", "Content-Length", fmt.Sprint(len(first)))
	headerIs(t, "whole object", s.must(alice("HEAD", "/bucket/key")), "X-Amz-Mp-Parts-Count", "")
	s.refuses(alice("GET", "/bucket/key?partNumber=3"), 416, "InvalidPartNumber")
	s.refuses(alice("GET", "/bucket/key?partNumber=0"), 400, "InvalidArgument")
	s.refuses(alice("GET", "/bucket/key?partNumber=1").with("", "Range", "bytes=0-1"), 400, "InvalidRequest")

	s.must(alice("PUT", "/bucket/single").with("hello"))
	got = s.must(alice("GET", "/bucket/single?partNumber=1"))
	headerIs(t, "single", got, "X-Amz-Mp-Parts-Count", "", "Content-Range", "bytes 0-4/5")
	s.refuses(alice("GET", "/bucket/single?partNumber=2"), 416, "InvalidPartNumber")
	s.must(alice("PUT", "/bucket/empty"))
	if got := s.must(alice("GET", "/bucket/empty?partNumber=1")); got.body != "" {
		t.Errorf("empty: got %d %q", got.status, got.body)
	}
	s.refuses(call{method: "GET", path: "/bucket/key?partNumber=1", as: "BOB"}, 403, "AccessDenied")
	s.refuses(alice("GET", "/bucket/none?partNumber=1"), 404, "NoSuchKey")
}

func TestObjectAttributes(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	first, last := strings.Repeat("a", objects.MinPart), "the last"
	path := s.begin("/bucket/key", "x-amz-checksum-algorithm", "CRC32")
	s.must(alice("POST", path).with(list(1, s.part(path, 1, first), 7, s.part(path, 7, last))))
	const asked = "x-amz-object-attributes"
	got := s.must(alice("GET", "/bucket/key?attributes").with("", asked, "ETag, Checksum,ObjectParts,StorageClass,ObjectSize", "x-amz-max-parts", "1", "x-amz-part-number-marker", "1"))
	for name, want := range map[string]string{
		"ChecksumType": "COMPOSITE", "PartsCount": "2", "PartNumber": "7", "Size": "8", "IsTruncated": "false",
		"NextPartNumberMarker": "7", "StorageClass": "STANDARD", "ObjectSize": fmt.Sprint(len(first + last)),
	} {
		if element(t, got, name) != want {
			t.Errorf("got %s, want %s %s", got.body, name, want)
		}
	}
	if tag := element(t, got, "ETag"); !strings.HasSuffix(tag, "-2") || got.header.Get("Last-Modified") == "" {
		t.Errorf("got %s with %v", got.body, got.header)
	}
	got = s.must(alice("GET", "/bucket/key?attributes").with("", asked, "ObjectSize"))
	if strings.Contains(got.body, "Checksum") || strings.Contains(got.body, "ETag") || strings.Contains(got.body, "Part") {
		t.Errorf("got %s, want the size alone", got.body)
	}
	s.refuses(alice("GET", "/bucket/key?attributes"), 400, "InvalidArgument")
	s.refuses(alice("GET", "/bucket/key?attributes").with("", asked, "Colour"), 400, "InvalidArgument")
	s.refuses(alice("GET", "/bucket/none?attributes").with("", asked, "ETag"), 404, "NoSuchKey")
}

func TestWriteOnlyOver(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.refuses(alice("PUT", "/bucket/key").with("x", "If-Match", "*"), 404, "NoSuchKey")
	tag := s.must(alice("PUT", "/bucket/key").with("first")).header.Get("ETag")
	s.refuses(alice("PUT", "/bucket/key").with("second", "If-Match", `"0000"`), 412, "PreconditionFailed")
	s.refuses(alice("PUT", "/bucket/key").with("", "x-amz-copy-source", "bucket/key", "If-Match", `"0000"`), 412, "PreconditionFailed")
	path := s.begin("/bucket/key")
	parts := list(1, s.part(path, 1, "in parts"))
	s.refuses(alice("POST", path).with(parts, "If-Match", `"0000"`), 412, "PreconditionFailed")
	s.must(alice("POST", path).with(parts, "If-Match", tag))
	s.must(alice("PUT", "/bucket/key").with("third", "If-Match", "*"))
	if got := s.must(alice("GET", "/bucket/key")).body; got != "third" {
		t.Errorf("got %q, want third", got)
	}
}
