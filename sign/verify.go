package sign

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Lookup finds the secret key that belongs to an access key. It returns
// ErrUnknownKey when nobody has that key.
type Lookup func(ctx context.Context, accessKey string) (secret string, err error)

// Identity is who signed an S3 request, and what it says about the body.
type Identity struct {
	// AccessKey is empty when the request carries no credentials at all.
	AccessKey   string
	PayloadHash string
}

func VerifyQuery(ctx context.Context, r *http.Request, form url.Values, body []byte, lookup Lookup, now time.Time) (accessKey string, err error) {
	return "", ErrUnknownKey
}

func VerifyS3(ctx context.Context, r *http.Request, lookup Lookup, now time.Time) (Identity, error) {
	return Identity{}, ErrUnknownKey
}
