package images

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"time"

	"emikit/bundle"
	"emikit/manifest"
)

// unrecoverable is the one text for whatever depends on the decrypted key.
const unrecoverable = "the image cannot be recovered from the bundle with this cloud's key: " +
	"it was not bundled for this cloud's certificate, or the bundle is damaged."

// failureQuantum is what the time of a failed recovery is rounded up to, so
// that it tells little of how far the recovery came.
const failureQuantum = time.Second

// recoverImage decrypts and unpacks a bundle, keeping nothing, and compares the
// image with its digest. A failure is one and the same, whatever it was; it has
// read every part to its end, as a success has, and takes whole quanta of time.
func (s *Service) recoverImage(ctx context.Context, c *check, b *storedBundle) error {
	if err := c.turn.wait(ctx); err != nil {
		return err
	}
	start := time.Now()
	parts := &wholeSource{partSource: s.source(b), opened: make(map[string]bool)}
	key := b.manifest.OpenCloudKey(s.config.Trust.EnvelopeKey())
	_, err := bundle.Verify(ctx, b.manifest, parts, bundle.VerifyOptions{Key: &key})
	if err == nil {
		return nil
	}
	parts.readOn(ctx, b.manifest)
	if err := sleep(ctx, roundUp(time.Since(start), s.config.quantum)); err != nil {
		return err
	}
	if parts.fault != nil {
		return storageFault(parts.fault)
	}
	s.checks.failures.add(c.account, time.Now())
	return refuse(ErrUnrecoverable, unrecoverable)
}

// roundUp is how much is missing from a time to whole quanta of it, of which
// there is one at least.
func roundUp(took, quantum time.Duration) time.Duration {
	if took <= 0 {
		return quantum
	}
	return (quantum - took%quantum) % quantum
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wholeSource remembers what a recovery has read of a bundle's parts, so that
// the rest can be read as well. It is for one reader at a time.
type wholeSource struct {
	*partSource
	opened map[string]bool
	fault  error // the first of the object store
}

// Open opens a part.
func (w *wholeSource) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	w.opened[part.Name] = true
	r, err := w.partSource.Open(ctx, part)
	if err != nil {
		return nil, w.note(err)
	}
	return wholeReader{r, w}, nil
}

func (w *wholeSource) note(err error) error {
	if w.fault == nil {
		w.fault = err
	}
	return err
}

// readOn reads the parts that were not opened, as a recovery that fails later
// does. It ends early when the object store, or the context, does not go on;
// that happens to every recovery at the same place.
func (w *wholeSource) readOn(ctx context.Context, m *manifest.Manifest) {
	for _, part := range m.Parts {
		if w.fault != nil || ctx.Err() != nil {
			return
		}
		if w.opened[part.Name] {
			continue
		}
		r, err := w.Open(ctx, part)
		if err != nil {
			return
		}
		_, _ = io.Copy(sha1.New(), r) // what goes wrong is noted
		_ = r.Close()                 // it was only read
	}
}

// wholeReader notes the errors of reading a part.
type wholeReader struct {
	io.ReadCloser
	of *wholeSource
}

func (r wholeReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = r.of.note(err)
	}
	return n, err
}

// storageFault returns what became of the objects during a check, as a
// refusal if they were changed; nil when the objects are not to blame.
func storageFault(err error) error {
	var source *sourceError
	switch {
	case errors.Is(err, errPartGone), errors.Is(err, errPartReplaced):
		return refuse(ErrBundle, "the parts were changed while they were being checked; register the bundle again.")
	case errors.As(err, &source):
		return fmt.Errorf("read the bundle: %w", source)
	}
	return nil
}
