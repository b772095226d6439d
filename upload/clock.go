package upload

import (
	"context"
	"errors"
	"net/http"

	"emikit/reach"
	"emikit/sign"
)

// isLate reports whether a refusal is for the time of the signature.
func (e *Error) isLate() bool { return e.Code == "RequestTimeTooSkewed" || e.Code == "RequestExpired" }

// isSkewed reports whether it is, or may be. To HEAD no store says why it refuses; where
// the clocks differ that much, it is why.
func (e *Error) isSkewed() bool {
	return e.isLate() || e.Status == http.StatusForbidden && (e.skew-e.signedAhead).Abs() > reach.SkewLimit
}

// adoptClock reports whether a request was refused for this machine's clock, and can be
// signed by the store's.
func (s *Store) adoptClock(ctx context.Context, err error, t *teller) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok || !refusal.isSkewed() || s.signer.credentials == (sign.Credentials{}) {
		return false
	}
	again, news := s.signer.clock.Adopt(refusal.skew, refusal.signedAhead)
	if news {
		s.notice(ctx, t, reach.ClockText(refusal.skew)+"; requests are signed by the server's")
	}
	return again
}
