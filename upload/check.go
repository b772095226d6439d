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
	"time"

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

// checked is a part on disk that was compared with its digest.
type checked struct {
	size    int64 // bytes
	changed time.Time
}

// unchanged makes sure that a file is the one that was checked, as far as its length and
// time tell; what numbers files have changes on some file systems. A store that compares bodies with the manifest's digest need not be
// told; of what others take, nothing else would show that it was written to meanwhile.
func (c checked) unchanged(f *os.File) error {
	now, err := f.Stat()
	if err == nil && (now.Size() != c.size || !now.ModTime().Equal(c.changed)) {
		err = fmt.Errorf("%s: %w", f.Name(), ErrChanged)
	}
	return err
}

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
func (s *Store) checkParts(ctx context.Context, dir string, parts []manifest.Part, t *teller) ([]checked, error) {
	for _, part := range parts {
		f, err := openPart(dir, part)
		if err != nil {
			return nil, err
		}
		f.Close()
	}
	all := make([]checked, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.pace.onDisk())
	for i, part := range parts {
		g.Go(func() (err error) {
			if all[i], err = s.checkPart(ctx, dir, part); err == nil {
				t.tell(Event{Kind: PartChecked, Name: part.Name, Size: all[i].size})
			}
			return err
		})
	}
	return all, g.Wait()
}

func (s *Store) checkPart(ctx context.Context, dir string, part manifest.Part) (c checked, err error) {
	f, err := openPart(dir, part)
	if err != nil {
		return c, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return c, err
	}
	c.changed = info.ModTime()
	digest := sha1.New()
	if c.size, err = io.Copy(digest, contextReader{ctx, f}); err != nil {
		return c, fmt.Errorf("read part %s: %w", f.Name(), err)
	}
	if got := manifest.Digest(digest.Sum(nil)); got != part.Digest {
		return c, &DigestError{Path: f.Name(), Want: part.Digest, Got: got}
	}
	s.log.DebugContext(ctx, "part checked", "file", f.Name(), "size", c.size, "sha1", part.Digest)
	return c, nil
}

// openPart opens a part on disk, which must be a regular file: opening a named
// pipe would block.
func openPart(dir string, part manifest.Part) (*os.File, error) {
	path := filepath.Join(dir, part.Name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &MissingPartError{path}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("part %s: not a regular file", path)
	}
	return os.Open(path)
}

// MissingPartError is an ErrMissingPart: there is no file of that path. It is worded as
// euca-upload-bundle words it.
type MissingPartError struct{ Path string }

func (e *MissingPartError) Error() string { return fmt.Sprintf("%v: '%s'", ErrMissingPart, e.Path) }
func (e *MissingPartError) Unwrap() error { return ErrMissingPart }

// Hint is advice on where to look.
func (e *MissingPartError) Hint() string { return "say with -d where the parts are" }
