package walrus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func FuzzParseTarget(f *testing.F) {
	for _, path := range []string{"/services/Walrus", "/services/Walrus/", "/services/Walrus/b/k", "/services/objectstorage//k",
		"/services/Walrus/b/../k", "/services/WalrusX/b", "", "/services/Walrus/b/\x00\xff"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := parseTarget(path)
		if (err == nil || err == errBadPath) != Serves(path) {
			t.Errorf("%q: Serves says %v, but parseTarget %v", path, Serves(path), err)
		}
		if err != nil {
			return
		}
		if strings.Contains(got.bucket, "/") || got.bucket == "" && got.key != "" {
			t.Errorf("%q: got %+v", path, got)
		}
		again, err := parseTarget("/services/Walrus/" + got.bucket + "/" + got.key)
		if again != got || err != nil {
			t.Errorf("%q: got %+v, but written out again %+v, %v", path, got, again, err)
		}
	})
}

func FuzzParseCopySource(f *testing.F) {
	for _, source := range []string{"b/k", "/b/k", "b/k%20x", "b", "b/", "/", "b/k?versionId=1", "b/%zz", ""} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		got, err := parseCopySource(source)
		if err == nil && (got.Bucket == "" || got.Key == "" || strings.Contains(got.Bucket, "/")) {
			t.Errorf("%q: got %+v", source, got)
		}
	})
}

// FuzzChunks demands that whatever is accepted is exactly what was declared,
// however the bytes arrive, and that it is accepted again when written out in
// the plainest form.
func FuzzChunks(f *testing.F) {
	for _, seed := range []struct {
		body string
		size int64
	}{
		{"5\r\nhello\r\n0\r\n\r\n", 5},
		{"3;chunk-signature=0\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", 5},
		{"0\r\n\r\n", 0},
		{"0\r\n", 0},
		{"5\r\nhello", 5},
		{"5\r\nhelloXX0\r\n\r\n", 5},
		{"ffffffffffffffff\r\n", 5},
		{"-5\r\nhello\r\n0\r\n\r\n", 5},
		{strings.Repeat("1", 3000), 1},
		{"0\r\n" + strings.Repeat("a:b\r\n", 20), 0},
	} {
		f.Add([]byte(seed.body), seed.size)
	}
	f.Fuzz(func(t *testing.T, body []byte, size int64) {
		got, err := io.ReadAll(newChunkReader(bytes.NewReader(body), size))
		slow, slowErr := io.ReadAll(newChunkReader(iotest.OneByteReader(bytes.NewReader(body)), size))
		if !bytes.Equal(got, slow) || !errors.Is(slowErr, err) {
			t.Errorf("%q: got %q, %v; byte by byte %q, %v", body, got, err, slow, slowErr)
		}
		if err != nil {
			if err != errChunks {
				t.Errorf("%q: got error %v, want %v", body, err, errChunks)
			}
			return
		}
		if int64(len(got)) != size {
			t.Errorf("%q: got %d bytes, %d were declared", body, len(got), size)
		}
		plain := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(got), got)
		if size == 0 {
			plain = "0\r\n\r\n"
		}
		again, err := io.ReadAll(newChunkReader(strings.NewReader(plain), size))
		if !bytes.Equal(got, again) || err != nil {
			t.Errorf("%q: got %q, but written out again %q, %v", body, got, again, err)
		}
	})
}

func TestChunkReaderPassesErrorsOn(t *testing.T) {
	torn := errors.New("connection torn")
	for _, before := range []string{"", "5\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\nx"} {
		body := io.MultiReader(strings.NewReader(before), iotest.ErrReader(torn))
		if _, err := io.ReadAll(newChunkReader(body, 5)); !errors.Is(err, torn) {
			t.Errorf("after %q: got %v, want %v", before, err, torn)
		}
	}
}
