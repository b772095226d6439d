package imagefile

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// packedFile is the disk in a compressed file. It is unpacked from front to back
// while it is read; its size was found before.
type packedFile struct {
	file     *rawFile
	unpacked *unpacking
	r        io.Reader
	size     int64
}

// newPacked reads a file as what is compressed in it.
func newPacked(ctx context.Context, file *rawFile, p packing, counting func(done, total int64)) (*Image, error) {
	first, err := openPacked(ctx, file, p)
	if err != nil {
		return nil, err
	}
	if err := first.Close(); err != nil { // memory for one decompressor only
		return nil, err
	}
	size, err := measurePacked(ctx, file, p, counting)
	if err != nil {
		return nil, err
	}
	disk, err := openPacked(ctx, file, p)
	if err != nil {
		return nil, err
	}
	disk.size = size
	return &Image{format: p.format, size: size, disk: packedDisk{disk, file}}, nil
}

// openPacked begins to unpack a file. ctx ends the reading, too.
func openPacked(ctx context.Context, file *rawFile, p packing) (*packedFile, error) {
	u, err := p.unpack(file.source(ctx))
	if err != nil {
		return nil, err
	}
	r, err := u.begin()
	if err != nil {
		_ = u.Close()
		return nil, err
	}
	return &packedFile{file: file, unpacked: u, r: r}, nil
}

func (f *rawFile) source(ctx context.Context) *source {
	return &source{ctx: ctx, r: io.NewSectionReader(f.file, 0, f.size)}
}

// measurePacked finds the size of the disk in a compressed file: from what the
// file says where that is cheap, which is held against what comes out, or by
// unpacking all of it.
func measurePacked(ctx context.Context, file *rawFile, p packing, counting func(done, total int64)) (int64, error) {
	if p.size != nil {
		size, ok, err := p.size(ctx, file.file, file.size)
		if ok || err != nil {
			return size, err
		}
	}
	s := file.source(ctx)
	if counting != nil {
		s.told = func(done int64) { counting(done, file.size) }
	}
	u, err := p.unpack(s)
	if err != nil {
		return 0, err
	}
	defer u.Close()
	return count(ctx, u)
}

// count reads to the end of what is unpacked, or to where it is too much.
func count(ctx context.Context, u *unpacking) (size int64, err error) {
	buf := make([]byte, 256<<10)
	for {
		n, err := u.Read(buf)
		if size += int64(n); size > MaxVirtualSize {
			return 0, tooLarge(u.format, "more than", MaxVirtualSize)
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, err
		}
	}
}

// tooLarge refuses a disk that would take days, or a file that lies.
func tooLarge(f Format, relation string, size uint64) error {
	return &UnsupportedError{
		Format: f, What: fmt.Sprintf("holds a disk of %s%d bytes; at most %d are read", prefixed(relation), size, int64(MaxVirtualSize)),
		Advice: asItIs,
	}
}

func prefixed(relation string) string {
	if relation == "" {
		return ""
	}
	return relation + " "
}

const asItIs = "give --input-format raw to bundle the file as it is"

func (f *packedFile) Close() error { return f.unpacked.Close() }

// packedDisk is a packedFile as a disk, which owns the file.
type packedDisk struct {
	*packedFile
	file *rawFile
}

func (d packedDisk) readAt(p []byte, off int64) (int, error) {
	n, err := io.ReadAtLeast(d.r, p, 1)
	if n == 0 && errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %s: it ends after %d bytes of %d", ErrDamaged, d.unpacked.format, off, d.size)
	}
	return n, d.verdict(err)
}

// hole: runs of zeros have to be unpacked like anything else.
func (packedDisk) hole(int64) (int64, error) { return 0, nil }

// finish also makes the decompressor compare its last checksums.
func (d packedDisk) finish() error {
	var extra [1]byte
	n, err := io.ReadFull(d.r, extra[:])
	switch {
	case n > 0:
		err = fmt.Errorf("%w: %s: it goes on after %d bytes", ErrDamaged, d.unpacked.format, d.size)
	case errors.Is(err, io.EOF):
		err = d.file.finish()
	}
	return d.verdict(err)
}

// verdict blames a change of the file for what seems to be wrong with it.
func (d packedDisk) verdict(err error) error {
	if errors.Is(err, ErrDamaged) && errors.Is(d.file.finish(), ErrChanged) {
		return ErrChanged
	}
	return err
}

func (d packedDisk) ignored() bool { return d.unpacked.ignored() }

func (d packedDisk) Close() error {
	return errors.Join(d.packedFile.Close(), d.file.Close())
}
