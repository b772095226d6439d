package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// silence is how long a request waits for a server that does not take, or send, the
	// next watchUnit bytes. AWS ends such connections after 20 seconds itself; a busy
	// server's disk may take longer.
	silence = 2 * time.Minute
	// watchUnit is what counts as progress, in bytes: a server that lets single bytes
	// trickle is silent, too.
	watchUnit = 64 << 10
)

// errSilent is why a request ends that a server does not go on with.
var errSilent = errors.New("the server is silent")

// A watch ends a request whose server has gone silent. Time in which nobody waits for
// the server, because nobody reads its answer, does not count.
type watch struct {
	limit  time.Duration
	cancel context.CancelCauseFunc
	ctx    context.Context // of the request

	mu    sync.Mutex // the transport may still send when the answer has come
	timer *time.Timer
	ended bool // sending
}

// watchOver begins to watch a request that is going to be made with the context that it
// returns. end must be called, or the body of the answer be closed.
func watchOver(ctx context.Context, limit time.Duration) (context.Context, *watch) {
	w := &watch{limit: limit}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(limit, w.silent)
	return w.ctx, w
}

func (w *watch) silent() { w.cancel(fmt.Errorf("%w for %v", errSilent, w.limit)) }

// end lets go of the request.
func (w *watch) end() {
	w.answered()
	w.cancel(nil)
}

// answered ends the time that the server has for the request.
func (w *watch) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.timer.Stop()
}

// sent gives the server time anew.
func (w *watch) sent() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.timer.Reset(w.limit)
	}
}

// why is the cause of an error of the request's.
func (w *watch) why(err error) error {
	if cause := context.Cause(w.ctx); errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

// sending watches a body being sent.
func (w *watch) sending(body io.ReadCloser) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	return &sentBody{ReadCloser: body, watch: w}
}

type sentBody struct {
	io.ReadCloser
	watch *watch
	since int // bytes, since there was progress
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.since += n; b.since >= watchUnit || err != nil {
		b.since = 0
		b.watch.sent()
	}
	return n, err
}

// receiving watches an answer's body being read.
func (w *watch) receiving(body io.ReadCloser) io.ReadCloser {
	w.answered()
	return &receivedBody{body: body, watch: w, left: w.limit}
}

// receivedBody is read by one goroutine at a time.
type receivedBody struct {
	body  io.ReadCloser
	watch *watch
	left  time.Duration // for the rest of this watchUnit
	since int           // bytes of it
}

func (b *receivedBody) Read(p []byte) (int, error) {
	b.watch.timer.Reset(b.left)
	start := time.Now()
	n, err := b.body.Read(p)
	b.watch.timer.Stop()
	b.left = max(1, b.left-time.Since(start))
	if b.since += n; b.since >= watchUnit {
		b.left, b.since = b.watch.limit, 0
	}
	if err != nil && err != io.EOF {
		err = b.watch.why(err)
	}
	return n, err
}

// Close lets go of the request.
func (b *receivedBody) Close() error {
	err := b.body.Close()
	b.watch.end()
	return err
}
