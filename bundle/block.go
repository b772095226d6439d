package bundle

import (
	"bytes"
	"context"
)

// blockSize is the length of a full block in bytes. Blocks are compressed
// independently of each other; at 1 MiB that costs well under one per cent of the
// compressed size.
const blockSize = 1 << 20

// zeros is never written to. It stands for every run of zero bytes.
var zeros [blockSize]byte

// allZero says whether data, at most blockSize bytes, is nothing but zeros.
func allZero(data []byte) bool { return bytes.Equal(data, zeros[:len(data)]) }

// A block is a piece of a stream on its way through a pipeline. Exactly one stage
// owns it at a time; sending it on gives it away.
type block struct {
	home *pool  // where it goes back to
	buf  []byte // the block's own memory
	data []byte // the bytes it carries: in buf, or a slice of zeros
	// again is how many times more data stands in the stream. Bundling has that for holes.
	again int

	// Used by stages that work on several blocks at once.
	ready chan struct{} // receives once when a worker is done with the block
	zip   bytes.Buffer  // a compressor's own memory
	out   []byte        // data compressed: in zip, or shared and read-only
	crc   uint32        // the CRC-32 of data

	// Used by decryption.
	iv   [16]byte // the ciphertext block before this one
	last bool     // padding follows the data

	piece piece // used by decompression
}

// wait returns when a worker has finished the block.
func (b *block) wait(ctx context.Context) error {
	select {
	case <-b.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A pool is the fixed set of blocks that circulate in a pipeline. It bounds the
// pipeline's memory: whoever starts a block waits until one is free.
type pool struct {
	free chan *block
	size int // capacity of a block's buffer in bytes
}

// newPool returns a pool of n blocks. Their memory is allocated when they are
// first used, so a short stream does not pay for a long one.
func newPool(n, size int) *pool {
	p := &pool{free: make(chan *block, n), size: size}
	for range n {
		p.free <- &block{home: p, ready: make(chan struct{}, 1)}
	}
	return p
}

// get waits for a free block. Its data is empty.
func (p *pool) get(ctx context.Context) (*block, error) {
	b, err := receive(ctx, p.free)
	if err != nil {
		return nil, err
	}
	if b.buf == nil {
		b.buf = make([]byte, p.size)
	}
	b.data, b.again, b.out, b.last = b.buf[:0], 0, nil, false
	return b, nil
}

// put gives a block back. It never waits.
func (p *pool) put(b *block) { p.free <- b }

// queue returns a channel between two stages. It has room for every block of the
// pools, so sending never waits.
func queue(pools ...*pool) chan *block {
	n := 0
	for _, p := range pools {
		n += cap(p.free)
	}
	return make(chan *block, n)
}

// receive waits for the next block. At the end of the stream it returns nil.
func receive(ctx context.Context, in <-chan *block) (*block, error) {
	select {
	case b := <-in:
		return b, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// each calls f for every block until in is closed.
//
// A stage closes its output only after each has returned nil: to the next stage a
// closed channel means the end of the stream, never a failure.
func each(ctx context.Context, in <-chan *block, f func(*block) error) error {
	for {
		b, err := receive(ctx, in)
		if b == nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
	}
}
