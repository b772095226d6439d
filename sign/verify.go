package sign

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Lookup finds the secret key that belongs to an access key. It returns
// ErrUnknownKey when nobody has that key.
type Lookup func(ctx context.Context, accessKey string) (secret string, err error)

// Identity is who signed an S3 request, and what the signature says of the
// body.
type Identity struct {
	// AccessKey is empty when the request carries no credentials at all.
	AccessKey string
	// PayloadHash is empty for Version 2, which covers no body. For Version 4
	// it is 64 hex digits, the SHA-256 that the body must have; or
	// UnsignedPayload; or it begins with "STREAMING-": the body comes in the
	// chunks of aws-chunked, which whoever reads it must undo or refuse.
	PayloadHash string
	// Chunks checks the chunks of a body whose PayloadHash is StreamingPayload or
	// StreamingPayloadTrailer; otherwise, and in presigned URLs, it is nil.
	Chunks *Chunks
}

// Verifier checks who signed a request. A refusal is an *Error with the code
// that the service of AWS uses; any other error comes from Lookup.
type Verifier struct {
	Lookup Lookup
	// Now is when the request arrived; the times that it names are compared
	// with it. A request is good for as long as its time allows, as often as it
	// comes: signatures that were seen are not remembered, as at AWS.
	Now time.Time
	// RefuseV2 refuses what Version 2 signed, before anything is looked up. For
	// S3 it covers neither the body nor the Host: over plain HTTP, whoever can
	// change a request on its way can put another body there.
	RefuseV2 bool
}

// examination is one request under it.
type examination struct {
	rules
	Verifier
	r      *http.Request
	params []param // of the URL's query
}

// Query checks who signed an EC2 Query request: with Version 4 in the headers
// or in the URL, or with Version 2 in form. form holds the parameters of URL
// and body as they will be acted on; body is the whole body as it was received.
func (by Verifier) Query(ctx context.Context, r *http.Request, form url.Values, body []byte) (accessKey string, err error) {
	v := examination{rules: queryRules(), Verifier: by, r: r}
	if v.params, err = parseQuery(r.URL.RawQuery); err != nil {
		return "", v.malformed(err.Error())
	}
	header, presigned := r.Header["Authorization"], claimsV4(v.params)
	inForm := form.Has("AWSAccessKeyId") || form.Has("Signature")
	switch {
	case moreThanOne(len(header) > 0, presigned, inForm):
		return "", v.twice
	case len(header) > 0 || presigned:
		proof, err := v.byV4(ctx, presigned, HashPayload(body))
		if err != nil {
			return "", err
		}
		return proof.accessKey, nil
	case inForm:
		return v.formV2(ctx, form)
	}
	return "", refuse(http.StatusBadRequest, "MissingParameter", "The request must contain the parameter AWSAccessKeyId")
}

// S3 checks who signed an S3 request: with Version 2 or 4, in the headers or in
// the URL. bucket is empty when it is in the path; when it was taken from the
// Host, Version 2 signs it as the first segment of the path. A request without
// any credentials is nobody's: it yields the zero Identity.
//
// The body is not read. Whoever reads it compares it with the PayloadHash.
func (by Verifier) S3(ctx context.Context, r *http.Request, bucket string) (id Identity, err error) {
	v := examination{rules: s3Rules(), Verifier: by, r: r}
	if v.params, err = parseQuery(r.URL.RawQuery); err != nil {
		return Identity{}, refuse(http.StatusBadRequest, "InvalidURI", err.Error())
	}
	header, presigned, query := r.Header["Authorization"], claimsV4(v.params), claimsV2(v.params)
	switch {
	case moreThanOne(len(header) > 0, presigned, query):
		return Identity{}, v.twice
	case v.RefuseV2 && (query || len(header) > 0 && strings.HasPrefix(header[0], "AWS ")):
		return Identity{}, v.version2
	case len(header) > 0 && strings.HasPrefix(header[0], "AWS "):
		id.AccessKey, err = v.headerV2(ctx, bucket)
	case query:
		id.AccessKey, err = v.presignedV2(ctx, bucket)
	case len(header) > 0 && !strings.HasPrefix(header[0], algorithmV4+" "):
		return Identity{}, refuse(http.StatusBadRequest, "InvalidArgument", "Unsupported Authorization Type")
	case len(header) > 0 || presigned:
		id, err = v.s3V4(ctx, presigned)
	}
	if err != nil {
		return Identity{}, err
	}
	return id, nil
}

func moreThanOne(conditions ...bool) bool {
	first := slices.Index(conditions, true)
	return first >= 0 && slices.Contains(conditions[first+1:], true)
}

// s3V4 checks a Version 4 request for S3, where the client says in a header,
// or in a presigned URL, what the body's hash is.
func (v examination) s3V4(ctx context.Context, presigned bool) (Identity, error) {
	payload, err := v.statedPayload(presigned)
	if err != nil {
		return Identity{}, err
	}
	proof, err := v.byV4(ctx, presigned, payload)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{AccessKey: proof.accessKey, PayloadHash: payload}
	if !presigned && (payload == StreamingPayload || payload == StreamingPayloadTrailer) {
		id.Chunks = proof.chunks()
	}
	return id, nil
}

// byV4 checks a Version 4 signature in the headers or in the URL.
func (v examination) byV4(ctx context.Context, presigned bool, payload string) (*proofV4, error) {
	if presigned {
		return v.presignedV4(ctx, payload)
	}
	return v.headerV4(ctx, payload)
}

func (v examination) statedPayload(presigned bool) (string, error) {
	const name = "X-Amz-Content-Sha256"
	if len(v.r.Header.Values(name)) > 1 {
		return "", v.malformed(name + " is given more than once")
	}
	stated := v.r.Header.Get(name)
	if presigned {
		inQuery, found, err := single(v.params, name)
		switch {
		case err != nil:
			return "", v.malformed(err.Error())
		case found:
			stated = inQuery
		case stated == "":
			stated = UnsignedPayload
		}
	}
	if stated == "" {
		return "", refuse(http.StatusBadRequest, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	}
	if !payloadHash(stated) {
		return "", refuse(http.StatusBadRequest, "InvalidArgument",
			"x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- value, or a valid sha256 value.")
	}
	return stated, nil
}

func payloadHash(s string) bool {
	if s == UnsignedPayload || strings.HasPrefix(s, "STREAMING-") {
		return true
	}
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// secret finds the secret key, or refuses.
func (v examination) secret(ctx context.Context, accessKey string) (string, error) {
	secret, err := v.Lookup(ctx, accessKey)
	if errors.Is(err, ErrUnknownKey) {
		return "", v.unknownKey
	}
	if err != nil {
		return "", fmt.Errorf("look up access key: %w", err)
	}
	return secret, nil
}

// onTime refuses a request that was made too long ago, or in the future.
func (v examination) onTime(made time.Time) error {
	if v.Now.Sub(made).Abs() > v.skew {
		return v.skewed
	}
	return nil
}

// matches compares a signature with each that the request may have. It always
// computes and compares all of them.
func matches(signature []byte, candidates [][]byte) bool {
	found := false
	for _, c := range candidates {
		if hmac.Equal(signature, c) {
			found = true
		}
	}
	return found
}

// unique returns what is in list, each once, in order.
func unique(list ...string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
