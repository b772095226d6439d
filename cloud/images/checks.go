package images

import (
	"context"
	"sync"
)

const (
	// checkSlots is how many bundles are recovered at once, and how many have
	// their digests verified. Each uses all processors; more would only
	// share them.
	checkSlots = 2
	// maxChecks is how many unfinished checks an account may have.
	maxChecks = 8
	// maxAdminChecks is how many an administrator's may: enough for every
	// image of an installation at once.
	maxAdminChecks = 256
	// maxDigests is how many of an account's bundles may stand in line to have
	// their digests verified.
	maxDigests = 64
)

// checks are the checks that run in the background.
type checks struct {
	ctx                 context.Context // ends with the service
	stop                context.CancelFunc
	digests, recoveries *turns
	failures            *failures
	group               sync.WaitGroup

	mu      sync.Mutex
	running map[checkKey]*check
}

// check is one bundle being recovered, for all who wait for it.
type check struct {
	account string        // that began it
	turn    *turn         // its place among the recoveries
	done    chan struct{} // closed at the end

	mu      sync.Mutex // held while an image that waits for the check is stored
	settled bool       // false at the end: the service was closed
	err     error      // once settled: nil, a refusal, or a fault of the cloud
}

func newChecks() *checks {
	ctx, stop := context.WithCancel(context.Background())
	return &checks{
		ctx: ctx, stop: stop,
		digests:    newTurns(checkSlots),
		recoveries: newTurns(checkSlots),
		failures:   newFailures(),
		running:    make(map[checkKey]*check),
	}
}

// wait returns when no check runs any more.
func (c *checks) wait() { c.group.Wait() }

func (c *checks) find(key checkKey) *check {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running[key]
}

// begin returns the check that runs for a key, or starts one with run. A
// limit above 0 bounds how many an account may have.
func (c *checks) begin(key checkKey, account string, limit int, run func(context.Context, *check)) (*check, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.running[key]; one != nil {
		return one, nil
	}
	turn := c.recoveries.join(account, limit)
	if turn == nil {
		return nil, refuse(ErrTooManyChecks, "%d images of your account are being checked; "+
			"wait until one of them is not pending any more.", limit)
	}
	one := &check{account: account, turn: turn, done: make(chan struct{})}
	c.running[key] = one
	c.group.Go(func() {
		defer close(one.done)
		defer turn.leave()
		run(c.ctx, one)
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, key)
	})
	return one, nil
}

// conclude calls store with the state of an image that has waited for the
// check, or returns why there is to be no image. The lock sees to it that an
// image stored as pending is there before the check gives such images their
// state.
func (c *check) conclude(store func(State) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.settled:
		return store(StatePending)
	case c.err != nil:
		return c.err
	}
	return store(StateAvailable)
}
