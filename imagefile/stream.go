package imagefile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
)

// FromReader reads an image of size bytes from r, such as standard input; name
// stands for it in errors. What it is is decided as [Open] does, which takes the
// first bytes of r; size is that of the disk, also when it comes compressed. qcow2
// is refused: it cannot be read from front to back.
//
// Input that ends early or goes on after size bytes is a [*SizeError]; telling the
// latter takes one more read at the end. A size below zero counts as zero.
// The reader stays the caller's to close. ctx ends the unpacking, but not a Read of
// r that is blocked.
func FromReader(ctx context.Context, r io.Reader, name string, size int64, o Options) (*Image, error) {
	img, err := fromReader(ctx, r, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	img.name, img.size = name, max(size, 0)
	img.disk.(*stream).size = img.size
	return img, nil
}

// fromReader decides how a stream is read.
func fromReader(ctx context.Context, r io.Reader, o Options) (*Image, error) {
	if err := o.Format.check(); err != nil {
		return nil, err
	}
	raw := &Image{format: FormatRaw, disk: &stream{r: r, format: FormatRaw}}
	if o.Format == FormatRaw {
		return raw, nil
	}
	in := bufio.NewReaderSize(r, readAhead)
	head, err := in.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if o.Format == FormatQCOW2 || isQCOW2(head) && o.Format == FormatAuto {
		return nil, &UnsupportedError{
			Format: FormatQCOW2, What: "cannot be read from a pipe",
			Advice: "write it into a file first, or give --input-format raw to bundle it as it is",
		}
	}
	if p, ok := o.packing(head); ok {
		return packedStream(ctx, in, p)
	}
	raw.disk.(*stream).r = in
	return raw, nil
}

// packedStream is what is compressed in a stream.
func packedStream(ctx context.Context, in io.Reader, p packing) (*Image, error) {
	u, err := p.unpack(&source{ctx: ctx, r: in})
	if err != nil {
		return nil, err
	}
	r, err := u.begin()
	if err != nil {
		_ = u.Close()
		return nil, err
	}
	return &Image{format: p.format, disk: &stream{r: r, format: p.format, unpacked: u}}, nil
}

// stream is a disk that comes from a pipe.
type stream struct {
	r        io.Reader
	size     int64
	format   Format
	unpacked *unpacking // nil: it is not compressed
}

func (s *stream) readAt(p []byte, off int64) (int, error) {
	n, err := io.ReadAtLeast(s.r, p, 1)
	if n == 0 && errors.Is(err, io.EOF) {
		return 0, &SizeError{Expected: s.size, Read: off, Format: s.format}
	}
	return n, err
}

func (s *stream) hole(int64) (int64, error) { return 0, nil }

func (s *stream) finish() error {
	var extra [1]byte
	n, err := io.ReadFull(s.r, extra[:])
	if n > 0 {
		return &SizeError{Expected: s.size, Read: s.size + int64(n), Format: s.format}
	}
	return ignoreEOF(err)
}

func (s *stream) ignored() bool { return s.unpacked != nil && s.unpacked.ignored() }

func (s *stream) Close() error {
	if s.unpacked == nil {
		return nil
	}
	return s.unpacked.Close()
}
