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

const (
	// DefaultRetries is how often a request that fails is made again: for about 50
	// seconds, in which a server starts anew, or a network comes back.
	DefaultRetries = 7
	// DefaultRetryFor is the time in which that is done, however long a server asks to
	// be left alone.
	DefaultRetryFor = 5 * time.Minute
	// adaptions is how often a request is made again in another way at once: signed for
	// another time, and for another region at another address.
	adaptions = 3
)

// backoff says how often a request is made again, and how long to wait before: a random
// time of at most base, doubled each time, up to limit. None is begun after within.
type backoff struct {
	attempts    int // in all
	base, limit time.Duration
	within      time.Duration // 0: without end
}

func newBackoff(retries int, within time.Duration) backoff {
	b := backoff{attempts: 1 + DefaultRetries, base: 500 * time.Millisecond, limit: 20 * time.Second, within: DefaultRetryFor}
	if retries != 0 {
		b.attempts = 1 + max(0, retries)
	}
	if within > 0 {
		b.within = within
	}
	return b
}

// longest is the longest wait before the given attempt, counted from 1.
func (b backoff) longest(attempt int) time.Duration {
	return min(b.base<<min(attempt-1, 16), b.limit) // more doublings would overflow
}

// left is how long all waits from the given attempt on take at most.
func (b backoff) left(attempt int) (sum time.Duration) {
	for ; attempt < b.attempts && (b.within == 0 || sum < b.within); attempt++ {
		sum += b.longest(attempt)
	}
	return sum
}

// pause is a wait before the given attempt, counted from 1. Half of it is chance, so
// that requests that failed together do not come back together.
func (b backoff) pause(attempt int) time.Duration {
	longest := b.longest(attempt)
	return longest/2 + rand.N(longest/2+1)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// retry calls try until it succeeds, fails for good, or has failed too often or for too
// long. A request that was made at the wrong place, or signed by a wrong clock, is made
// once more at once.
func (s *Store) retry(ctx context.Context, name string, t *teller, try func() error) error {
	start, adapted := time.Now(), 0
	for attempt := 1; ; attempt++ {
		err := try()
		s.learn(err)
		if err == nil {
			return nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if adapted < adaptions && s.adapt(ctx, err, t) {
			adapted++
			attempt--
			continue
		}
		wait, again := s.again(err, attempt, time.Since(start))
		if !again {
			return err
		}
		t.tell(Event{Kind: Retrying, Name: name, Err: err, Pause: wait, Wait: s.stillFor(wait, attempt, time.Since(start))})
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// learn remembers that the store has answered.
func (s *Store) learn(err error) {
	if _, refused := errors.AsType[*Error](err); err == nil || refused {
		s.reached.Store(true)
	}
}

// adapt reports whether a request is made otherwise from now on.
func (s *Store) adapt(ctx context.Context, err error, t *teller) bool {
	return s.adoptRegion(ctx, err) || s.adoptClock(ctx, err, t)
}

// again says whether a request that has failed with err is made again, and when: not
// before the server wants it to. The last one is made when the time is over.
func (s *Store) again(err error, attempt int, spent time.Duration) (wait time.Duration, again bool) {
	if attempt >= s.backoff.attempts || !s.transient(err) {
		return 0, false
	}
	wait = s.backoff.pause(attempt)
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.RetryAfter > 0 {
		wait += refusal.RetryAfter
	}
	if s.backoff.within == 0 {
		return wait, true
	}
	rest := s.backoff.within - spent
	return min(wait, rest), rest > 0
}

// stillFor is how long this may go on: with this wait and those after it.
func (s *Store) stillFor(wait time.Duration, attempt int, spent time.Duration) time.Duration {
	still := max(wait, s.backoff.longest(attempt)) + s.backoff.left(attempt+1)
	if s.backoff.within == 0 {
		return still
	}
	return min(still, s.backoff.within-spent)
}

// notice says once what was found and got around.
func (s *Store) notice(ctx context.Context, t *teller, text string) {
	s.log.DebugContext(ctx, text)
	switch {
	case t != nil && t.fn != nil:
		t.tell(Event{Kind: Noticed, Err: errors.New(text)})
	case s.notices != nil:
		s.notices(text)
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
	// Where nobody has ever answered, the address is wrong or the service is
	// not running; waiting does not help the user.
	if s.reached.Load() {
		return true
	}
	if dns, ok := errors.AsType[*net.DNSError](connect.Err); ok {
		return dns.IsTemporary || dns.IsTimeout
	}
	return !errors.Is(connect.Err, syscall.ECONNREFUSED) && !errors.Is(connect.Err, syscall.EHOSTUNREACH) && !errors.Is(connect.Err, syscall.ENETUNREACH)
}

// transientRefusal: what is forbidden or not there stays so, whatever it is called.
func transientRefusal(e *Error) bool {
	if e.Status == http.StatusForbidden || e.Status == http.StatusNotFound {
		return false
	}
	switch e.Code {
	case "RequestTimeout", "SlowDown", "SlowDownRead", "SlowDownWrite", "InternalError", "ServiceUnavailable",
		"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "OperationAborted", "IncompleteBody":
		return true
	}
	return transientStatus(e.Status)
}

// transientStatus reports whether a status is one of servers that are unwell, or of what
// stands in front of them.
func transientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusInsufficientStorage:
		return false
	}
	return status >= http.StatusInternalServerError
}
