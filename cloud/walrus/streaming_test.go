package walrus_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"hash"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"
)

// hasher adapts a hash to the interface that minio-go wants.
type hasher struct{ hash.Hash }

func (hasher) Close() {}

// streamed is a PUT whose body minio-go's signer puts into signed chunks,
// with a trailer if one is given. Spoil, unless nil, changes what is sent.
func (s server) streamed(body, trailer string, spoil func(sent []byte) []byte, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "PUT", s.url+"/bucket/key", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if name, value, ok := strings.Cut(trailer, ":"); ok {
		r.Trailer = http.Header{name: {value}}
	}
	r = signer.StreamingSignV4(r, "ALICE", secret("ALICE"), "", "eucalyptus", int64(len(body)), time.Now().UTC(), hasher{sha256.New()})
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if spoil != nil {
		sent = spoil(sent)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(sent)), int64(len(sent))
	return s.send(r)
}

func TestSignedStreams(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	long := strings.Repeat("0123456789", 20000) // more than two of minio-go's chunks
	for body, trailer := range map[string]string{
		"hello":         "X-Amz-Checksum-Crc32:NhCmhg==",
		long:            "",
		long[1:]:        "X-Amz-Checksum-Sha256:" + b64(sha256.Sum256([]byte(long[1:]))),
		"hello, hello!": "",
	} {
		if got := s.streamed(body, trailer, nil); got.status != 200 {
			t.Fatalf("%.20s, %s: got %d %s", body, trailer, got.status, got.body)
		}
		got := s.must(alice("GET", "/bucket/key").with("", "Accept-Encoding", "identity"))
		if got.body != body || got.header.Get("Content-Encoding") != "" {
			t.Errorf("%.20s: got %d bytes back with %v", body, len(got.body), got.header)
		}
	}
}

func TestSignedStreamsAreChecked(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	long := strings.Repeat("0123456789", 20000)
	replace := func(old, new string) func([]byte) []byte {
		return func(sent []byte) []byte { return bytes.Replace(sent, []byte(old), []byte(new), 1) }
	}
	for _, c := range []struct {
		name, body, trailer string
		spoil               func([]byte) []byte
		headers             []string
		code                string
	}{
		{"other bytes", "hello", "", replace("hello", "hellO"), nil, "SignatureDoesNotMatch"},
		{"other bytes in a late chunk", long, "", func(sent []byte) []byte { sent[len(sent)-1000] = 'x'; return sent }, nil, "SignatureDoesNotMatch"},
		{"signature changed", "hello", "", func(sent []byte) []byte {
			at := bytes.Index(sent, []byte("signature=")) + 10
			sent[at] = "0f"[btoi(sent[at] == '0')]
			return sent
		}, nil, "SignatureDoesNotMatch"},
		{"other trailer", "hello", "X-Amz-Checksum-Crc32:NhCmhg==", replace("NhC", "NhD"), nil, "SignatureDoesNotMatch"},
		{"wrong checksum, signed", "hellO", "X-Amz-Checksum-Crc32:NhCmhg==", nil, nil, "BadDigest"},
		{"wrong MD5, signed", "hello", "", nil, []string{"Content-MD5", b64(md5.Sum([]byte("hellO")))}, "BadDigest"},
		{"ends early", long, "", func(sent []byte) []byte { return sent[:len(sent)/2] }, nil, "IncompleteBody"},
		{"last chunk missing", "hello", "", func(sent []byte) []byte { return sent[:bytes.Index(sent, []byte("0;chunk"))] }, nil, "IncompleteBody"},
	} {
		got := s.streamed(c.body, c.trailer, c.spoil, c.headers...)
		if !strings.Contains(got.body, "<Code>"+c.code+"</Code>") {
			t.Errorf("%s: got %d %s, want %s", c.name, got.status, got.body, c.code)
		}
	}
	if n := s.files(); n != 0 {
		t.Errorf("got %d files, want nothing kept", n)
	}
	// What is not signed in its headers cannot have signed chunks.
	s.must(alice("PUT", "/open").with("", "x-amz-acl", "public-read-write"))
	s.refuses(call{method: "PUT", path: "/open/key", body: "0\r\n\r\n", header: map[string]string{
		"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": "0"}}, 400, "InvalidArgument")
	unknown := alice("PUT", "/open/key").with("x", "x-amz-decoded-content-length", "1")
	unknown.hash = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
	s.refuses(unknown, 400, "InvalidArgument")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
