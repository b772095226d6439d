package upload

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"emikit/reach"
	"emikit/sign"
)

// signer is the transport below minio-go: it finds where a bucket is, puts the
// endpoint's path before it, signs, and says in its own words what went wrong on the
// way, and of a refusal why.
type signer struct {
	base        http.RoundTripper
	endpoint    *url.URL
	credentials sign.Credentials
	region      atomic.Pointer[string] // what Version 4 signs for
	places      places                 // of buckets that are elsewhere
	virtual     bool                   // buckets are asked for at hosts of their own
	addressing  Addressing
	clock       reach.Clock
	version     int
	silence     time.Duration
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

// RoundTrip sends a signed copy of the request. An answer that is no success is an
// *Error; what is no answer of an object store's is a *ConnectError.
func (t *signer) RoundTrip(r *http.Request) (*http.Response, error) {
	bucket := bucketOf(r.URL.Path)
	at, ahead := t.place(bucket), t.clock.Ahead()
	ctx, watch := watchOver(r.Context(), t.silence)
	resp, err := t.send(r.Clone(ctx), at, watch)
	if err == nil {
		resp.Body = watch.receiving(resp.Body)
		err = t.judge(r, resp, at)
	}
	if refusal, ours := err.(*Error); ours { // not one that ended the context: that is of another request
		refusal.bucket, refusal.signedAhead = bucket, ahead
	}
	if err != nil {
		if resp != nil {
			resp.Body.Close()
		}
		watch.end()
		return nil, &carried{err}
	}
	mendDate(resp.Header)
	return resp, nil
}

// send sends a request, which it changes.
func (t *signer) send(r *http.Request, at place, w *watch) (*http.Response, error) {
	if err := t.prepare(r, at); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	r.Body = w.sending(r.Body)
	start := time.Now()
	resp, err := t.base.RoundTrip(r)
	t.tell(r, resp, err, time.Since(start))
	if err != nil {
		return nil, &ConnectError{Endpoint: at.scheme + "://" + r.URL.Host, Err: w.why(err), virtual: at.virtual}
	}
	return resp, nil
}

// prepare addresses and signs a request for /BUCKET/KEY.
func (t *signer) prepare(r *http.Request, at place) error {
	bucket := bucketOf(r.URL.Path)
	host := at.host
	if at.virtual {
		host = bucket + "." + at.host
		moveBucket(r.URL, bucket)
	}
	r.URL.RawPath = t.endpoint.EscapedPath() + r.URL.EscapedPath()
	r.URL.Path = t.endpoint.Path + r.URL.Path
	r.URL.Scheme, r.URL.Host, r.Host = at.scheme, host, host
	r.Header.Set("User-Agent", "emikit")
	if at.virtual && t.version == 2 {
		return t.signBehind(r, bucket)
	}
	return t.sign(r, at.region)
}

// signBehind signs with Version 2 a request at the host of a bucket, as if the bucket
// stood before its path: Version 2 does not sign hosts.
func (t *signer) signBehind(r *http.Request, bucket string) error {
	sent := r.URL
	r.URL = &url.URL{Path: "/" + bucket + sent.Path, RawPath: "/" + bucket + sent.EscapedPath(), RawQuery: sent.RawQuery}
	defer func() { r.URL = sent }()
	return t.sign(r, "")
}

// tell logs a request without its query, in which there may be a signature.
func (t *signer) tell(r *http.Request, resp *http.Response, err error, took time.Duration) {
	where := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}
	request := t.log.With("method", r.Method, "url", where.String(), "took", took)
	if err != nil {
		request.DebugContext(r.Context(), "s3", "error", reach.Cause(err)) // no address of a proxy with its password
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

func (t *signer) sign(r *http.Request, region string) error {
	switch {
	case t.credentials == (sign.Credentials{}):
		return nil
	case t.version == 2:
		return sign.V2S3(r, t.credentials, t.clock.Now())
	}
	scope := sign.Scope{Region: region, Service: "s3"}
	return sign.V4(r, t.credentials, scope, payloadHash(r), t.clock.Now())
}

// defaultTransport honours the proxy variables and keeps a connection for each job.
// That a server takes a request and never answers is noticed by a watch.
func defaultTransport(jobs int, o reach.Options) *reach.Transport {
	o.Connections = jobs
	t := reach.NewTransport(o)
	t.DisableCompression = true
	t.WriteBufferSize, t.ReadBufferSize = ioBuffer, ioBuffer
	return t
}

// ioBuffer is what is read from, or written to, a connection at once, in bytes: with
// net/http's 4 KiB the system calls take as long as the hashing.
const ioBuffer = 64 << 10
