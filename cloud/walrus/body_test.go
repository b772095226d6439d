package walrus_test

import (
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"emikit/sign"
)

func TestPayloadHashIsChecked(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	wrong := alice("PUT", "/bucket/key").with("text")
	wrong.hash = sign.HashPayload([]byte("other text"))
	s.refuses(wrong, 400, "XAmzContentSHA256Mismatch")
	wrong = alice("PUT", "/other").with("<a></a>")
	wrong.hash = sign.HashPayload(nil)
	s.refuses(wrong, 400, "XAmzContentSHA256Mismatch")
	unsigned := alice("PUT", "/bucket/key").with("text")
	unsigned.hash = sign.UnsignedPayload
	s.must(unsigned)
	if got := s.files(); got != 1 {
		t.Errorf("got %d files, want 1", got)
	}
}

// The values are of the text "hello"; TestChecksums ties the algorithms to
// published ones.
func TestChecksumHeaders(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for name, value := range map[string]string{
		"crc32":     "NhCmhg==",
		"sha1":      "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
		"sha256":    "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
		"crc32c":    "mnG7TA==",
		"crc64nvme": "M3eFcAZSQlc=",
	} {
		s.must(alice("PUT", "/bucket/"+name).with("hello", "x-amz-checksum-"+name, value))
		s.refuses(alice("PUT", "/bucket/bad").with("hellO", "x-amz-checksum-"+name, value), 400, "BadDigest")
	}
	s.refuses(alice("PUT", "/bucket/bad").with("hello", "x-amz-checksum-md4", "AAAA"), 400, "InvalidRequest")
	s.refuses(alice("PUT", "/bucket/bad").with("hello", "x-amz-checksum-crc32", "NhCmhg==", "x-amz-checksum-sha1", "x"), 400, "InvalidRequest")
	s.refuses(alice("GET", "/bucket/bad"), 404, "NoSuchKey")
}

func TestAWSChunked(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	put := func(body string, header ...string) call {
		c := alice("PUT", "/bucket/key").with(body, append(header, "Content-Encoding", "aws-chunked,gzip")...)
		c.hash = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
		return c
	}
	const good = "3\r\nhel\r\n2;ext=1\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
	s.must(put(good, "x-amz-decoded-content-length", "5", "x-amz-trailer", "x-amz-checksum-crc32"))
	got := s.must(alice("GET", "/bucket/key").with("", "Accept-Encoding", "identity"))
	if got.body != "hello" || got.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("got %q with %v", got.body, got.header)
	}
	s.refuses(put(good), 411, "MissingContentLength")
	s.refuses(put(good, "x-amz-decoded-content-length", "6"), 400, "IncompleteBody")
	s.refuses(put(good, "x-amz-decoded-content-length", "4"), 400, "IncompleteBody")
	s.refuses(put(strings.Replace(good, "hel", "heL", 1), "x-amz-decoded-content-length", "5", "x-amz-trailer", "x-amz-checksum-crc32"), 400, "BadDigest")
	s.refuses(put("0\r\n\r\n", "x-amz-decoded-content-length", "0", "x-amz-trailer", "x-amz-checksum-crc32"), 400, "BadDigest")
	s.refuses(put("5\r\nhello", "x-amz-decoded-content-length", "5"), 400, "IncompleteBody")
}

// What goes wrong with the client's end of a connection is its own fault and
// not the store's, whose log would otherwise be full of it.
func TestBodiesThatBreakOff(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket").with("", "x-amz-acl", "public-read-write"))
	for cause, code := range map[error]string{
		io.ErrUnexpectedEOF:                                   "IncompleteBody",
		errors.New("malformed chunked encoding"):              "IncompleteBody",
		syscall.ECONNRESET:                                    "IncompleteBody",
		&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}: "RequestTimeout",
	} {
		for _, path := range []string{"/bucket/key", "/new-bucket"} {
			body := io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(cause))
			r := httptest.NewRequest("PUT", "/services/Walrus"+path, body)
			answer := httptest.NewRecorder()
			s.door.ServeHTTP(answer, r)
			if answer.Code != 400 || !strings.Contains(answer.Body.String(), "<Code>"+code+"</Code>") {
				t.Errorf("%s, %v: got %d %s, want %s", path, cause, answer.Code, answer.Body, code)
			}
		}
	}
	if n := s.files(); n != 0 {
		t.Errorf("got %d files, want none", n)
	}
	if s.log.Len() > 0 {
		t.Errorf("got errors in the log: %s", s.log)
	}
}
