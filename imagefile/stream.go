package imagefile

import (
	"errors"
	"io"
)

// FromReader reads an image of size bytes from r, such as standard input; name
// stands for it in errors. Input that ends early or goes on after size bytes
// is a [*SizeError]; telling the latter takes one more read at the end. A size
// below zero counts as zero.
// The reader stays the caller's to close.
func FromReader(r io.Reader, name string, size int64) *Image {
	size = max(size, 0)
	return &Image{
		name:   name,
		format: FormatRaw,
		size:   size,
		disk:   &stream{r: r, size: size},
	}
}

// stream is a disk that comes from a pipe.
type stream struct {
	r    io.Reader
	size int64
}

func (s *stream) readAt(p []byte, off int64) (int, error) {
	n, err := io.ReadAtLeast(s.r, p, 1)
	if n == 0 && errors.Is(err, io.EOF) {
		return 0, &SizeError{Expected: s.size, Read: off}
	}
	return n, err
}

func (s *stream) hole(int64) (int64, error) { return 0, nil }

func (s *stream) finish() error {
	var extra [1]byte
	n, err := io.ReadFull(s.r, extra[:])
	if n > 0 {
		return &SizeError{Expected: s.size, Read: s.size + int64(n)}
	}
	return ignoreEOF(err)
}

func (s *stream) Close() error { return nil }
