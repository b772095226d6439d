package upload

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"emikit/sign"
)

// skewLimit is the difference of clocks from which on signatures are refused: five
// minutes with EC2 and Eucalyptus, fifteen with S3.
const skewLimit = 5 * time.Minute

// clock is the one that requests are signed by: this machine's, put right by the
// store's where that has refused it.
type clock struct{ ahead atomic.Int64 } // of this machine's, in nanoseconds

func (c *clock) now() time.Time            { return time.Now().Add(c.offset()) }
func (c *clock) offset() time.Duration     { return time.Duration(c.ahead.Load()) }
func (c *clock) adopt(ahead time.Duration) { c.ahead.Store(int64(ahead)) }

// dateOf is a server's clock, and how far it is ahead of this machine's; both are zero
// where it does not show it.
func dateOf(h http.Header) (date time.Time, ahead time.Duration) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}, 0
	}
	return date, time.Until(date).Truncate(time.Second)
}

// isLate reports whether a refusal is for the time of the signature.
func (e *Error) isLate() bool { return e.Code == "RequestTimeTooSkewed" || e.Code == "RequestExpired" }

// isSkewed reports whether it is, or may be. To HEAD no store says why it refuses; where
// the clocks differ that much, it is why.
func (e *Error) isSkewed() bool {
	return e.isLate() || e.Status == http.StatusForbidden && (e.skew-e.signedAhead).Abs() > skewLimit
}

// adoptClock reports whether a request was refused for this machine's clock, and can be
// signed by the store's.
func (s *Store) adoptClock(ctx context.Context, err error, t *teller) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok || !refusal.isSkewed() || s.signer.credentials == (sign.Credentials{}) {
		return false
	}
	if (refusal.skew - refusal.signedAhead).Abs() < time.Minute {
		return false // it was signed by the store's clock already, or the store shows none
	}
	if before := s.signer.clock.offset(); (refusal.skew - before).Abs() < time.Minute {
		return true // put right by another request meanwhile
	}
	s.signer.clock.adopt(refusal.skew)
	s.notice(ctx, t, clockText(refusal.skew)+"; requests are signed by the server's")
	return true
}

// clockText says how far off this machine's clock is, by the server's.
func clockText(ahead time.Duration) string {
	off := strings.TrimSuffix(ahead.Abs().Round(time.Minute).String(), "0s")
	if ahead < 0 {
		return "this machine's clock is " + off + " ahead of the server's"
	}
	return "this machine's clock is " + off + " behind the server's"
}
