package imagefile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxWindow is the most that a decompressor keeps of what it has unpacked, in
// bytes. It is what xz and zstd take at their highest ordinary settings (xz -9
// asks for 64 MiB, zstd --ultra -22 for 128), and what zstd refuses to exceed
// unless told to.
const maxWindow = 128 << 20

// readAhead is how much of a compressed input is read at once, in bytes.
const readAhead = 64 << 10

// packing is a way to compress a disk.
type packing struct {
	format Format
	magic  string
	open   func(in *bufio.Reader) (io.ReadCloser, error)
	// size finds the size of the disk without unpacking it; ok is false if the
	// file does not say, or not reliably. nil: files never do.
	size func(ctx context.Context, r io.ReaderAt, fileSize int64) (size int64, ok bool, err error)
}

// packings are those that are unpacked. The magic numbers are those of RFC 1952,
// of the .xz file format 1.2.1, and of RFC 8878.
func packings() []packing {
	return []packing{
		{FormatGzip, "\x1f\x8b\x08", openGzip, nil},
		{FormatXZ, xzMagic, openXZ, indexedXZ},
		{FormatZstd, "\x28\xb5\x2f\xfd", openPackedZstd, framedZstd},
	}
}

// packingOf finds how an input is compressed that begins with head; with
// FormatAuto its magic tells. ok is false if it is not compressed.
func packingOf(f Format, head []byte) (p packing, ok bool) {
	for _, p := range packings() {
		if f == p.format || f == FormatAuto && strings.HasPrefix(string(head), p.magic) {
			return p, true
		}
	}
	return packing{}, false
}

// source is a compressed input. It remembers what went wrong with it, for
// decompressors take every error for their own.
type source struct {
	ctx  context.Context
	r    io.Reader
	done int64 // bytes
	told func(done int64)
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if s.done += int64(n); s.told != nil {
		s.told(s.done)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = pathCause(err)
	}
	return n, err
}

// unpacking is the content of a compressed input.
type unpacking struct {
	format Format
	source *source
	out    io.ReadCloser
}

// unpack begins to unpack s. The result's Close releases the decompressor alone.
func (p packing) unpack(s *source) (*unpacking, error) {
	out, err := p.open(bufio.NewReaderSize(s, readAhead))
	u := &unpacking{p.format, s, out}
	if err != nil {
		return nil, imitates(u.cause(err))
	}
	return u, nil
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.out.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.cause(err)
	}
	return n, err
}

func (u *unpacking) Close() error { return u.out.Close() }

// cause is what a decompressor's error comes from.
func (u *unpacking) cause(err error) error {
	_, unsupported := errors.AsType[*UnsupportedError](err)
	switch {
	case u.source.err != nil:
		return u.source.err
	case unsupported:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %s: it ends too early", ErrDamaged, u.format)
	}
	return fmt.Errorf("%w: %s: %w", ErrDamaged, u.format, trimmed{err, string(u.format) + ": "})
}

// trimmed is an error without the name that its library puts before it.
type trimmed struct {
	error
	prefix string
}

func (t trimmed) Error() string { return strings.TrimPrefix(t.error.Error(), t.prefix) }
func (t trimmed) Unwrap() error { return t.error }

// begin unpacks the first bytes and refuses what must not be taken for a disk:
// formats are not followed into one another. What it returns begins with them.
func (u *unpacking) begin() (io.Reader, error) {
	head := make([]byte, len(qcow2Magic))
	n, err := io.ReadFull(u, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, imitates(err)
	}
	if string(head[:n]) == qcow2Magic {
		return nil, &UnsupportedError{
			Format: u.format, What: "holds a qcow2 image, which cannot be read without unpacking it first",
			Advice: "unpack it into a file, or give --input-format raw to bundle it as it is",
		}
	}
	return io.MultiReader(bytes.NewReader(head[:n]), u), nil
}

// ignored tells whether something followed that was left out.
func (u *unpacking) ignored() bool {
	g, ok := u.out.(*gunzip)
	return ok && g.garbage
}
