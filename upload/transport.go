package upload

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"emikit/reach"
	"emikit/sign"
)

// signer is the transport below minio-go: it puts the endpoint's path before
// the bucket, signs, and says in its own words what went wrong on the way.
type signer struct {
	base        http.RoundTripper
	endpoint    *url.URL
	credentials sign.Credentials
	region      atomic.Pointer[string] // what Version 4 signs for
	version     int
	log         *slog.Logger
}

// payloadKey is the context key under which the SHA-256 of the body travels
// from put to the signer, through minio-go.
type payloadKey struct{}

func withPayloadHash(ctx context.Context, hash string) context.Context {
	return context.WithValue(ctx, payloadKey{}, hash)
}

// payloadHash is what Version 4 signs of the body. A body whose hash was not
// computed is only ever sent over TLS.
func payloadHash(r *http.Request) string {
	if hash, ok := r.Context().Value(payloadKey{}).(string); ok && hash != "" {
		return hash
	}
	if r.Body == nil || r.Body == http.NoBody {
		return sign.HashPayload(nil)
	}
	return sign.UnsignedPayload
}

// RoundTrip sends a signed copy of the request.
func (t *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	signed := r.Clone(r.Context())
	signed.URL.RawPath = t.endpoint.EscapedPath() + r.URL.EscapedPath()
	signed.URL.Path = t.endpoint.Path + r.URL.Path
	signed.Header.Set("User-Agent", "emikit")
	if err := t.sign(signed); err != nil {
		return nil, err
	}
	start := time.Now()
	resp, err := t.base.RoundTrip(signed)
	t.tell(signed, resp, err, time.Since(start))
	if err != nil {
		return nil, &ConnectError{Endpoint: t.endpoint.Scheme + "://" + t.endpoint.Host, Err: err}
	}
	mendDate(resp.Header)
	if err := t.checkForeign(resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// checkForeign tells an answer that is not an object store's from a refusal:
// minio-go takes every 404 for a bucket or an object that does not exist.
func (t *signer) checkForeign(resp *http.Response) error {
	if !reach.Foreign(resp.StatusCode) || resp.Request.Method == http.MethodHead {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil || len(bytes.TrimSpace(body)) == 0 || isRefusal(body) {
		return nil
	}
	return &ConnectError{Endpoint: t.endpoint.String(),
		Err: &reach.ForeignError{Service: service(), Status: resp.StatusCode, Body: body}}
}

// isRefusal reports whether a document is what object stores refuse with.
func isRefusal(document []byte) bool {
	for tokens := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := tokens.Token()
		if err != nil {
			return false
		}
		if root, ok := token.(xml.StartElement); ok {
			return root.Name.Local == "Error"
		}
	}
}

// tell logs a request without its query, in which there may be a signature.
func (t *signer) tell(r *http.Request, resp *http.Response, err error, took time.Duration) {
	where := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}
	request := t.log.With("method", r.Method, "url", where.String(), "took", took)
	if err != nil {
		request.DebugContext(r.Context(), "s3", "error", err)
		return
	}
	request.DebugContext(r.Context(), "s3", "status", resp.StatusCode, "sent", max(0, r.ContentLength), "received", max(0, resp.ContentLength))
}

// mendDate gives an answer a Last-Modified that minio-go can read. It refuses an
// object without one, which nobody here wants to know; Walrus 1.x wrote others.
func mendDate(h http.Header) {
	if _, err := http.ParseTime(h.Get("Last-Modified")); err != nil {
		h.Set("Last-Modified", time.Unix(0, 0).UTC().Format(http.TimeFormat))
	}
}

func (t *signer) sign(r *http.Request) error {
	switch {
	case t.credentials == (sign.Credentials{}):
		return nil
	case t.version == 2:
		return sign.V2S3(r, t.credentials, time.Now())
	}
	scope := sign.Scope{Region: *t.region.Load(), Service: "s3"}
	return sign.V4(r, t.credentials, scope, payloadHash(r), time.Now())
}

// defaultTransport honours the proxy variables and the system's certificates
// (SSL_CERT_FILE), keeps a connection for each job, and gives up on a server
// that takes a request and never answers. It speaks HTTP/1.1: HTTP/2 would send all
// parts through one connection.
func defaultTransport(jobs int, insecure bool) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: insecure}
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, jobs // of one host only
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.DisableCompression = true
	t.ResponseHeaderTimeout = 2 * time.Minute
	return t
}
