package walrus

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"

	"emikit/cloud/objects"
	"emikit/sign"
)

func isSHA256(payload string) bool {
	_, err := hex.DecodeString(payload)
	return err == nil && len(payload) == hex.EncodedLen(sha256.Size)
}

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

// openBody returns the bytes that a request carries, and what it declares of
// them, which is for the reader to check. Reading the body to its end checks the
// signatures of its chunks, and is needed before a checksum behind it is known.
func openBody(r *request) (io.Reader, objects.PartOptions, error) {
	body, declared, trailer, err := openBytes(r)
	if err != nil {
		return nil, declared, err
	}
	declared.Checksum, declared.Expect, err = declaredChecksum(r.Header, trailer)
	return body, declared, err
}

// openBytes is openBody without the checksum, which may be in the trailer.
func openBytes(r *request) (io.Reader, objects.PartOptions, trailer, error) {
	declared := objects.PartOptions{Size: max(r.ContentLength, 0)}
	var err error
	if declared.MD5, err = declaredMD5(r.Header); err != nil {
		return nil, declared, nil, err
	}
	switch {
	case isSHA256(r.payload):
		declared.SHA256 = r.payload
		return r.Body, declared, noTrailer, nil
	case r.payload == "" || r.payload == sign.UnsignedPayload:
		return r.Body, declared, noTrailer, nil
	}
	if declared.Size, err = decodedLength(r.Header); err != nil {
		return nil, declared, nil, err
	}
	chunks, err := openChunks(r, declared.Size)
	if err != nil {
		return nil, declared, nil, err
	}
	return chunks, declared, chunks.trailer, nil
}

// openChunks undoes aws-chunked of the kind that the payload names. Signed
// chunks need a request whose headers are signed with Version 4.
func openChunks(r *request, size int64) (*chunkReader, error) {
	switch r.payload {
	case sign.StreamingUnsignedTrailer:
		return newChunkReader(r.Body, size, nil, true), nil
	case sign.StreamingPayload, sign.StreamingPayloadTrailer:
		if r.chunks == nil {
			return nil, errBadPayload
		}
		return newChunkReader(r.Body, size, r.chunks, r.payload == sign.StreamingPayloadTrailer), nil
	}
	return nil, errBadPayload
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
