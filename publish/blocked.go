package publish

import (
	"cmp"
	"context"
	"io"
)

// interruptible returns a reader of r whose Reads end with ctx, even while r
// itself is blocked, as a Read of a terminal or of a pipe is. stop is to be called
// when no more is wanted.
//
// Nothing can wake a goroutine that is blocked in such a Read, so after ctx ended
// one may stay behind until r gives something or ends. It touches nothing of the
// caller's but r.
func interruptible(ctx context.Context, r io.Reader) (reader io.Reader, stop func()) {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		in.CloseWithError(err) // nil: io.EOF
	}()
	cancel := context.AfterFunc(ctx, func() { in.CloseWithError(context.Cause(ctx)) })
	return out, func() {
		cancel()
		out.Close()
	}
}

// interruptibleWriter returns a writer to w whose Writes end with ctx, even while w
// itself is blocked, as a pipe is that nobody reads. finish is to be called when no
// more is written, with the error that ended it: it waits until w has taken
// everything, and returns w's error or the one that it was given.
//
// As with interruptible, a goroutine may stay behind after ctx ended.
func interruptibleWriter(ctx context.Context, w io.Writer) (writer io.Writer, finish func(error) error) {
	out, in := io.Pipe()
	copied := make(chan error, 1)
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, out, make([]byte, copyBuffer))
		out.CloseWithError(err)
		copied <- err
	}()
	cancel := context.AfterFunc(ctx, func() { out.CloseWithError(context.Cause(ctx)) })
	return in, func(err error) error {
		defer cancel()
		in.Close()
		select {
		case werr := <-copied:
			return cmp.Or(err, werr)
		case <-ctx.Done():
			return cmp.Or(err, context.Cause(ctx))
		}
	}
}

// copyBuffer is how much of the image is passed on at once, in bytes.
const copyBuffer = 256 << 10

// await returns what f returns, but not later than ctx ends: f may be blocked in
// opening a pipe, or a file of a server that has gone. It may then stay behind,
// and what it returns is dropped.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
