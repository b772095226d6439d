package imagefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Open opens a regular file or a block device. With [FormatAuto] a file that
// begins with qcow2's magic is read as qcow2, and one that begins like a gzip, xz
// or zstd file is unpacked; [FormatRaw] reads any file as it is. Formats are not
// followed into one another.
//
// Of a qcow2 file the disk it holds is read; one that needs other files (a backing
// file, external data) or is encrypted is refused. A compressed file is unpacked
// twice, for its size comes first, unless it says how much is in it: what then
// comes out must be of that size. Disks larger than [MaxVirtualSize] are refused,
// and so is what takes more than 128 MiB to unpack.
//
// ctx ends Open and, in compressed files, the reading as well.
func Open(ctx context.Context, path string, o Options) (*Image, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, pathCause(err))
	}
	img, err := newImage(ctx, file, o)
	if err != nil {
		_ = file.file.Close()
		return nil, fmt.Errorf("%s: %w", path, pathCause(err))
	}
	img.name = path
	return img, nil
}

// pathCause drops the operation and path that package os puts before a cause.
func pathCause(err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err
	}
	return err
}

// headSize is how much of an input tells what it is, in bytes.
const headSize = len(xzMagic)

// newImage decides how a file is read.
func newImage(ctx context.Context, file *rawFile, o Options) (*Image, error) {
	if err := o.Format.check(); err != nil {
		return nil, err
	}
	var buf [headSize]byte
	n, err := file.file.ReadAt(buf[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head := buf[:n]
	if o.Format == FormatQCOW2 || o.Format == FormatAuto && isQCOW2(head) {
		return newQCOW2(file)
	}
	if p, ok := o.packing(head); ok {
		return newPacked(ctx, file, p, o.Counting)
	}
	return &Image{format: FormatRaw, size: file.size, disk: file}, nil
}

func isQCOW2(head []byte) bool { return strings.HasPrefix(string(head), qcow2Magic) }

// check refuses what is no format.
func (f Format) check() error {
	if f == FormatAuto || slices.Contains(Formats(), f) {
		return nil
	}
	return fmt.Errorf("unknown image format %q", f)
}

// newQCOW2 reads a file as qcow2.
func newQCOW2(file *rawFile) (*Image, error) {
	q, err := openQCOW2(file.file, file.size)
	if err != nil {
		return nil, err
	}
	return &Image{format: FormatQCOW2, size: q.size, disk: qcow2File{q, file}}, nil
}

// qcow2File is the disk in a qcow2 file, which must not change either.
type qcow2File struct {
	*qcow2Disk
	file *rawFile
}

func (q qcow2File) finish() error { return q.file.finish() }
func (q qcow2File) Close() error  { return q.file.Close() }

// rawFile is a regular file or a block device.
type rawFile struct {
	file    *os.File
	size    int64
	changed time.Time // zero for block devices

	// The last run of data that was asked for: before it lies a hole.
	dataStart, dataEnd int64
}

// openFile opens path and takes its measure. What it is is looked up before it
// is opened, because opening a pipe waits for its other end.
func openFile(path string) (*rawFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a directory")
	}
	block := info.Mode()&fs.ModeDevice != 0 && info.Mode()&fs.ModeCharDevice == 0
	if !info.Mode().IsRegular() && !block {
		return nil, ErrNotFile
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	raw, err := measure(file, block)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return raw, nil
}

// measure notes the size of an open file, and when it last changed. A block
// device's length is where seeking to its end leads; it has no time of change.
func measure(file *os.File, block bool) (*rawFile, error) {
	if block {
		size, err := file.Seek(0, io.SeekEnd)
		return &rawFile{file: file, size: size, dataEnd: size}, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return &rawFile{file: file, size: info.Size(), changed: info.ModTime()}, nil
}

func (f *rawFile) readAt(p []byte, off int64) (int, error) {
	n, err := f.file.ReadAt(p, off)
	if errors.Is(err, io.EOF) {
		if n == 0 {
			return 0, ErrChanged // shorter than it was when it was opened
		}
		err = nil
	}
	return n, pathCause(err)
}

func (f *rawFile) hole(off int64) (int64, error) {
	if off >= f.dataEnd {
		start, end, err := nextData(f.file, off, f.size)
		if err != nil {
			return 0, pathCause(err)
		}
		f.dataStart, f.dataEnd = start, end
	}
	return max(0, f.dataStart-off), nil
}

func (f *rawFile) finish() error {
	now, err := measure(f.file, f.changed.IsZero())
	if err != nil {
		return pathCause(err)
	}
	if now.size != f.size || !now.changed.Equal(f.changed) {
		return ErrChanged
	}
	return nil
}

func (f *rawFile) Close() error { return pathCause(f.file.Close()) }
