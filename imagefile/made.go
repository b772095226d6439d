package imagefile

import (
	"errors"
	"io"
)

// Content is a disk that is no file: its bytes are made when they are read. It is read
// by one goroutine at a time.
type Content interface {
	io.ReaderAt
	// Hole returns how many bytes from off on are known to be zero.
	Hole(off int64) (int64, error)
}

// FromContent makes an image of a disk of size bytes; name stands for it in errors. The
// content stays the caller's to close.
func FromContent(name string, size int64, c Content) *Image {
	return &Image{name: name, format: FormatRaw, size: size, disk: made{c}}
}

// made is the disk of a Content.
type made struct{ Content }

func (m made) readAt(p []byte, off int64) (int, error) {
	n, err := m.ReadAt(p, off)
	switch {
	case n > 0 && errors.Is(err, io.EOF):
		err = nil
	case n == 0 && err == nil, errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (m made) hole(off int64) (int64, error) { return m.Hole(off) }
func (m made) finish() error                 { return nil }
func (m made) Close() error                  { return nil }
