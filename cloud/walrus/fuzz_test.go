package walrus

import (
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
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
		got, err := parseTarget(path, place{})
		serves := Names(nil).Serves(&http.Request{URL: &url.URL{Path: path}})
		if (err == nil || err == errBadPath) != serves {
			t.Errorf("%q: Serves says %v, but parseTarget %v", path, serves, err)
		}
		if hosted, err := parseTarget(path, place{bucket: "b"}); err != nil || hosted.bucket != "b" {
			t.Errorf("%q: in a bucket's host got %+v, %v", path, hosted, err)
		}
		if err != nil {
			return
		}
		if strings.Contains(got.bucket, "/") || got.bucket == "" && got.key != "" {
			t.Errorf("%q: got %+v", path, got)
		}
		again, err := parseTarget("/services/Walrus/"+got.bucket+"/"+got.key, place{})
		if again != got || err != nil {
			t.Errorf("%q: got %+v, but written out again %+v, %v", path, got, again, err)
		}
	})
}

// FuzzParseCopySource: what is accepted names an object, and is the same after
// it is escaped and read again.
func FuzzParseCopySource(f *testing.F) {
	for _, source := range []string{"b/k", "/b/k", "b/k%20x", "b", "b/", "/", "b/k?versionId=1", "b/%zz", "b/%2F../%3F?", "//k", ""} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		got, err := parseCopySource(source)
		if err != nil {
			return
		}
		if got.Bucket == "" || got.Key == "" || strings.Contains(got.Bucket, "/") {
			t.Errorf("%q: got %+v", source, got)
		}
		again, err := parseCopySource("/" + url.PathEscape(got.Bucket) + "/" + url.PathEscape(got.Key))
		if again != got || err != nil {
			t.Errorf("%q: got %+v, but written out again %+v, %v", source, got, again, err)
		}
	})
}

// FuzzPlace: a bucket that a Host names is a part of it, and of no address; below
// the cloud's name it is found whatever it is called.
func FuzzPlace(f *testing.F) {
	for _, host := range []string{"b.walrus.cloud.example:8773", "b.s3.amazonaws.com", "walrus.cloud.example", "cloud.example",
		"127.0.0.1:8773", "[::1]:80", "a.b.S3.x", "walrus.walrus.1.2.3.4", "s3", ".walrus.x", "b.0x7f.1", "b.cloud.example.", "\xa3.S3", "İ.walrus.cloud.example", ""} {
		f.Add(host)
	}
	names := Names{"cloud.example", "10.1.2.3"}
	f.Fuzz(func(t *testing.T, host string) {
		got := names.place(host)
		if got.service && got.bucket != "" || !strings.Contains(host, got.bucket) {
			t.Errorf("%q: got %+v", host, got)
		}
		if _, err := netip.ParseAddr(strings.Trim(withoutPort(host), "[]")); err == nil && got != (place{}) {
			t.Errorf("%q is an address: got %+v", host, got)
		}
		if got.bucket == "" {
			return
		}
		if again := names.place(got.bucket + ".walrus.cloud.example:8773"); again != got {
			t.Errorf("%q: got %+v, but below the cloud's name %+v", host, got, again)
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
		got, err := io.ReadAll(newChunkReader(bytes.NewReader(body), size, nil, true))
		for name, in := range differently(body) {
			again, againErr := readAll(newChunkReader(in, size, nil, true), 1+len(body)%7)
			if !bytes.Equal(got, again) || againErr != err {
				t.Errorf("%q: got %q, %v; %s %q, %v", body, got, err, name, again, againErr)
			}
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
		again, err := io.ReadAll(newChunkReader(strings.NewReader(plain), size, nil, true))
		if !bytes.Equal(got, again) || err != nil {
			t.Errorf("%q: got %q, but written out again %q, %v", body, got, again, err)
		}
	})
}

// differently lists ways in which the bytes of a body may arrive.
func differently(body []byte) map[string]io.Reader {
	return map[string]io.Reader{
		"at once":          bytes.NewReader(body),
		"byte by byte":     iotest.OneByteReader(bytes.NewReader(body)),
		"by halves":        iotest.HalfReader(bytes.NewReader(body)),
		"EOF with a byte":  iotest.DataErrReader(iotest.OneByteReader(bytes.NewReader(body))),
		"EOF with the end": iotest.DataErrReader(bytes.NewReader(body)),
	}
}

// readAll is io.ReadAll, but asks for n bytes at a time.
func readAll(r io.Reader, n int) (all []byte, err error) {
	for buf := make([]byte, n); ; {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestChunkReaderPassesErrorsOn(t *testing.T) {
	torn := errors.New("connection torn")
	for _, before := range []string{"", "5\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\nx"} {
		body := io.MultiReader(strings.NewReader(before), iotest.ErrReader(torn))
		if _, err := io.ReadAll(newChunkReader(body, 5, nil, true)); !errors.Is(err, torn) {
			t.Errorf("after %q: got %v, want %v", before, err, torn)
		}
	}
}

// chain is a chunkChecker whose signatures are short: each is the hash of the
// chunk, or of the trailer, and of the signature before.
type chain struct {
	previous string
	chunks   int
	trailer  bool
}

var errChain = errors.New("wrong signature")

func (c *chain) sign(what string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(c.previous+what)))[:8]
}

func (c *chain) check(what, signature string) error {
	if want := c.sign(what); signature != want || c.trailer {
		return errChain
	}
	c.previous = signature
	return nil
}

// Chunk implements chunkChecker.
func (c *chain) Chunk(sum [sha256.Size]byte, signature string) error {
	c.chunks++
	return c.check(string(sum[:]), signature)
}

// Trailer implements chunkChecker.
func (c *chain) Trailer(canonical, signature string) error {
	err := c.check(canonical, signature)
	c.trailer = true
	return err
}

// signedChunks writes a body of signed chunks.
func signedChunks(trailer string, chunks ...string) string {
	var c chain
	var b strings.Builder
	for _, chunk := range append(chunks, "") {
		sum := sha256.Sum256([]byte(chunk))
		c.previous = c.sign(string(sum[:]))
		fmt.Fprintf(&b, "%x;chunk-signature=%s\r\n%s", len(chunk), c.previous, chunk)
		if chunk != "" {
			b.WriteString("\r\n")
		}
	}
	if trailer != "" {
		fmt.Fprintf(&b, "%s\r\nx-amz-trailer-signature:%s\r\n", trailer, c.sign(trailer+"\n"))
	}
	return b.String() + "\r\n"
}

// FuzzSignedChunks demands of what is accepted that every chunk and the trailer
// were checked, and that all of it was there.
func FuzzSignedChunks(f *testing.F) {
	const field = "x-amz-checksum-crc32:NhCmhg=="
	whole := signedChunks(field, "hel", "lo")
	for _, body := range []string{
		whole,
		signedChunks("", "hello"),
		signedChunks(field, "hello"),
		signedChunks(field),
		strings.Replace(whole, "hel", "heL", 1),
		strings.Replace(whole, "NhC", "NhD", 1),
		strings.Replace(whole, field+"\r\n", "", 1),
		strings.Replace(whole, "\r\nx-amz-trailer", "\n\r\nx-amz-trailer", 1), // as minio-go has it
		whole[:strings.Index(whole, "x-amz-trailer")],
		whole[:len(whole)-10],
		"5\r\nhello\r\n0\r\n\r\n",
	} {
		f.Add([]byte(body), true)
		f.Add([]byte(body), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, trailer bool) {
		var c chain
		got, err := io.ReadAll(newChunkReader(iotest.HalfReader(bytes.NewReader(body)), 5, &c, trailer))
		switch {
		case err != nil && err != errChunks && err != errChain:
			t.Errorf("%q: got error %v", body, err)
		case err == nil && (len(got) != 5 || c.chunks < 2 || c.trailer != trailer):
			t.Errorf("%q: accepted %q after %d chunks, trailer %v", body, got, c.chunks, c.trailer)
		}
	})
}

func TestSignedChunks(t *testing.T) {
	const field = "x-amz-checksum-crc32:NhCmhg=="
	whole := signedChunks(field, "hel", "lo")
	plain := signedChunks("", "hel", "lo")
	for _, c := range []struct {
		name, body string
		trailer    bool
		want       error
	}{
		{"whole", whole, true, nil},
		{"no trailer", plain, false, nil},
		{"lines end as minio-go ends them", strings.Replace(whole, field+"\r\n", field+"\n\r\n", 1), true, nil},
		{"last CRLF missing", whole[:len(whole)-2], true, nil},
		{"other bytes", strings.Replace(whole, "hel", "heL", 1), true, errChain},
		{"other bytes in the last chunk", strings.Replace(plain, "lo", "lO", 1), false, errChain},
		{"other trailer", strings.Replace(whole, "NhC", "NhD", 1), true, errChain},
		{"trailer left out", plain, true, errChain},
		{"trailer that was not announced", whole, false, errChunks},
		{"trailer without a signature", whole[:strings.Index(whole, "x-amz-trailer")], true, errChain},
		{"not signed", "5\r\nhello\r\n0\r\n\r\n", false, errChain},
		{"last chunk not signed", strings.Replace(plain, "0;chunk-signature=", "0;chunk-sig=", 1), false, errChain},
		{"last chunk left out", plain[:strings.Index(plain, "0;chunk")], false, errChunks},
		{"field twice", strings.Replace(whole, field, field+"\r\n"+field, 1), true, errChunks},
	} {
		_, err := io.ReadAll(newChunkReader(strings.NewReader(c.body), 5, &chain{}, c.trailer))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// FuzzXML: each document that a request may carry is the same after it is
// written and read again, and has no more entries than there is text for.
func FuzzXML(f *testing.F) {
	const s3 = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	for kind, documents := range [][]string{
		{
			"<Delete" + s3 + "><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key><VersionId>null</VersionId></Object></Delete>",
			"<Delete><Object><Key></Key></Object><Object/></Delete>",
			"<Delete>" + strings.Repeat("<Object><Key>k</Key></Object>", 1001) + "</Delete>",
			`<!DOCTYPE Delete [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>`,
			"<Delete><Quiet>maybe</Quiet></Delete>", strings.Repeat("<Delete>", 2000),
		},
		{
			"<CompleteMultipartUpload" + s3 + `><Part><PartNumber>1</PartNumber><ETag>"0123"</ETag></Part><Part><ETag> x </ETag><PartNumber>2</PartNumber></Part></CompleteMultipartUpload>`,
			"<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber></Part><Part><PartNumber>99999999999999999999</PartNumber></Part></CompleteMultipartUpload>",
			"<CompleteMultipartUpload/>",
		},
		{
			"<CreateBucketConfiguration" + s3 + "><LocationConstraint>EU</LocationConstraint></CreateBucketConfiguration>",
			"<CreateBucketConstraint><LocationConstraint>a</LocationConstraint><LocationConstraint>b</LocationConstraint></CreateBucketConstraint>",
			"", "\x00", "<a", "<?xml version='1.0' encoding='utf-16'?><a/>",
		},
	} {
		for _, document := range documents {
			f.Add([]byte(document), uint8(kind))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		if len(data) > maxXML {
			return // escaped, it might not be short enough to be read again
		}
		switch kind % 3 {
		case 0:
			d := checkDocument[deletion](t, data)
			checkEntries(t, data, len(d.Objects), "<Object/>")
		case 1:
			c := checkDocument[completion](t, data)
			checkEntries(t, data, len(c.Parts), "<Part/>")
		default:
			checkDocument[newBucket](t, data)
		}
	})
}

// checkDocument reads a document, and what it is written as.
func checkDocument[T any](t *testing.T, data []byte) (first T) {
	t.Helper()
	if err := unmarshalRequest(data, &first); err != nil {
		if err != errMalformedXML {
			t.Errorf("%q: got error %v, want %v", data, err, errMalformedXML)
		}
		return first
	}
	written, err := xml.Marshal(first)
	if err != nil {
		t.Fatalf("%q: got %+v: %v", data, first, err)
	}
	var again T
	if err := unmarshalRequest(written, &again); err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("%q: got %+v, but written out again as %q %+v, %v", data, first, written, again, err)
	}
	return first
}

func unmarshalRequest(data []byte, v any) error {
	r := &request{Request: httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(data))}
	return readXML(r, maxList, v)
}

func checkEntries(t *testing.T, data []byte, got int, shortest string) {
	t.Helper()
	if most := len(data) / len(shortest); got > most {
		t.Errorf("%q: got %d entries, want at most %d", data, got, most)
	}
}
