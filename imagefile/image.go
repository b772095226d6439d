package imagefile

import "io"

// Format is how a file holds a disk.
type Format string

// The formats that are read.
const (
	FormatAuto  Format = ""      // qcow2 when the file begins with its magic, otherwise raw
	FormatRaw   Format = "raw"   // the file is the disk
	FormatQCOW2 Format = "qcow2" // the disk is inside
)

// Image is an open input.
type Image struct {
	name   string
	format Format
	size   int64
}

// Open opens a regular file or block device.
func Open(path string, f Format) (*Image, error) { panic("soon") }

// FromReader reads an image of size bytes from r.
func FromReader(r io.Reader, name string, size int64) *Image { panic("soon") }

// Read implements [io.Reader].
func (m *Image) Read(p []byte) (int, error) { panic("soon") }

// Size is the length of the disk in bytes.
func (m *Image) Size() int64 { return m.size }

// Format is the format the input turned out to have.
func (m *Image) Format() Format { return m.format }

// Path is the file's path, or the stream's name.
func (m *Image) Path() string { return m.name }

// Hole returns how many zero bytes are known to come next.
func (m *Image) Hole() (int64, error) { panic("soon") }

// SkipHole passes over n zero bytes.
func (m *Image) SkipHole(n int64) error { panic("soon") }

// Close closes the file.
func (m *Image) Close() error { panic("soon") }
