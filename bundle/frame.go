package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// frame is the first stage of Create. It cuts the image into blocks and puts the
// tar header before them and the trailer behind.
func frame(ctx context.Context, image *imageReader, name string, blocks, hollow *pool, out chan<- *block) error {
	header, size := tarHeader(name, image.size), image.size
	if err := emit(ctx, header, blocks, out); err != nil {
		return err
	}
	cut := &cutter{image: image, blocks: blocks, hollow: hollow}
	for cut.left() > 0 {
		b, err := cut.next(ctx)
		if err != nil {
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

// Zeros take no memory of their own, so many of them may be on their way: the digest,
// which takes as long for them as for all else, goes on with them while the blocks before
// them are compressed. In a hole a block stands for several. Stages then hand over less
// often, which for zeros takes longer than all they do but the digest.
const (
	hollowBlocks = 16
	hollowRun    = 16 * blockSize // bytes that one stands for at most
)

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

// A cutter cuts an image into blocks: zeros are in those of a pool of their own.
type cutter struct {
	image          *imageReader
	blocks, hollow *pool
	spare          *block // of blocks, empty
	hole           int    // bytes of a hole that have been skipped and are in no block yet
}

// left is how many bytes of the image are in no block yet.
func (c *cutter) left() int64 { return c.image.left() + int64(c.hole) }

// next returns a full block, or what is left of the image.
func (c *cutter) next(ctx context.Context) (*block, error) {
	skipped, err := c.image.skip(int(min(hollowRun-int64(c.hole), c.image.left())))
	if err != nil {
		return nil, err
	}
	c.hole += skipped
	size := int(min(blockSize, c.left()))
	if n := c.hole / size; n > 0 {
		c.hole -= n * size
		return c.zeros(ctx, size, n)
	}
	b, err := c.empty(ctx)
	if err != nil {
		return nil, err
	}
	b.data = b.buf[:size]
	clear(b.data[:c.hole])
	if err := c.image.read(b.data[c.hole:]); err != nil {
		return nil, err
	}
	c.hole = 0
	if allZero(b.data) {
		c.spare = b
		return c.zeros(ctx, size, 1)
	}
	return b, nil
}

func (c *cutter) empty(ctx context.Context) (*block, error) {
	if b := c.spare; b != nil {
		c.spare = nil
		return b, nil
	}
	return c.blocks.get(ctx)
}

// zeros returns a block that stands for n of that size.
func (c *cutter) zeros(ctx context.Context, size, n int) (*block, error) {
	b, err := c.hollow.get(ctx)
	if err == nil {
		b.data, b.again = zeros[:size], n-1
	}
	return b, err
}

// An imageReader reads an image of known size without reading holes.
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
