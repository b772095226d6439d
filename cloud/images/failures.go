package images

import (
	"maps"
	"sync"
	"time"
)

const (
	// failureBurst is how many checks of an account may fail one right after
	// the other because of what its key decrypts to.
	failureBurst = 10
	// failurePause is how long it takes until a failure is forgotten: at
	// length an account can have ten a minute.
	failurePause = 6 * time.Second
)

// failures remember how often checks of each account failed in a way that
// depends on the cloud's key. Each such answer is a guess at the key that an
// attacker got to make, so guessing is slow, for administrators as well: the
// key is the cloud's, not theirs. Checks that were in line already are counted
// too, also beyond the burst; the account then waits the longer. Safe for
// concurrent use.
type failures struct {
	mu sync.Mutex
	// forgotten is when the last failure of an account will be.
	forgotten map[string]time.Time
}

func newFailures() *failures { return &failures{forgotten: make(map[string]time.Time)} }

// add counts a failure.
func (f *failures) add(account string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.forgotten, func(_ string, at time.Time) bool { return at.Before(now) })
	at, counted := f.forgotten[account]
	if !counted {
		at = now
	}
	f.forgotten[account] = at.Add(failurePause)
}

// wait is how long the account has to wait before its next check may begin.
func (f *failures) wait(account string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, counted := f.forgotten[account]
	if !counted {
		return 0
	}
	return max(0, at.Sub(now)-(failureBurst-1)*failurePause)
}
