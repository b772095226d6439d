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
	// maxChecks is how many unfinished checks an account other than an
	// administrator's may have.
	maxChecks = 8
)

// checks are the checks that run in the background.
type checks struct {
	ctx                 context.Context // ends with the service
	stop                context.CancelFunc
	digests, recoveries slots
	group               sync.WaitGroup

	mu      sync.Mutex
	running map[checkKey]*check
}

// check is one bundle being recovered, for all who wait for it.
type check struct {
	account string        // that began it
	done    chan struct{} // closed at the end

	mu      sync.Mutex // held while an image that waits for the check is stored
	settled bool       // false at the end: the service was closed
	err     error      // once settled: nil, a refusal, or a fault of the cloud
}

func newChecks() *checks {
	ctx, stop := context.WithCancel(context.Background())
	return &checks{
		ctx: ctx, stop: stop,
		digests:    make(slots, checkSlots),
		recoveries: make(slots, checkSlots),
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
	if limit > 0 && c.countLocked(account) >= limit {
		return nil, refuse(ErrTooManyChecks, "%d images of your account are being checked; "+
			"wait until one of them is not pending any more.", limit)
	}
	one := &check{account: account, done: make(chan struct{})}
	c.running[key] = one
	c.group.Go(func() {
		defer close(one.done)
		run(c.ctx, one)
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, key)
	})
	return one, nil
}

func (c *checks) countLocked(account string) (n int) {
	for _, one := range c.running {
		if one.account == account {
			n++
		}
	}
	return n
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

// slots bound how many do something at once.
type slots chan struct{}

// acquire waits for a turn; release ends it.
func (s slots) acquire(ctx context.Context) (release func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
