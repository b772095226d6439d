package bundle

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"emikit/bundle/inflate"
)

// A gunzip stage takes the pieces of a gzip stream in order and sends on what they
// hold. Pieces that a worker could inflate, it passes on; all else it inflates
// itself. As gzip does, it takes several members for one stream (RFC 1952, 2.2) but
// nothing behind the last.
type gunzip struct {
	ctx    context.Context // of the pipeline
	tries  *attempts
	blocks *pool // for what it inflates itself, each with a window before its data
	out    chan<- *block
	limit  int64 // on what comes out, in bytes

	in      memberState // what the stream goes on with
	members int         // that have ended
	decoder inflate.Decoder
	rest    []byte // of the piece before, not used yet
	total   int64  // bytes that came out
	crc     uint32 // of this member's
	size    uint32 // of this member, modulo 2^32

	window []byte // the last bytes that came out
	block  *block // being filled
	dst    []byte // in it: the window, then what is being inflated
	begin  int    // of the latter
	end    int
}

// memberState is where in a gzip member the stream is.
type memberState uint8

const (
	inHeader memberState = iota
	inDeflate
	inTrailer
)

// inflateAll is the stage that puts the pieces of in together.
func inflateAll(ctx context.Context, tries *attempts, limit int64, in <-chan *block, blocks *pool, out chan<- *block) error {
	g := &gunzip{ctx: ctx, tries: tries, blocks: blocks, out: out, limit: limit}
	if err := each(ctx, in, g.piece); err != nil {
		return err
	}
	if err := g.finish(); err != nil {
		return err
	}
	close(out)
	return nil
}

// piece passes on a piece that was inflated alone, if it begins where a deflate
// block does, or else inflates it.
func (g *gunzip) piece(b *block) error {
	if err := b.wait(g.ctx); err != nil {
		return err
	}
	if b.piece.whole && g.in == inDeflate && len(g.rest) == 0 && g.decoder.AtBoundary() {
		g.tries.succeed()
		if err := g.flush(); err != nil {
			return err
		}
		return g.send(b)
	}
	g.tries.fail()
	src := b.piece.after(g.rest)
	for {
		n, err := g.take(src)
		src = src[n:]
		if errors.Is(err, inflate.ErrInput) {
			break
		}
		if err != nil {
			return err
		}
	}
	g.rest = append(g.rest[:0], src...)
	b.home.put(b)
	return nil
}

// take takes what it can of src. inflate.ErrInput asks for more.
func (g *gunzip) take(src []byte) (taken int, err error) {
	switch g.in {
	case inHeader:
		return g.header(src)
	case inDeflate:
		return g.inflate(src)
	}
	return g.trailer(src)
}

// filled is how much has been inflated and not been sent.
func (g *gunzip) filled() int {
	if g.block == nil {
		return 0
	}
	return g.end - g.begin
}

// inflate inflates what it can of src.
func (g *gunzip) inflate(src []byte) (int, error) {
	if err := g.makeRoom(); err != nil {
		return 0, err
	}
	end, n, err := g.decoder.Decode(g.dst, g.end, src)
	g.end = end
	switch {
	case errors.Is(err, inflate.ErrOutput):
		return n, g.flush()
	case errors.Is(err, inflate.ErrCorrupt):
		return n, fmt.Errorf("%w: %w", ErrGzip, err)
	case err == nil:
		g.in = inTrailer
		err = g.flush() // the trailer has the sum of it
	}
	return n, err
}

// makeRoom sees to it that there is a block to inflate to.
func (g *gunzip) makeRoom() (err error) {
	if g.block != nil {
		return nil
	}
	if g.block, err = g.blocks.get(g.ctx); err != nil {
		return err
	}
	g.dst = g.block.buf[windowSize-len(g.window):]
	g.begin = copy(g.dst, g.window)
	g.end = g.begin
	return nil
}

// flush sends what has been inflated so far.
func (g *gunzip) flush() error {
	if g.filled() == 0 {
		return nil
	}
	b := g.block
	b.data, g.block = g.dst[g.begin:g.end], nil
	return g.send(b)
}

// send passes data on, and keeps what the stream may refer to.
func (g *gunzip) send(b *block) error {
	g.total += int64(len(b.data))
	if g.total > g.limit {
		return fmt.Errorf("%w: it holds more than %d bytes", ErrUnbundledSize, g.limit)
	}
	g.crc = crc32.Update(g.crc, crc32.IEEETable, b.data)
	g.size += uint32(len(b.data))
	g.remember(b.data)
	g.out <- b
	return nil
}

// remember keeps the last bytes of the stream, of which data are the newest.
func (g *gunzip) remember(data []byte) {
	if len(data) >= windowSize {
		g.window = append(g.window[:0], data[len(data)-windowSize:]...)
		return
	}
	if surplus := len(g.window) + len(data) - windowSize; surplus > 0 {
		g.window = append(g.window[:0], g.window[surplus:]...)
	}
	g.window = append(g.window, data...)
}

// finish makes sure that the stream ended with a member.
func (g *gunzip) finish() error {
	if g.in != inHeader || g.members == 0 || len(g.rest) > 0 {
		return fmt.Errorf("%w: %w", ErrGzip, io.ErrUnexpectedEOF)
	}
	return nil
}
