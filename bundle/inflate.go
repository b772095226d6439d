package bundle

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// inflate is the stage that decompresses. It refuses to let out more than limit
// bytes, and, as gzip does, takes several members for one stream (RFC 1952, 2.2)
// but nothing behind the last.
func inflate(ctx context.Context, in *blockReader, limit int64, blocks *pool, out chan<- *block) error {
	zip, err := gzip.NewReader(bufio.NewReaderSize(in, 64<<10))
	if err != nil {
		return in.cause(noEOF(err))
	}
	for total := int64(0); err == nil; {
		var b *block
		if b, err = blocks.get(ctx); err != nil {
			return err
		}
		var n int
		n, err = io.ReadFull(zip, b.buf)
		if total += int64(n); total > limit {
			return fmt.Errorf("%w: it holds more than %d bytes", ErrUnbundledSize, limit)
		}
		b.data = b.buf[:n]
		out <- b
	}
	if !atEnd(zip, err) {
		return in.cause(err)
	}
	close(out)
	return nil
}

// noEOF makes the end of a stream that never began an error like others.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// atEnd says whether err, from filling a block, means that zip came to its proper
// end. io.ReadFull gives io.ErrUnexpectedEOF for a block that is not full and for a
// stream that is cut off; reading on tells them apart.
func atEnd(zip *gzip.Reader, err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		_, err = zip.Read(make([]byte, 1))
	}
	return errors.Is(err, io.EOF)
}

// A blockReader reads the blocks of a queue as one stream and gives them back to
// their pool.
type blockReader struct {
	ctx    context.Context // of the pipeline that the reader is part of
	in     <-chan *block
	blocks *pool
	wait   bool   // for workers to be done with a block
	block  *block // being read
	rest   []byte // of it
	err    error  // why the pipeline stopped
}

func (r *blockReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// cause returns why reading failed with err: the pipeline stopped, or else the
// stream is not gzip.
func (r *blockReader) cause(err error) error {
	if r.err != nil {
		return r.err
	}
	return fmt.Errorf("%w: %w", ErrGzip, err)
}

// next moves on to the next block.
func (r *blockReader) next() error {
	if r.block != nil {
		r.blocks.put(r.block)
		r.block = nil
	}
	b, err := receive(r.ctx, r.in)
	if err == nil && b == nil {
		return io.EOF
	}
	if err == nil && r.wait {
		err = b.wait(r.ctx)
	}
	if err != nil {
		r.err = err
		return err
	}
	r.block, r.rest = b, b.data
	return nil
}
