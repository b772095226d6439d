package images

import (
	"context"
	"fmt"
	"time"

	"emikit/bundle"
	"emikit/cloud/caller"
)

// incomplete is the reason of an image whose check the cloud could not finish.
const incomplete = "the bundle could not be read to its end; register it again."

// examine finds out whether a bundle can be run and calls store with the state
// that its image has then. The digests of the parts are verified before it
// returns; recovering the image may go on in the background.
func (s *Service) examine(ctx context.Context, who caller.Caller, b *storedBundle, store func(State) error) error {
	v, known, err := s.recorded(ctx, b.key())
	switch {
	case err != nil:
		return err
	case known && v.passed:
		return store(StateAvailable)
	case known:
		return v.refusal()
	}
	c, err := s.startCheck(ctx, who, b)
	if err != nil {
		return err
	}
	budget := time.NewTimer(s.config.Budget)
	defer budget.Stop()
	select {
	case <-c.done:
	case <-budget.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return c.conclude(store)
}

// startCheck verifies the parts and starts the check, or joins the one that
// runs: whoever began that has verified the parts.
func (s *Service) startCheck(ctx context.Context, who caller.Caller, b *storedBundle) (*check, error) {
	if c := s.checks.find(b.key()); c != nil {
		return c, nil
	}
	if wait := s.checks.failures.wait(who.Account, time.Now()); wait > 0 {
		return nil, refuse(ErrTooManyFailures, "too many bundles of your account could not be recovered lately; "+
			"wait %d seconds before the next.", (wait+time.Second-1)/time.Second)
	}
	if err := s.verifyParts(ctx, who.Account, b); err != nil {
		return nil, err
	}
	limit := maxChecks
	if who.Admin {
		limit = maxAdminChecks
	}
	return s.checks.begin(b.key(), who.Account, limit, func(ctx context.Context, c *check) { s.run(ctx, c, b) })
}

// verifyParts compares each part with its digest, when it is the account's
// turn. Its refusals are precise: they tell nothing about a key.
func (s *Service) verifyParts(ctx context.Context, account string, b *storedBundle) error {
	turn := s.checks.digests.join(account, maxDigests)
	if turn == nil {
		return refuse(ErrTooManyChecks, "%d bundles of your account wait to be checked; ask again later.", maxDigests)
	}
	defer turn.leave()
	if err := turn.wait(ctx); err != nil {
		return err
	}
	_, err := bundle.Verify(ctx, b.manifest, s.source(b), bundle.VerifyOptions{})
	if err == nil || ctx.Err() != nil {
		return err
	}
	if fault := storageFault(err); fault != nil {
		return fault
	}
	return refuse(ErrBundle, "%v; upload the bundle again.", err)
}

// run is a check in the background. When the service closes meanwhile, the
// images that wait for it stay pending and the next run takes it up.
func (s *Service) run(ctx context.Context, c *check, b *storedBundle) {
	err := s.recoverImage(ctx, c, b)
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled, c.err = true, err
	v, lasts := verdictOf(err)
	log := s.config.Log.With("location", b.location.String())
	if v.passed {
		log.Info("image check passed")
	} else { // err does not say what was wrong with the decrypted data: logs are read, too
		log.Info("image check failed", "cause", err)
	}
	if err := s.settle(ctx, b.key(), v, lasts); err != nil {
		log.Error("record an image's check", "error", err)
	}
}

// verdictOf turns the end of a check into what is recorded. What the cloud
// failed at does not last: a later registration tries again.
func verdictOf(err error) (v verdict, lasts bool) {
	switch {
	case err == nil:
		return verdict{passed: true}, true
	case isRefusal(err):
		return verdict{reason: err.Error()}, true
	}
	return verdict{reason: incomplete}, false
}

// refusal is the error of a check that failed earlier.
func (v verdict) refusal() error {
	if v.reason == unrecoverable {
		return refuse(ErrUnrecoverable, unrecoverable)
	}
	return refuse(ErrBundle, "%s", v.reason)
}

// resume starts the checks that an earlier run left unfinished.
func (s *Service) resume(ctx context.Context) error {
	waiting, err := s.pending(ctx)
	if err != nil {
		return fmt.Errorf("unfinished image checks: %w", err)
	}
	for _, r := range waiting {
		b, err := r.bundle()
		if err != nil { // one bad record does not keep the cloud from starting
			s.config.Log.Error("take up an image's check", "image", r.ID, "error", err)
			continue
		}
		s.config.Log.Info("image check goes on", "image", r.ID, "location", r.Location)
		_, err = s.checks.begin(r.key, r.Owner, 0, func(ctx context.Context, c *check) { s.run(ctx, c, b) })
		if err != nil {
			return err
		}
	}
	return nil
}
