package cloud

import (
	"context"
	"net/url"
	"strings"
	"time"

	"emikit/cloud/identity"
	"emikit/sign"
)

// Paths at which the doors answer: those of Eucalyptus 1.4 to 2.x, which the
// walk-throughs use, and those of 4.x beside them.
const (
	ec2Path     = "/services/Eucalyptus"
	computePath = "/services/compute"
	s3Path      = "/services/Walrus"

	// bootstrapPath is where euca2ools 3.3 and later ask for the cloud's certificate.
	bootstrapPath = "/services/Empyrean"
)

// presigner makes the URLs by which nodes fetch parts.
type presigner struct {
	base *url.URL           // of the object store, as nodes reach it
	key  identity.AccessKey // of the cloud itself
	now  func() time.Time
}

func (p presigner) presign(_ context.Context, bucket, key string, ttl time.Duration) (string, error) {
	signed, err := sign.PresignV4("GET", objectURL(p.base, bucket, key),
		sign.Credentials{AccessKey: p.key.ID, SecretKey: p.key.Secret},
		sign.Scope{Region: "eucalyptus", Service: "s3"}, ttl, p.now())
	if err != nil {
		return "", err
	}
	return signed.String(), nil
}

// objectURL is an object's URL. Segments of the key stay segments; everything
// else in it is escaped.
func objectURL(base *url.URL, bucket, key string) *url.URL {
	segments := strings.Split(bucket+"/"+key, "/")
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	u := *base
	u.Path = base.Path + "/" + bucket + "/" + key
	u.RawPath = base.EscapedPath() + "/" + strings.Join(escaped, "/")
	return &u
}
