package walrus

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strings"
)

// checksumPrefix begins the names of headers and trailers with a checksum.
const checksumPrefix = "x-amz-checksum-"

// crc64NVME is the polynomial of the NVM Express specification, bits reversed.
const crc64NVME = 0x9a6c9329ac4bc9b5

// newChecksum makes the hash that a header x-amz-checksum-NAME is about.
func newChecksum(name string) (hash.Hash, error) {
	switch name {
	case "crc32":
		return crc32.NewIEEE(), nil
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli)), nil
	case "crc64nvme":
		return crc64.New(crc64.MakeTable(crc64NVME)), nil
	case "sha1":
		return sha1.New(), nil
	case "sha256":
		return sha256.New(), nil
	}
	return nil, errBadChecksum
}

// trailer is what comes behind a body, once it was read: the value of a field,
// or "".
type trailer func(name string) string

func noTrailer(string) string { return "" }

// withChecksum checks the body, as it is read, against the checksum that the
// request has in a header or announces for its trailer. There may be one.
func withChecksum(body io.Reader, header http.Header, behind trailer) (io.Reader, error) {
	names := checksums(header)
	value := func(name string) string { return header.Get(name) }
	for _, announced := range header.Values("X-Amz-Trailer") {
		names = append(names, strings.TrimPrefix(strings.ToLower(strings.TrimSpace(announced)), checksumPrefix))
		value = behind
	}
	switch len(names) {
	case 0:
		return body, nil
	case 1:
		sum, err := newChecksum(names[0])
		want := func() string { return value(checksumPrefix + names[0]) }
		return &checkedReader{body: body, sum: sum, want: want}, err
	}
	return nil, errBadChecksum
}

// checksums are the names of the checksums that the headers give a value of.
func checksums(header http.Header) (names []string) {
	for field := range header {
		name, ok := strings.CutPrefix(strings.ToLower(field), checksumPrefix)
		if ok && name != "type" && name != "algorithm" && name != "mode" { // these say how, not what
			names = append(names, name)
		}
	}
	return names
}

// checkedReader ends with errChecksum instead of io.EOF when the bytes that
// went through it do not have the wanted sum.
type checkedReader struct {
	body io.Reader
	sum  hash.Hash
	want func() string // base64; asked at the end
}

func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && base64.StdEncoding.EncodeToString(c.sum.Sum(nil)) != c.want() {
		err = errChecksum
	}
	return n, err
}
