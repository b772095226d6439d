package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"emikit/manifest"
)

const (
	// version of the format. A journal of another one is begun anew.
	version = 1
	// maxSize is the largest journal that is read or written, in bytes. The largest
	// manifest has about 40 000 parts, and a receipt takes some 200.
	maxSize = 16 << 20
	// maxETag is the longest ETag that is noted, in bytes. They have 34, mostly.
	maxETag = 256
)

// Target is what a journal is of: a manifest, and where its parts go.
type Target struct {
	// Endpoint is the store's URL, without credentials.
	Endpoint string
	// Bucket and Prefix are where in it.
	Bucket, Prefix string
	// Manifest is the SHA-256 of the manifest's bytes. A bundle that was made anew has
	// another one.
	Manifest [sha256.Size]byte
}

// A Receipt says that a store has taken a part.
type Receipt struct {
	// Part is its name, Digest and Size what was sent.
	Part   string          `json:"part"`
	Digest manifest.Digest `json:"sha1"`
	Size   int64           `json:"size"`
	// ETag is what the store has called the object, without quotes.
	ETag string `json:"etag"`
	// ACL is the canned ACL it was sent with; empty: none.
	ACL string `json:"acl,omitempty"`
}

// header is the first line.
type header struct {
	Version  int    `json:"emikit_upload"`
	Endpoint string `json:"endpoint"`
	Bucket   string `json:"bucket"`
	Prefix   string `json:"prefix"`
	Manifest string `json:"manifest_sha256"`
}

func (t Target) header() header {
	return header{version, t.Endpoint, t.Bucket, t.Prefix, hex.EncodeToString(t.Manifest[:])}
}

// parse reads a journal of t. used is the length of what can be read, of which the
// last line may have been cut short when its writer was killed: the rest is to be
// dropped. It is 0 if the journal is of something else.
func parse(data []byte, t Target) (receipts []Receipt, used int) {
	var is header
	if used = readLine(data, &is); used == 0 || is != t.header() {
		return nil, 0
	}
	for {
		var r Receipt
		n := readLine(data[used:], &r)
		if n == 0 || !r.valid() {
			return receipts, used
		}
		receipts = append(receipts, r)
		used += n
	}
}

// readLine reads a line into v and returns its length, or 0.
func readLine(data []byte, v any) int {
	line, _, complete := bytes.Cut(data, []byte("\n"))
	if !complete || json.Unmarshal(line, v) != nil {
		return 0
	}
	return len(line) + 1
}

// valid says whether a receipt is one that Add would note.
func (r Receipt) valid() bool {
	return r.Part != "" && r.Size >= 0 && r.ETag != "" && len(r.ETag) <= maxETag
}

// line is v as a line of the file.
func line(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	return append(data, '\n'), err
}
