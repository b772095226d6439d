package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"emikit/manifest"
)

// stallTimeout is how long a server may send nothing before a fetch is given
// up.
const stallTimeout = time.Minute

// errStalled means that a server stopped sending.
var errStalled = fmt.Errorf("the object store sent nothing for %s", stallTimeout)

// newClient fetches parts from the addresses in their URLs and from nowhere else:
// a presigned URL is not for a proxy to see, and an object store that points
// elsewhere is not the one that the cloud meant.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: stallTimeout}).DialContext,
			TLSHandshakeTimeout:   stallTimeout,
			ResponseHeaderTimeout: stallTimeout,
			IdleConnTimeout:       stallTimeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// source fetches parts by their URLs. Its errors name parts, never URLs, which
// are signed.
type source struct {
	http  *http.Client
	parts []PartURL     // by index
	pause time.Duration // before the first retry
}

func newSource(client *http.Client, parts []PartURL, pause time.Duration) *source {
	return &source{http: client, parts: parts, pause: pause}
}

// Open implements bundle.Source. A part whose server or connection fails is
// asked for again, a few times; what has come of it stays.
func (s *source) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	p := s.parts[part.Index]
	b := &body{http: s.http, part: p, left: p.Size, retries: retries{pause: s.pause}}
	b.ctx, b.cancel = context.WithCancelCause(ctx)
	b.stall = time.AfterFunc(stallTimeout, func() { b.cancel(errStalled) })
	if err := b.connect(); err != nil {
		err = fmt.Errorf("part %s: %w", p.Name, withoutURL(b.ctx, err))
		b.stall.Stop()
		b.cancel(nil)
		return nil, err
	}
	return b, nil
}

// get asks for a part from an offset on, and refuses every answer but all of
// that.
func get(ctx context.Context, client *http.Client, p PartURL, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are stored
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if err := checkResponse(resp, p, from); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

func checkResponse(resp *http.Response, p PartURL, from int64) error {
	wanted := http.StatusOK
	if from > 0 {
		wanted = http.StatusPartialContent
	}
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("the object store does not have it (HTTP 404): %w", fs.ErrNotExist)
	case resp.StatusCode != wanted:
		return &statusError{resp.StatusCode}
	case resp.ContentLength >= 0 && resp.ContentLength != p.Size-from:
		return &partSizeError{want: p.Size, got: from + resp.ContentLength}
	}
	return nil
}

// withoutURL drops what package net/http says about a request, and prefers why
// a context ended to the fact that it did.
func withoutURL(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// body is a part that is being fetched. It is exactly as long as it should be,
// or ends in an error.
type body struct {
	io.ReadCloser
	http    *http.Client
	ctx     context.Context // of the requests
	cancel  context.CancelCauseFunc
	stall   *time.Timer // runs while a server is waited for
	part    PartURL
	left    int64
	retries retries
}

// connect asks for what is left of the part, again if need be.
func (b *body) connect() error {
	for {
		b.stall.Reset(stallTimeout)
		resp, err := get(b.ctx, b.http, b.part, b.part.Size-b.left)
		b.stall.Stop() // the reader may take its time
		if err == nil {
			b.ReadCloser = resp.Body
			return nil
		}
		if err := b.retries.wait(b.ctx, err); err != nil {
			return err
		}
	}
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.stall.Reset(stallTimeout)
	n, err := b.ReadCloser.Read(p)
	b.stall.Stop()
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return 0, &partSizeError{want: b.part.Size, got: b.part.Size - b.left}
	case errors.Is(err, io.EOF) && b.left > 0:
		return n, &partSizeError{want: b.part.Size, got: b.part.Size - b.left}
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	}
	if b.left > 0 {
		err = b.resume(err)
	}
	if err != nil {
		err = withoutURL(b.ctx, err)
	}
	return n, err
}

// resume goes on where a connection broke.
func (b *body) resume(broken error) error {
	if err := b.retries.wait(b.ctx, broken); err != nil {
		return err
	}
	_ = b.ReadCloser.Close() // it is broken
	return b.connect()
}

// Close implements [io.Closer].
func (b *body) Close() error {
	b.stall.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}

// partSizeError says that a part is not as long as its record.
type partSizeError struct{ want, got int64 }

func (e *partSizeError) Error() string {
	return fmt.Sprintf("part size does not match (expected size: %d, read: %d)", e.want, e.got)
}
