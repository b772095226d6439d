package hostiletest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"

	"emikit/manifest"
)

// Source gives the parts of a bundle as a directory or a bucket does, and counts
// what is read. It is a bundle.Source.
type Source struct {
	files []File
	read  atomic.Int64
}

// NewSource returns the files of a bundle.
func NewSource(b *Bundle) *Source { return &Source{files: b.Files} }

// Open opens the file that the manifest names.
func (s *Source) Open(_ context.Context, part manifest.Part) (io.ReadCloser, error) {
	for _, f := range s.files {
		if f.Name == part.Name {
			return io.NopCloser(&counter{bytes.NewReader(f.Data), &s.read}), nil
		}
	}
	return nil, fmt.Errorf("%s: %w", part.Name, fs.ErrNotExist)
}

// Read is how many bytes have been read from all parts.
func (s *Source) Read() int64 { return s.read.Load() }

type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
