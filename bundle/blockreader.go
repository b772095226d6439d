package bundle

import (
	"context"
	"errors"
	"io"
)

// A blockReader reads the blocks of a queue as one stream and gives them back to
// their pool.
type blockReader struct {
	ctx   context.Context // of the pipeline that the reader is part of
	in    <-chan *block
	wait  bool   // for workers to be done with a block
	block *block // being read
	rest  []byte // of it
	err   error  // why the pipeline stopped
}

func (r *blockReader) Read(p []byte) (int, error) {
	rest, err := r.peek()
	if err != nil {
		return 0, err
	}
	if len(rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, rest)
	r.discard(n)
	return n, nil
}

// peek returns bytes that come next, without taking them; none at the end.
func (r *blockReader) peek() ([]byte, error) {
	for len(r.rest) == 0 {
		err := r.next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return r.rest, nil
}

// discard takes n of the bytes that peek returned.
func (r *blockReader) discard(n int) { r.rest = r.rest[n:] }

// copyTo copies n bytes to w.
func (r *blockReader) copyTo(w io.Writer, n int64) error {
	for n > 0 {
		rest, err := r.peek()
		if err != nil {
			return err
		}
		if len(rest) == 0 {
			return io.ErrUnexpectedEOF
		}
		rest = rest[:min(int64(len(rest)), n)]
		if _, err := w.Write(rest); err != nil {
			return err
		}
		r.discard(len(rest))
		n -= int64(len(rest))
	}
	return nil
}

// next moves on to the next block.
func (r *blockReader) next() error {
	if r.block != nil {
		r.block.home.put(r.block)
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

// noEOF makes the end of a stream, where more of it should be, an error like others.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
