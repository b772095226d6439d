package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// What stands for the payload hash of a body in aws-chunked: its chunks are
// signed, its chunks and a trailer are, or nothing of it is and there is a
// trailer (Amazon S3 API reference, "Authenticating Requests", 2022).
const (
	StreamingPayload         = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingPayloadTrailer  = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// Chunks checks the signatures of a body's chunks, in their order. Each covers
// the one before it, and the first that of the request's headers, so that no
// chunk can be changed, moved, left out or taken from another request.
type Chunks struct {
	key      []byte // of the day
	stamp    string
	scope    string
	previous string // the signature before, in hex
}

func (p *proofV4) chunks() *Chunks {
	made := p.made.UTC()
	return &Chunks{
		key:      p.scope.key(p.secret, made),
		stamp:    made.Format(amzTime),
		scope:    p.scope.credential(made),
		previous: hex.EncodeToString(p.signature),
	}
}

// Chunk checks the signature, in hex, of the next chunk, of which it is given
// the SHA-256. The last chunk is empty. A refusal is an *Error; after one, there
// is nothing more to check.
func (c *Chunks) Chunk(sum [sha256.Size]byte, signature string) error {
	return c.check(signature, "AWS4-HMAC-SHA256-PAYLOAD", c.stamp, c.scope, c.previous,
		HashPayload(nil), hex.EncodeToString(sum[:]))
}

// Trailer checks the signature of the trailer, which comes behind the last
// chunk. Its canonical form is a line NAME:VALUE\n for each field, in lower
// case and sorted.
func (c *Chunks) Trailer(canonical, signature string) error {
	return c.check(signature, "AWS4-HMAC-SHA256-TRAILER", c.stamp, c.scope, c.previous,
		HashPayload([]byte(canonical)))
}

func (c *Chunks) check(signature string, toSign ...string) error {
	want := hmacSHA256(c.key, strings.Join(toSign, "\n"))
	got, err := hex.DecodeString(signature)
	if err != nil || !hmac.Equal(got, want) {
		return s3Rules().mismatch
	}
	c.previous = hex.EncodeToString(want)
	return nil
}
