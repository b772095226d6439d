package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode"
)

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// window is a piece of an image. Reading outside of it gives nothing, so that
// offsets found in the image need not be checked before they are used. A
// read that fails is remembered in err, which all windows of an image share.
type window struct {
	r    io.ReaderAt
	base int64
	size int64
	err  *error
}

// at returns n bytes from off on, or nil when they are not all there. n is
// bounded by its callers, never by the image.
func (w window) at(off int64, n int) []byte {
	if off < 0 || off > w.size || int64(n) > w.size-off || *w.err != nil {
		return nil
	}
	b := make([]byte, n)
	got, err := w.r.ReadAt(b, w.base+off)
	if got == n {
		return b
	}
	if err != nil && !errors.Is(err, io.EOF) {
		*w.err = err
	}
	return nil
}

// upTo returns at most n bytes from off on: fewer at the end, nil beyond it.
func (w window) upTo(off int64, n int) []byte {
	if off < 0 || off >= w.size {
		return nil
	}
	return w.at(off, int(min(int64(n), w.size-off)))
}

// sub is the piece of size bytes at off, cut to what the window has.
func (w window) sub(off, size int64) window {
	off = min(max(off, 0), w.size)
	w.base += off
	w.size = min(max(size, 0), w.size-off)
	return w
}

// reader reads the window from its beginning.
func (w window) reader() io.Reader { return io.NewSectionReader(w.r, w.base, w.size) }

// has says whether text stands at off.
func (w window) has(off int64, text string) bool {
	return string(w.at(off, len(text))) == text
}

// find returns the bytes, at most n, that follow the first text within the
// first limit bytes of r, or nil.
func find(r io.Reader, text string, n int, limit int64) []byte {
	const step = 64 << 10
	r = io.LimitReader(r, limit)
	overlap := len(text) + n
	buf := make([]byte, 0, step+overlap)
	for {
		got, err := io.ReadFull(r, buf[len(buf):step+overlap])
		buf = buf[:len(buf)+got]
		if i := bytes.Index(buf, []byte(text)); i >= 0 && (err != nil || len(buf)-i >= overlap) {
			found := buf[i+len(text):]
			return found[:min(n, len(found))]
		}
		if err != nil {
			return nil
		}
		keep := copy(buf, buf[len(buf)-overlap:])
		buf = buf[:keep]
	}
}

// clean makes text from an image fit to be shown: it ends at the first NUL, is
// without padding, and has no control characters or broken encoding.
func clean(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	text := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, string(b))
	return strings.TrimSpace(text)
}
