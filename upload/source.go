package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/minio/minio-go/v7"

	"emikit/manifest"
)

// Source gives the parts of a bundle in a bucket. It may be used from several
// goroutines at once.
type Source struct {
	store  *Store
	from   Location
	teller *teller
}

// Source returns the bundle's parts under from. Nothing is asked until a part
// is opened.
func (s *Store) Source(from Location) *Source { return &Source{s, from, nil} }

// Open begins to download a part. The caller closes it. A part that is not
// there is fs.ErrNotExist. Where the connection is lost, the rest is asked for.
func (s *Source) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	b := &resumedBody{ctx: ctx, source: s, name: part.Name}
	err := s.store.retry(ctx, part.Name, s.teller, func() (err error) {
		b.body, b.size, err = s.store.open(ctx, s.from, part.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// A resumedBody is an object that is being read.
type resumedBody struct {
	ctx    context.Context // of the one object that the body is of
	source *Source
	name   string
	body   io.ReadCloser
	at     int64 // bytes read
	size   int64 // of the object; negative if the store has not said it
	broken int   // requests that have given nothing since the last byte
}

// Read reads on, through another request if need be.
func (b *resumedBody) Read(p []byte) (int, error) {
	for {
		n, err := b.body.Read(p)
		b.at += int64(n)
		switch {
		case n > 0:
			b.broken = 0
			return n, nil // an error comes again
		case err == nil:
			continue
		case b.size >= 0 && b.at >= b.size, b.size < 0 && errors.Is(err, io.EOF):
			return 0, io.EOF
		}
		if err := b.resume(err); err != nil {
			return 0, err
		}
	}
}

// resume asks for the rest, after cause.
func (b *resumedBody) resume(cause error) error {
	if err := context.Cause(b.ctx); err != nil {
		return err
	}
	store, broke := b.source.store, fmt.Errorf("download %s: %w: %d of %d bytes: %w", b.source.from.Path(b.name), ErrTruncated, b.at, b.size, cause)
	b.body.Close()
	if b.broken++; b.broken >= store.backoff.attempts {
		return broke
	}
	pause := store.backoff.pause(b.broken)
	b.source.teller.tell(Event{Kind: Retrying, Name: b.name, Err: broke, Pause: pause, Wait: store.backoff.left(b.broken)})
	if err := sleep(b.ctx, pause); err != nil {
		return err
	}
	return store.retry(b.ctx, b.name, b.source.teller, func() (err error) {
		b.body, err = store.openAt(b.ctx, b.source.from, b.name, b.at)
		return err
	})
}

// Close ends the download.
func (b *resumedBody) Close() error { return b.body.Close() }

// openAt makes one attempt at opening what follows the first bytes of an object.
func (s *Store) openAt(ctx context.Context, loc Location, name string, first int64) (io.ReadCloser, error) {
	var opts minio.GetObjectOptions
	opts.Set("Range", fmt.Sprintf("bytes=%d-", first))
	body, _, header, err := s.client.GetObject(ctx, loc.Bucket, loc.Key(name), opts)
	if err != nil {
		return nil, refused("download", loc.Path(name), err)
	}
	if isRangeFrom(header, first) {
		return body, nil
	}
	if _, err := io.CopyN(io.Discard, body, first); err != nil { // the server knows no ranges
		body.Close()
		return nil, fmt.Errorf("download %s: %w: %w", loc.Path(name), ErrTruncated, err)
	}
	return body, nil
}

// isRangeFrom reports whether an answer begins with the byte that was asked for.
func isRangeFrom(header http.Header, first int64) bool {
	return strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", first))
}
