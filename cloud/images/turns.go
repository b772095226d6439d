package images

import (
	"context"
	"slices"
	"sync"
)

// turns let a few do something at once, and of each account only one. The
// others of an account stand in line behind it, in the order in which they
// came, and a place that comes free goes to the account that has waited for it
// longest: however many stand in its line, an account keeps another waiting for
// one of them only. Safe for concurrent use.
type turns struct {
	mu    sync.Mutex
	free  int                // places that nobody has
	lines map[string][]*turn // by account; the first has a place, or is in heads
	heads []*turn            // those that wait for a place, the first longest
}

// turn is a place, or a wish for one. Whoever joined must leave.
type turn struct {
	of      *turns
	account string
	granted chan struct{} // closed when it has a place
}

func newTurns(places int) *turns {
	return &turns{free: places, lines: make(map[string][]*turn)}
}

// join puts the account in line, without waiting. It returns nil when limit, if
// above 0, many of the account are in it already.
func (t *turns) join(account string, limit int) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	line := t.lines[account]
	if limit > 0 && len(line) >= limit {
		return nil
	}
	one := &turn{of: t, account: account, granted: make(chan struct{})}
	t.lines[account] = append(line, one)
	if len(line) == 0 {
		t.heads = append(t.heads, one)
		t.grantLocked()
	}
	return one
}

// wait returns when the place is granted, or the context ends.
func (n *turn) wait(ctx context.Context) error {
	select {
	case <-n.granted:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives the place back, or the wish for it up.
func (n *turn) leave() {
	t := n.of
	t.mu.Lock()
	defer t.mu.Unlock()
	line := t.lines[n.account]
	i := slices.Index(line, n)
	line = slices.Delete(line, i, i+1)
	t.lines[n.account] = line
	if i > 0 {
		return
	}
	if waiting := slices.Index(t.heads, n); waiting >= 0 {
		t.heads = slices.Delete(t.heads, waiting, waiting+1)
	} else {
		t.free++
	}
	if len(line) > 0 {
		t.heads = append(t.heads, line[0])
	} else {
		delete(t.lines, n.account)
	}
	t.grantLocked()
}

func (t *turns) grantLocked() {
	for t.free > 0 && len(t.heads) > 0 {
		close(t.heads[0].granted)
		t.heads = slices.Delete(t.heads, 0, 1)
		t.free--
	}
}
