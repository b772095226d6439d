package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// What a fetch does about failures that may pass. With both, an object store
// may be away for half a minute.
const (
	// fetchRetries is how often the fetch of one part is taken up again.
	fetchRetries = 6
	// DefaultRetryPause is how long it waits the first time; each time it is
	// twice as long as before.
	DefaultRetryPause = 500 * time.Millisecond
)

// retries are those that one part has left.
type retries struct {
	used  int
	pause time.Duration // before the next
}

// wait pauses before a part is asked for again. It returns the error that ends
// the fetch, if that is the end: when cause does not pass by waiting, when no
// retries are left, or when ctx has ended.
func (r *retries) wait(ctx context.Context, cause error) error {
	if ctx.Err() != nil || !passing(cause) {
		return cause
	}
	if r.used == fetchRetries {
		return fmt.Errorf("%w; it was asked for %d times", cause, 1+fetchRetries)
	}
	pause := time.NewTimer(r.pause)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
		return cause
	}
	r.used, r.pause = r.used+1, 2*r.pause
	return nil
}

// passing reports whether a failure may be one of the moment: of the network, or
// of a server that is busy, restarts, or says so. What a server refuses, and
// what is not what it should be, stays so.
func passing(err error) bool {
	if status, ok := errors.AsType[*statusError](err); ok {
		return status.code >= 500 || status.code == http.StatusTooManyRequests || status.code == http.StatusRequestTimeout
	}
	if about, ok := errors.AsType[*url.Error](err); ok {
		err = about.Err // the outer one claims to be of the network, whatever it is
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// statusError is an answer that is not a part.
type statusError struct{ code int }

func (e *statusError) Error() string {
	return fmt.Sprintf("the object store answered HTTP %d %s", e.code, http.StatusText(e.code))
}
