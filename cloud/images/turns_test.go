package images

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
)

// granted lists the turns, by name, that have a place.
func granted(all map[string]*turn) (names []string) {
	for name, n := range all {
		select {
		case <-n.granted:
			names = append(names, name)
		default:
		}
	}
	slices.Sort(names)
	return names
}

// TestTurnsAreFair: an account has one place at most, and however many it has in
// line, the others come between them.
func TestTurnsAreFair(t *testing.T) {
	turns := newTurns(2)
	all := map[string]*turn{}
	for _, name := range []string{"a1", "a2", "a3", "b1", "c1", "b2", "d1"} {
		all[name] = turns.join(name[:1], 0)
	}
	for _, step := range []struct{ leaves, has string }{
		{"", "a1 b1"},
		{"a1", "b1 c1"}, // c waits longer than a does for its second
		{"c1", "b1 d1"},
		{"b1", "a2 d1"},
		{"a2", "b2 d1"},
		{"a3", "b2 d1"}, // gives up while it waits
		{"d1", "b2"},
		{"b2", ""},
	} {
		if step.leaves != "" {
			all[step.leaves].leave()
			delete(all, step.leaves)
		}
		if got := strings.Join(granted(all), " "); got != step.has {
			t.Errorf("after %q leaves: got %q with a place, want %q", step.leaves, got, step.has)
		}
	}
	if turns.free != 2 || len(turns.lines)+len(turns.heads) > 0 {
		t.Errorf("left behind: %d free, lines %v, heads %v", turns.free, turns.lines, turns.heads)
	}
}

func TestTurnsGivenUp(t *testing.T) {
	turns := newTurns(1)
	first, second, third := turns.join("a", 3), turns.join("a", 3), turns.join("a", 3)
	if turns.join("a", 3) != nil {
		t.Error("a fourth got into a line of three")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := second.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: got %v, want %v", err, context.Canceled)
	}
	second.leave()
	first.leave()
	if err := third.wait(t.Context()); err != nil {
		t.Errorf("the next in line: %v", err)
	}
	third.leave()
	if len(turns.lines) > 0 || turns.free != 1 {
		t.Errorf("left behind: %v, %d free", turns.lines, turns.free)
	}
}

// TestOneCheckAtATimeForEach: an account with eight checks under way keeps
// nobody else from having one.
func TestOneCheckAtATimeForEach(t *testing.T) {
	w := newWorld(t)
	busy := occupy(w, "alice/")
	w.Service.config.Budget = 1
	for n := range maxChecks {
		w.register(alice, w.upload(alice, "disk"+strings.Repeat("x", n)))
	}
	w.Service.config.Budget = w.config.Budget
	if img := w.register(mallory, w.upload(mallory, "disk.img")); img.State != StateAvailable {
		t.Errorf("mallory's image beside eight of alice's: got %s, want available", img.State)
	}
	if got := busy.most(); got > 1 {
		t.Errorf("alice has %d bundles recovered at once, want 1", got)
	}
	close(busy.open)
	w.checked()
	if got := busy.most(); got != 1 {
		t.Errorf("alice had %d bundles recovered at once, want 1", got)
	}
}

// occupied holds up the recoveries of an account, and counts them.
type occupied struct {
	open chan struct{}

	mu      sync.Mutex
	current map[string]bool // bundles
	highest int
}

// occupy holds up whatever reads a part the second time.
func occupy(w *world, prefix string) *occupied {
	o := &occupied{open: make(chan struct{}), current: map[string]bool{}}
	w.objects.hook(func(ctx context.Context, name string) error {
		bundle, index, isPart := strings.Cut(name, ".part.")
		if !isPart || !strings.HasPrefix(name, prefix) || w.objects.opens(name) == 0 {
			return nil
		}
		o.mu.Lock()
		o.current[bundle] = index != "02" // the last
		running := 0
		for _, is := range o.current {
			if is {
				running++
			}
		}
		o.highest = max(o.highest, running)
		o.mu.Unlock()
		select {
		case <-o.open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return o
}

func (o *occupied) most() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.highest
}
