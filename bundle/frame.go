package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// frame is the first stage of Create. It cuts the image into blocks and puts the
// tar header before them and the trailer behind.
func frame(ctx context.Context, image *imageReader, name string, blocks *pool, out chan<- *block) error {
	header, size := tarHeader(name, image.size), image.size
	if err := emit(ctx, header, blocks, out); err != nil {
		return err
	}
	for image.left() > 0 {
		b, err := blocks.get(ctx)
		if err != nil {
			return err
		}
		if err := image.fill(b); err != nil {
			return err
		}
		out <- b
	}
	if err := image.expectEnd(); err != nil {
		return err
	}
	if err := emit(ctx, tarTrailer(len(header), size), blocks, out); err != nil {
		return err
	}
	close(out)
	return nil
}

// emit sends data as one block.
func emit(ctx context.Context, data []byte, blocks *pool, out chan<- *block) error {
	b, err := blocks.get(ctx)
	if err != nil {
		return err
	}
	b.data = append(b.data, data...)
	out <- b
	return nil
}

// An imageReader reads an image of known size block by block, without reading
// holes.
type imageReader struct {
	r     io.Reader
	holes HoleReader // nil if the image does not know its holes
	size  int64      // that the image should have
	done  int64      // bytes read or skipped
}

func newImageReader(image io.Reader, size int64) *imageReader {
	holes, _ := image.(HoleReader)
	return &imageReader{r: image, holes: holes, size: size}
}

func (r *imageReader) left() int64 { return r.size - r.done }

// fill puts the next bytes of the image into b: a full block, or what is left.
func (r *imageReader) fill(b *block) error {
	want := int(min(blockSize, r.left()))
	hole, err := r.skip(want)
	if err != nil {
		return err
	}
	if hole == want {
		b.data = zeros[:want]
		return nil
	}
	b.data = b.buf[:want]
	clear(b.data[:hole])
	return r.read(b.data[hole:])
}

// skip skips at most n bytes of a hole, if one comes next, and returns how many.
func (r *imageReader) skip(n int) (int, error) {
	if r.holes == nil {
		return 0, nil
	}
	hole, err := r.holes.Hole()
	if err != nil || hole <= 0 {
		return 0, err
	}
	hole = min(hole, int64(n))
	r.done += hole
	return int(hole), r.holes.SkipHole(hole)
}

// read fills buf with data and zeros for holes.
func (r *imageReader) read(buf []byte) error {
	for len(buf) > 0 {
		hole, err := r.skip(len(buf))
		if err != nil {
			return err
		}
		clear(buf[:hole])
		buf = buf[hole:]
		n, err := io.ReadAtLeast(r.r, buf, min(1, len(buf)))
		r.done += int64(n)
		buf = buf[n:]
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: it ended after %d of %d bytes", ErrImageSize, r.done, r.size)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// expectEnd makes sure that the image is no longer than was said. Reading on to
// the end also lets the image report what it can only know there.
func (r *imageReader) expectEnd() error {
	n, err := r.skip(1)
	if err != nil {
		return err
	}
	var one [1]byte
	if n == 0 {
		n, err = io.ReadFull(r.r, one[:])
	}
	if n > 0 {
		return fmt.Errorf("%w: it is longer than %d bytes", ErrImageSize, r.size)
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
