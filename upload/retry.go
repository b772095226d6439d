package upload

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"time"

	"emikit/reach"
)

// backoff says how often a request is made again, and how long to wait before:
// a random time of at most base, doubled each time, up to limit.
type backoff struct {
	attempts    int
	base, limit time.Duration
}

// defaultBackoff makes five attempts, as ec2-upload-bundle --retry does, within
// about ten seconds.
func defaultBackoff() backoff {
	return backoff{attempts: 5, base: 500 * time.Millisecond, limit: 5 * time.Second}
}

// longest is the longest wait before the given attempt, counted from 1.
func (b backoff) longest(attempt int) time.Duration { return min(b.base<<(attempt-1), b.limit) }

// left is how long all waits from the given attempt on take at most.
func (b backoff) left(attempt int) (sum time.Duration) {
	for ; attempt < b.attempts; attempt++ {
		sum += b.longest(attempt)
	}
	return sum
}

// wait sleeps before the given attempt, counted from 1.
func (b backoff) wait(ctx context.Context, attempt int) error {
	longest := b.longest(attempt)
	timer := time.NewTimer(longest/2 + rand.N(longest/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// retry calls try until it succeeds, fails for good, or has failed too often. A
// request that was signed for another region than the store's is made once more.
func (s *Store) retry(ctx context.Context, name string, t *teller, try func() error) error {
	moved := false
	for attempt := 1; ; attempt++ {
		err := try()
		if err == nil {
			s.reached.Store(true)
			return nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if !moved && s.adoptRegion(ctx, err) {
			moved = true
			continue
		}
		if attempt == s.backoff.attempts || !s.transient(err) {
			return err
		}
		t.tell(Event{Kind: Retrying, Name: name, Err: err, Wait: s.backoff.left(attempt)})
		if err := s.backoff.wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// transient reports whether the same request may succeed later.
func (s *Store) transient(err error) bool {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return transientRefusal(refusal)
	}
	if errors.Is(err, ErrTruncated) {
		return true
	}
	connect, ok := errors.AsType[*ConnectError](err)
	if !ok || reach.Settled(connect.Err) {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](connect.Err); ok {
		return dns.IsTemporary
	}
	// Where nobody has ever answered, the address is wrong or the service is
	// not running; waiting does not help the user.
	return s.reached.Load() || !errors.Is(connect.Err, syscall.ECONNREFUSED)
}

func transientRefusal(e *Error) bool {
	switch e.Code {
	case "RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "Throttling", "RequestLimitExceeded":
		return true
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
