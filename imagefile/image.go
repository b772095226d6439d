package imagefile

import (
	"errors"
	"fmt"
	"io"
)

// Format is how an input holds a disk.
type Format string

// The formats that are read.
const (
	FormatAuto  Format = ""      // one of the others, by the magic that the file begins with; raw without any
	FormatRaw   Format = "raw"   // the file is the disk
	FormatQCOW2 Format = "qcow2" // the disk is inside
	FormatGzip  Format = "gzip"  // the disk is compressed
	FormatXZ    Format = "xz"
	FormatZstd  Format = "zstd"
)

// Formats returns those that an input can be said to have.
func Formats() []Format {
	return []Format{FormatRaw, FormatQCOW2, FormatGzip, FormatXZ, FormatZstd}
}

// Options say how an input is opened. The zero value looks at it, and unpacks what
// is compressed.
type Options struct {
	Format Format
	// KeepCompressed makes FormatAuto take a compressed input as it is: kernels and
	// ramdisks are meant to be compressed.
	KeepCompressed bool
	// Counting, if not nil, is told how much of a compressed file, of how many bytes,
	// has been unpacked to find the size of its disk. It must return quickly.
	Counting func(done, total int64)
}

// packing finds how an input that begins with head is compressed, if it is to be
// unpacked.
func (o Options) packing(head []byte) (packing, bool) {
	if o.Format == FormatAuto && o.KeepCompressed {
		return packing{}, false
	}
	return packingOf(o.Format, head)
}

// disk is the content behind an [Image].
type disk interface {
	// readAt fills a beginning of p, at least one byte, with the content from
	// off on. It is never asked for bytes past the disk's size.
	readAt(p []byte, off int64) (int, error)

	// hole returns how many bytes from off on are known to be zero.
	hole(off int64) (int64, error)

	// finish is called when everything was read, and tells whether it was all
	// there was, and still is.
	finish() error

	io.Closer
}

// Image is an open input. It is read from front to back by one goroutine at a
// time; whoever opened it closes it.
type Image struct {
	name   string
	format Format
	size   int64
	off    int64
	disk   disk
	err    error // what every further call returns; io.EOF at a good end
}

// Read implements [io.Reader]. When the input turns out not to be what it was
// when it was opened, or not as long as promised, the last bytes are withheld
// and an error comes in their place, so that a caller that reads exactly
// [Image.Size] bytes sees it too.
func (m *Image) Read(p []byte) (int, error) {
	if m.err != nil || len(p) == 0 {
		return 0, m.err
	}
	if m.off == m.size {
		m.finish()
		return 0, m.err
	}
	p = p[:min(int64(len(p)), m.size-m.off)]
	n, err := m.disk.readAt(p, m.off)
	m.off += int64(n)
	if err != nil {
		m.err = fmt.Errorf("%s: %w", m.name, err)
		return n, m.err
	}
	if err := m.checkEnd(); err != nil {
		return 0, err
	}
	return n, nil
}

// Hole returns how many zero bytes come next and need not be read, 0 when
// what comes next is, or may be, data. It may return less than there are: after
// skipping those, ask again.
func (m *Image) Hole() (int64, error) {
	if m.err != nil || m.off == m.size {
		return 0, ignoreEOF(m.err)
	}
	n, err := m.disk.hole(m.off)
	if err != nil {
		m.err = fmt.Errorf("%s: %w", m.name, err)
		return 0, m.err
	}
	return min(n, m.size-m.off), nil
}

// SkipHole passes over n bytes that [Image.Hole] promised. Like Read, it
// checks the input when nothing is left.
func (m *Image) SkipHole(n int64) error {
	if m.err != nil {
		return ignoreEOF(m.err)
	}
	if n < 0 || n > m.size-m.off {
		return fmt.Errorf("%s: skip of %d bytes at offset %d of %d", m.name, n, m.off, m.size)
	}
	m.off += n
	return m.checkEnd()
}

// checkEnd finishes an image that was read to its end.
func (m *Image) checkEnd() error {
	if m.off == m.size {
		m.finish()
	}
	return ignoreEOF(m.err)
}

// finish makes the end of the image sticky: io.EOF, or what is wrong with it.
func (m *Image) finish() {
	m.err = io.EOF
	if err := m.disk.finish(); err != nil {
		m.err = fmt.Errorf("%s: %w", m.name, err)
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Ignored reports whether something follows a compressed disk that is no part of
// it and was left out, as gzip does. It is known when the disk has been read.
func (m *Image) Ignored() bool {
	d, ok := m.disk.(interface{ ignored() bool })
	return ok && d.ignored()
}

// Size is the length of the disk in bytes: of a qcow2 file, that of its virtual
// disk, of a compressed one that of what is in it.
func (m *Image) Size() int64 { return m.size }

// Format is the format the input turned out to have; never [FormatAuto].
func (m *Image) Format() Format { return m.format }

// Path is the path of the file, or the name of the stream.
func (m *Image) Path() string { return m.name }

// Close closes what [Open] opened. It does not close a stream's reader.
func (m *Image) Close() error {
	if err := m.disk.Close(); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}
