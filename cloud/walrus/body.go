package walrus

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"emikit/cloud/objects"
)

// The words that x-amz-content-sha256 may have instead of a hash.
const (
	unsignedPayload  = "UNSIGNED-PAYLOAD"
	unsignedTrailer  = "STREAMING-UNSIGNED-PAYLOAD-TRAILER" // aws-chunked, chunks not signed
	streamingPayload = "STREAMING-"
)

var sha256Hex = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)

func isSHA256(payload string) bool { return sha256Hex.MatchString(payload) }

// clientBody marks the errors of reading what a client sends, which are its own
// and not the store's.
type clientBody struct{ io.ReadCloser }

// Read implements [io.Reader].
func (b clientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	return n, err
}

type bodyError struct{ error }

func (e *bodyError) Unwrap() error { return e.error }

// openBody returns the bytes of the object that a PUT carries, and what the
// request declares of them and wants kept. Reading the body to its end checks
// the checksums that only this protocol has.
func openBody(r *request) (io.Reader, objects.PutOptions, error) {
	options := objects.PutOptions{
		Size:       max(r.ContentLength, 0),
		ACL:        r.Header.Get("X-Amz-Acl"),
		Attributes: attributes(r.Header),
	}
	var err error
	if options.MD5, err = declaredMD5(r.Header); err != nil {
		return nil, options, err
	}
	body := io.Reader(r.Body)
	trailer := noTrailer
	switch {
	case isSHA256(r.payload):
		options.SHA256 = r.payload
	case r.payload == unsignedTrailer:
		if options.Size, err = decodedLength(r.Header); err != nil {
			return nil, options, err
		}
		chunks := newChunkReader(r.Body, options.Size)
		body, trailer = chunks, chunks.trailer
	case strings.HasPrefix(r.payload, streamingPayload):
		return nil, options, errChunkSigned
	case r.payload != "" && r.payload != unsignedPayload:
		return nil, options, errBadPayload
	}
	body, err = withChecksum(body, r.Header, trailer)
	return body, options, err
}

// declaredMD5 is the Content-MD5 in hex, or "".
func declaredMD5(header http.Header) (string, error) {
	text := header.Get("Content-Md5")
	if text == "" {
		return "", nil
	}
	sum, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sum) != md5.Size {
		return "", errBadMD5Header
	}
	return hex.EncodeToString(sum), nil
}

// decodedLength is the size of the object inside of aws-chunked, in bytes.
func decodedLength(header http.Header) (int64, error) {
	n, err := strconv.ParseInt(header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || n < 0 {
		return 0, &fault{http.StatusLengthRequired, "MissingContentLength", "x-amz-decoded-content-length is not a number of bytes."}
	}
	return n, nil
}
