package publish

import (
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
