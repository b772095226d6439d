package upload

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

// sums are the length and the checksums of a body.
type sums struct {
	size int64
	sha1 manifest.Digest // the manifest's; of a body on disk
	// What protects the body on its way: the signature covers its SHA-256, in hex, or
	// else there is an MD5.
	sha256 string
	md5    []byte
	// keep is the SHA-1 in base64 that the store is asked to compare and to keep with
	// the object: the digest that the manifest has of it. Empty: none.
	keep string
}

// protected says whether anything but keep protects the body.
func (s sums) protected() bool { return s.sha256 != "" || s.md5 != nil }

// sum reads body from its beginning to its end.
func (s *Store) sum(ctx context.Context, body io.ReadSeeker) (sums, error) {
	digest := sha1.New()
	out, err := s.protect(ctx, body, digest)
	out.sha1 = manifest.Digest(digest.Sum(nil))
	return out, err
}

// protect is sum without the manifest's digest. also is written what is read.
func (s *Store) protect(ctx context.Context, body io.ReadSeeker, also ...io.Writer) (out sums, err error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return out, err
	}
	check := md5.New()
	if s.hashBody {
		check = sha256.New()
	}
	out.size, err = io.Copy(io.MultiWriter(append(also, check)...), contextReader{ctx, body})
	if s.hashBody {
		out.sha256 = hex.EncodeToString(check.Sum(nil))
	} else {
		out.md5 = check.Sum(nil)
	}
	return out, err
}

// contextReader ends a copy when the context ends.
type contextReader struct {
	ctx context.Context // of the one copy this reader is made for
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// checkParts compares the parts in dir with the manifest, before anything is
// sent. All are looked for before the first is read.
func (s *Store) checkParts(ctx context.Context, dir string, parts []manifest.Part, t *teller) ([]sums, error) {
	for _, part := range parts {
		f, err := openPart(dir, part)
		if err != nil {
			return nil, err
		}
		f.Close()
	}
	checked := make([]sums, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.pace.onDisk())
	for i, part := range parts {
		g.Go(func() (err error) {
			if checked[i], err = s.checkPart(ctx, dir, part); err == nil {
				t.tell(Event{Kind: PartChecked, Name: part.Name, Size: checked[i].size})
			}
			return err
		})
	}
	return checked, g.Wait()
}

func (s *Store) checkPart(ctx context.Context, dir string, part manifest.Part) (sums, error) {
	f, err := openPart(dir, part)
	if err != nil {
		return sums{}, err
	}
	defer f.Close()
	got, err := s.sum(ctx, f)
	if err != nil {
		return sums{}, fmt.Errorf("read part %s: %w", f.Name(), err)
	}
	if got.sha1 != part.Digest {
		return sums{}, fmt.Errorf("%s: %w (expected SHA-1: %s, actual: %s)", f.Name(), ErrPartDigest, part.Digest, got.sha1)
	}
	s.log.DebugContext(ctx, "part checked", "file", f.Name(), "size", got.size, "sha1", got.sha1)
	return got, nil
}

// openPart opens a part on disk, which must be a regular file: opening a named
// pipe would block.
func openPart(dir string, part manifest.Part) (*os.File, error) {
	path := filepath.Join(dir, part.Name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &missingPart{path}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("part %s: not a regular file", path)
	}
	return os.Open(path)
}

// missingPart is worded as euca-upload-bundle words it.
type missingPart struct{ path string }

func (e *missingPart) Error() string { return fmt.Sprintf("%v: '%s'", ErrMissingPart, e.path) }
func (e *missingPart) Unwrap() error { return ErrMissingPart }

// Hint is advice on where to look.
func (e *missingPart) Hint() string { return "say with -d where the parts are" }
