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
	parts []PartURL // by index
}

func newSource(client *http.Client, parts []PartURL) *source {
	return &source{http: client, parts: parts}
}

// Open implements bundle.Source.
func (s *source) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	p := s.parts[part.Index]
	ctx, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	resp, err := s.get(ctx, p)
	stall.Stop()
	if err != nil {
		defer cancel(nil)
		return nil, fmt.Errorf("part %s: %w", p.Name, withoutURL(ctx, err))
	}
	return &body{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, stall: stall, part: p, left: p.Size}, nil
}

// get asks for a part and refuses every answer but the whole of it.
func (s *source) get(ctx context.Context, p PartURL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are stored
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	err = checkResponse(resp, p)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

func checkResponse(resp *http.Response, p PartURL) error {
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("the object store does not have it (HTTP 404): %w", fs.ErrNotExist)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the object store answered HTTP %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	case resp.ContentLength >= 0 && resp.ContentLength != p.Size:
		return &partSizeError{want: p.Size, got: resp.ContentLength}
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
	ctx    context.Context // of the request
	cancel context.CancelCauseFunc
	stall  *time.Timer
	part   PartURL
	left   int64
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.stall.Reset(stallTimeout)
	n, err := b.ReadCloser.Read(p)
	b.stall.Stop() // the reader may take its time
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return 0, &partSizeError{want: b.part.Size, got: b.part.Size - b.left}
	case errors.Is(err, io.EOF) && b.left > 0:
		return n, &partSizeError{want: b.part.Size, got: b.part.Size - b.left}
	case err != nil && !errors.Is(err, io.EOF):
		return n, withoutURL(b.ctx, err)
	}
	return n, err
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
