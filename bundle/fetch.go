package bundle

import (
	"context"
	"crypto/aes"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"emikit/manifest"
)

// fetch is the first stage of unbundling. It cuts the ciphertext into blocks and
// sends each to the workers that decrypt and, in order, to the stage that waits
// for them. The last block goes out only after every part has been checked to its
// end.
func fetch(ctx context.Context, parts *partReader, iv [16]byte, blocks *pool, workers, ordered chan<- *block) error {
	for left := parts.left; left > 0; {
		b, err := blocks.get(ctx)
		if err != nil {
			return err
		}
		b.data = b.buf[:min(blockSize, left)]
		if err := parts.fill(b.data); err != nil {
			return err
		}
		left -= int64(len(b.data))
		b.iv, b.last = iv, left == 0
		iv = [16]byte(b.data[len(b.data)-aes.BlockSize:])
		if b.last {
			if err := parts.expectEnd(); err != nil {
				return err
			}
		}
		workers <- b
		ordered <- b
	}
	close(workers)
	close(ordered)
	return nil
}

// A partReader reads the parts of a bundle one after the other, and checks each
// against its digest when it has come to its end. It never reads more than the
// bundled size.
type partReader struct {
	ctx   context.Context // for opening parts; a part stays open across reads
	name  string          // of the image
	src   Source
	parts []manifest.Part // not yet opened
	total int64           // the bundled size
	left  int64           // of it

	part   PartReport // the open part
	body   io.ReadCloser
	sum    hash.Hash
	report func(PartReport) // told about each part, when it is done; may be nil
}

func newPartReader(ctx context.Context, m *manifest.Manifest, src Source) (*partReader, error) {
	if err := checkSizes(m); err != nil {
		return nil, err
	}
	return &partReader{ctx: ctx, name: m.Name, src: src, parts: m.Parts, total: m.BundledSize, left: m.BundledSize}, nil
}

// fill reads len(p) bytes.
func (r *partReader) fill(p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: %w: they hold %d bytes, the manifest says %d", r.name, ErrBundledSize, r.total-r.left, r.total)
	}
	return err
}

// expectEnd reads on to the end of the last part, which must come at once.
func (r *partReader) expectEnd() error {
	_, err := io.ReadFull(r, make([]byte, 1))
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Read reads from the open part, or opens the next one.
func (r *partReader) Read(p []byte) (int, error) {
	for {
		if r.body == nil {
			if len(r.parts) == 0 {
				return 0, io.EOF
			}
			if err := r.open(); err != nil {
				return 0, err
			}
		}
		n, err := r.readPart(p)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (r *partReader) open() (err error) {
	r.part = PartReport{Part: r.parts[0]}
	if r.body, err = openPart(r.ctx, r.src, r.part.Part); err != nil {
		return r.done(err)
	}
	r.parts, r.sum = r.parts[1:], sha1.New()
	return nil
}

// openPart opens a part; whatever the source is, a part that is not there is
// ErrMissingPart.
func openPart(ctx context.Context, src Source, part manifest.Part) (io.ReadCloser, error) {
	body, err := src.Open(ctx, part)
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrMissingPart) {
		return nil, fmt.Errorf("%w: %w", ErrMissingPart, err)
	}
	return body, err
}

// readPart reads from the open part. At its end it checks and closes it, and
// returns io.EOF if all was well.
func (r *partReader) readPart(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.sum.Write(p[:n])
	r.part.Size += int64(n)
	r.left -= int64(n)
	switch {
	case r.left < 0:
		err = fmt.Errorf("%s: %w: it goes on past %d bytes", r.part.Part.Name, ErrBundledSize, r.total)
	case errors.Is(err, io.EOF):
		err = checkDigest(r.part.Part, r.sum)
	case err == nil:
		return n, nil
	default:
		err = fmt.Errorf("read %s: %w", r.part.Part.Name, err)
	}
	if err := r.done(err); err != nil {
		return 0, err
	}
	return n, io.EOF
}

// checkDigest compares a part's digest with the one in the manifest.
func checkDigest(part manifest.Part, sum hash.Hash) error {
	got := manifest.Digest(sum.Sum(nil))
	if got != part.Digest {
		return fmt.Errorf("%s: %w (expected SHA-1: %s, actual: %s)", part.Name, ErrPartDigest, part.Digest, got)
	}
	return nil
}

// done closes the part and reports on it.
func (r *partReader) done(err error) error {
	if r.body != nil {
		if cerr := r.body.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close %s: %w", r.part.Part.Name, cerr)
		}
		r.body = nil
	}
	if r.part.Err = err; r.report != nil {
		r.report(r.part)
	}
	return err
}

// finish is called after what came out of the parts has turned out to be wrong. If
// the part it came from does not match its digest either, that is the cause, and the
// error to return: fetch may have seen it, too late to be the first to fail, or it
// shows when the part is read to its end.
func (r *partReader) finish() error {
	err := r.part.Err
	for buf := make([]byte, 64<<10); r.body != nil; {
		_, err = r.readPart(buf)
	}
	if errors.Is(err, ErrPartDigest) || errors.Is(err, ErrBundledSize) {
		return err
	}
	return nil
}

// Close closes the part that is open, if one is.
func (r *partReader) Close() error {
	if r.body == nil {
		return nil
	}
	return r.body.Close()
}
