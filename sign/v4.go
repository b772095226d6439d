package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// UnsignedPayload stands for the payload hash of a body that the signature
	// does not cover. S3 accepts it, EC2 does not.
	UnsignedPayload = "UNSIGNED-PAYLOAD"

	// MaxTTL is how long a presigned Version 4 URL may be valid.
	MaxTTL = 7 * 24 * time.Hour

	algorithmV4 = "AWS4-HMAC-SHA256"
	terminator  = "aws4_request"
	amzTime     = "20060102T150405Z"
	amzDate     = "20060102"
	serviceS3   = "s3"
)

// HashPayload is the payload hash of a body: its SHA-256 in lower-case hex.
func HashPayload(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// V4 signs req with Signature Version 4 in its headers: it sets X-Amz-Date,
// Authorization, for S3 X-Amz-Content-Sha256, and with temporary credentials
// X-Amz-Security-Token. payloadHash is HashPayload of the body, or for S3
// UnsignedPayload. Signed are the host and every header that is set by now,
// except those that a transport or a proxy may change.
func V4(req *http.Request, c Credentials, s Scope, payloadHash string, now time.Time) error {
	if err := c.check(); err != nil {
		return err
	}
	params, err := parseQuery(req.URL.RawQuery)
	if err != nil {
		return err
	}
	stamp := now.UTC()
	req.Header.Set("X-Amz-Date", stamp.Format(amzTime))
	if c.SessionToken != "" {
		req.Header.Set("X-Amz-Security-Token", c.SessionToken)
	}
	if s.Service == serviceS3 {
		req.Header.Set("X-Amz-Content-Sha256", payloadHash)
	}
	signed := signedHeaders(req.Header)
	canonical := canonicalV4{
		method:  req.Method,
		path:    canonicalPath(req.URL.EscapedPath(), s.Service),
		query:   canonicalQuery(params),
		headers: canonicalHeaders(req, signed),
		signed:  strings.Join(signed, ";"),
		payload: payloadHash,
	}
	req.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		algorithmV4, c.AccessKey, s.credential(stamp), canonical.signed,
		hex.EncodeToString(s.signature(c.SecretKey, stamp, canonical))))
	return nil
}

// PresignV4 returns u with a Version 4 signature in its query, valid for ttl,
// which is cut to whole seconds and may be at most MaxTTL. The host is the only
// signed header; for S3 the body is not signed, elsewhere it must be empty.
func PresignV4(method string, u *url.URL, c Credentials, s Scope, ttl time.Duration, now time.Time) (*url.URL, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if ttl < time.Second || ttl > MaxTTL {
		return nil, fmt.Errorf("presigned URL: validity of %s is not between 1s and %s", ttl, MaxTTL)
	}
	params, err := parseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	stamp := now.UTC()
	params = append(params,
		param{"X-Amz-Algorithm", algorithmV4},
		param{"X-Amz-Credential", c.AccessKey + "/" + s.credential(stamp)},
		param{"X-Amz-Date", stamp.Format(amzTime)},
		param{"X-Amz-Expires", strconv.Itoa(int(ttl / time.Second))},
		param{"X-Amz-SignedHeaders", "host"},
	)
	if c.SessionToken != "" {
		params = append(params, param{"X-Amz-Security-Token", c.SessionToken})
	}
	canonical := canonicalV4{
		method:  method,
		path:    canonicalPath(u.EscapedPath(), s.Service),
		query:   canonicalQuery(params),
		headers: "host:" + u.Host + "\n",
		signed:  "host",
		payload: presignedPayload(s.Service),
	}
	signed := *u
	signed.RawQuery = canonical.query + "&X-Amz-Signature=" +
		hex.EncodeToString(s.signature(c.SecretKey, stamp, canonical))
	return &signed, nil
}

// presignedPayload is the payload hash of a presigned request, which was signed
// before there was a body.
func presignedPayload(service string) string {
	if service == serviceS3 {
		return UnsignedPayload
	}
	return HashPayload(nil)
}

// canonicalV4 holds the six parts of a canonical request.
type canonicalV4 struct {
	method, path, query string
	headers             string // each line with its newline
	signed              string // names, joined by semicolons
	payload             string
}

func (c canonicalV4) hash() string {
	return HashPayload([]byte(strings.Join(
		[]string{c.method, c.path, c.query, c.headers, c.signed, c.payload}, "\n")))
}

// credential is the scope in the form that follows the access key.
func (s Scope) credential(stamp time.Time) string {
	return strings.Join([]string{stamp.Format(amzDate), s.Region, s.Service, terminator}, "/")
}

// signature signs the canonical request with the day's signing key.
func (s Scope) signature(secret string, stamp time.Time, c canonicalV4) []byte {
	toSign := strings.Join([]string{algorithmV4, stamp.Format(amzTime), s.credential(stamp), c.hash()}, "\n")
	return hmacSHA256(s.key(secret, stamp), toSign)
}

// key is the signing key of a day.
func (s Scope) key(secret string, stamp time.Time) []byte {
	key := []byte("AWS4" + secret)
	for _, step := range []string{stamp.Format(amzDate), s.Region, s.Service, terminator} {
		key = hmacSHA256(key, step)
	}
	return key
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// canonicalPath is the path to sign for an escaped one. S3 keys are opaque, so
// only the way of escaping is made uniform, which leaves %2F apart from a slash;
// for other services dot segments and double slashes go away, and the path is
// escaped twice.
func canonicalPath(wire, service string) string {
	segments := strings.Split(orSlash(wire), "/")
	for i, segment := range segments {
		if decoded, err := url.PathUnescape(segment); err == nil {
			segment = decoded
		}
		segments[i] = escape(segment)
	}
	once := strings.Join(segments, "/")
	if service == serviceS3 {
		return once
	}
	return escapePath(cleanPath(once))
}

func cleanPath(p string) string {
	clean := path.Clean("/" + p)
	if clean != "/" && strings.HasSuffix(p, "/") {
		clean += "/"
	}
	return clean
}

// signedHeaders lists what V4 signs of h, in lower case, sorted.
func signedHeaders(h http.Header) []string {
	names := []string{"host"}
	for name := range h {
		if name = strings.ToLower(name); !volatile(name) && name != "host" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// volatile reports whether a header, in lower case, may legitimately change
// between the signer and the server, or is only set by the transport.
func volatile(name string) bool {
	switch name {
	case "authorization", "user-agent", "accept-encoding", "content-length", "expect", "x-amzn-trace-id",
		"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
		"proxy-authorization", "proxy-connection", "via", "x-forwarded-for":
		return true
	}
	return false
}

func canonicalHeaders(r *http.Request, names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	return b.String()
}
