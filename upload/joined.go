package upload

import (
	"context"
	"crypto/sha1"
	"fmt"
	"io"

	"emikit/manifest"
)

// DownloadParts writes the parts of a bundle to w, one after the other, each compared
// with its digest. w has been given a part when its digest turns out to be wrong.
// r.Dir is of no account.
func (s *Store) DownloadParts(ctx context.Context, r DownloadRequest, w io.Writer) error {
	m, err := s.Manifest(ctx, r.From, r.ManifestName, r.PrivateKey, r.Progress)
	if err != nil {
		return err
	}
	ahead := s.ReadAhead(ctx, r.From, m.Parts, r.Progress)
	defer ahead.Close()
	left := newBudget(m.BundledSize)
	for _, part := range m.Parts {
		if err := copyPart(ctx, &limitedWriter{w, left}, ahead, part); err != nil {
			return err
		}
	}
	if err := left.spent(); err != nil {
		return fmt.Errorf("download %s: %w", r.From.Path(m.Name), err)
	}
	return nil
}

func copyPart(ctx context.Context, w io.Writer, ahead *Ahead, part manifest.Part) error {
	body, err := ahead.Open(ctx, part)
	if err != nil {
		return err
	}
	defer body.Close()
	sum := sha1.New()
	if _, err := io.Copy(io.MultiWriter(w, sum), contextReader{ctx, body}); err != nil {
		return err
	}
	if got := manifest.Digest(sum.Sum(nil)); got != part.Digest {
		return fmt.Errorf("download %s: %w (expected SHA-1: %s, actual: %s)",
			ahead.source.from.Path(part.Name), ErrPartDigest, part.Digest, got)
	}
	return nil
}

// A limitedWriter takes no more than its bundle may have.
type limitedWriter struct {
	io.Writer
	left *budget
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	if err := w.left.take(int64(len(p))); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}
