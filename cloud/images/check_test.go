package images

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"emikit/cloud/caller"
)

// gate holds up every check, but not the reading of digests before it, until
// it is opened.
type gate struct {
	open   chan struct{}
	passed map[string]bool // objects whose digests were read
}

// holdChecks lets each part be opened once, and then holds.
func (w *world) holdChecks() *gate {
	g := &gate{open: make(chan struct{}), passed: map[string]bool{}}
	w.objects.hook(func(ctx context.Context, name string) error {
		w.objects.mu.Lock()
		again := g.passed[name]
		g.passed[name] = strings.Contains(name, ".part.")
		w.objects.mu.Unlock()
		if !again {
			return nil
		}
		select {
		case <-g.open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return g
}

// impatient is a cloud whose registrations do not wait for the check.
func impatient(c *Config) { c.Budget = time.Nanosecond }

// checked waits for the checks that run.
func (w *world) checked() {
	w.Service.checks.mu.Lock()
	var running []*check
	for _, c := range w.Service.checks.running {
		running = append(running, c)
	}
	w.Service.checks.mu.Unlock()
	for _, c := range running {
		<-c.done
	}
}

func TestCheckBeyondTheBudget(t *testing.T) {
	w := newWorld(t, impatient)
	gate := w.holdChecks()
	good := w.upload(alice, "good.img")
	bad := w.upload(alice, "bad.img", foreignCloud)
	first, second, third := w.register(alice, good), w.register(alice, good), w.register(alice, bad)
	for _, img := range []Image{first, second, third} {
		if img.State != StatePending {
			t.Errorf("%s: got %s, want pending while the check is held up", img.Location, img.State)
		}
	}
	if first.ID == second.ID {
		t.Errorf("two registrations of one location share the id %s", first.ID)
	}
	_, err := w.Choose(t.Context(), alice, first.ID, "", "")
	if want := "Image " + first.ID + " is pending: its bundle is still being checked."; !errors.Is(err, ErrUnavailable) || err.Error() != want {
		t.Errorf("run while pending: got %v, want %s", err, want)
	}
	if others, err := w.Describe(t.Context(), mallory, Query{}); err != nil || len(others) > 0 {
		t.Errorf("another account sees %v, %v; want nothing that is pending", others, err)
	}

	close(gate.open)
	w.checked()
	for _, id := range []string{first.ID, second.ID} {
		if got := w.image(alice, id); got.State != StateAvailable || got.Reason != "" {
			t.Errorf("%s: got %s %q, want available", id, got.State, got.Reason)
		}
	}
	if got := w.image(alice, third.ID); got.State != StateFailed || got.Reason != unrecoverable {
		t.Errorf("bundled for another cloud: got %s %q, want failed, %q", got.State, got.Reason, unrecoverable)
	}
	_, err = w.Choose(t.Context(), alice, third.ID, "", "")
	if want := "Image " + third.ID + " cannot be run: " + unrecoverable; !errors.Is(err, ErrUnavailable) || err.Error() != want {
		t.Errorf("run a failed image: got %v, want %s", err, want)
	}
	if n := w.objects.opens(part(good, 0)); n != 2 {
		t.Errorf("the part of two registrations was read %d times, want 2: one check is shared", n)
	}
}

func TestCheckIsTakenUpAfterRestart(t *testing.T) {
	w := newWorld(t, impatient)
	gate := w.holdChecks()
	good := w.register(alice, w.upload(alice, "good.img"))
	bad := w.register(alice, w.upload(alice, "bad.img", foreignCloud))
	gone := w.upload(alice, "gone.img")
	lost := w.register(alice, gone)
	w.stop()
	if got := w.image(alice, good.ID); got.State != StatePending {
		t.Errorf("after Close: got %s %q, want pending", got.State, got.Reason)
	}
	w.objects.remove(part(gone, 1))
	close(gate.open)
	w.start()
	w.checked()
	for id, want := range map[string]State{good.ID: StateAvailable, bad.ID: StateFailed, lost.ID: StateFailed} {
		if got := w.image(alice, id); got.State != want {
			t.Errorf("%s: got %s %q, want %s", got.Location, got.State, got.Reason, want)
		}
	}
	if reason := w.image(alice, lost.ID).Reason; !strings.Contains(reason, "the parts were changed") {
		t.Errorf("a part was deleted: reason %q", reason)
	}
}

// TestReadErrorDoesNotLast: what the cloud failed at is tried again.
func TestReadErrorDoesNotLast(t *testing.T) {
	w := newWorld(t)
	location := w.upload(alice, "disk.img")
	broken := errors.New("disk on fire")
	w.objects.hook(func(_ context.Context, name string) error {
		if strings.Contains(name, ".part.") && w.objects.opens(name) > 0 {
			return broken
		}
		return nil
	})
	if _, err := w.Register(t.Context(), alice, Request{Location: location}); !errors.Is(err, broken) || isRefusal(err) {
		t.Errorf("got %v, want the store's own error", err)
	}
	w.objects.hook(nil)
	if img := w.register(alice, location); img.State != StateAvailable {
		t.Errorf("once the store works again: got %s, want available", img.State)
	}
}

func TestPendingImageOfAStoreThatFails(t *testing.T) {
	w := newWorld(t, impatient)
	release := make(chan struct{})
	w.objects.hook(func(_ context.Context, name string) error {
		if strings.Contains(name, ".part.") && w.objects.opens(name) > 0 {
			<-release
			return errors.New("disk on fire")
		}
		return nil
	})
	img := w.register(alice, w.upload(alice, "disk.img"))
	close(release)
	w.checked()
	if got := w.image(alice, img.ID); got.State != StateFailed || got.Reason != incomplete {
		t.Errorf("got %s %q, want failed, %q", got.State, got.Reason, incomplete)
	}
}

func TestUnfinishedChecksAreLimited(t *testing.T) {
	w := newWorld(t, impatient)
	gate := w.holdChecks()
	for n := range maxChecks {
		w.register(alice, w.upload(alice, "disk"+strings.Repeat("x", n)))
	}
	over := w.upload(alice, "over")
	if _, err := w.Register(t.Context(), alice, Request{Location: over}); !errors.Is(err, ErrTooManyChecks) {
		t.Errorf("one more: got %v, want %v", err, ErrTooManyChecks)
	}
	w.register(mallory, w.upload(mallory, "another-account"))
	for n := range maxChecks + 1 {
		w.register(admin, w.upload(admin, "disk"+strings.Repeat("x", n)))
	}
	close(gate.open)
	w.checked()
	w.register(alice, over)
}

// TestLineForDigestsIsLimited: registrations that wait for their parts to be
// read hold up few resources, but not any number of times.
func TestLineForDigestsIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		open := make(chan struct{})
		w.objects.hook(func(_ context.Context, name string) error {
			if strings.Contains(name, ".part.") {
				<-open
			}
			return nil
		})
		location := w.upload(alice, "disk.img")
		results := make(chan error)
		for range maxDigests {
			go func() {
				_, err := w.Register(context.Background(), alice, Request{Location: location})
				results <- err
			}()
		}
		synctest.Wait()
		if _, err := w.Register(t.Context(), alice, Request{Location: location}); !errors.Is(err, ErrTooManyChecks) {
			t.Errorf("one more: got %v, want %v", err, ErrTooManyChecks)
		}
		close(open)
		for range maxDigests {
			if err := <-results; err != nil {
				t.Errorf("in the line: %v", err)
			}
		}
	})
}

func TestCallerWhoGivesUp(t *testing.T) {
	w := newWorld(t)
	gate := w.holdChecks()
	location := w.upload(alice, "disk.img")
	ctx, cancel := context.WithCancel(t.Context())
	inner := w.objects.onOpen
	w.objects.hook(func(c context.Context, name string) error {
		if strings.Contains(name, ".part.") && w.objects.opens(name) > 0 {
			cancel()
		}
		return inner(c, name)
	})
	if _, err := w.Register(ctx, alice, Request{Location: location}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if left, err := w.Describe(t.Context(), alice, Query{}); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	close(gate.open)
	w.checked()
	if img := w.register(alice, location); img.State != StateAvailable {
		t.Errorf("after the check ended: got %s, want available", img.State)
	}
}

func TestConcurrentRegistrations(t *testing.T) {
	w := newWorld(t)
	locations := []string{w.upload(alice, "a.img"), w.upload(alice, "b.img"), w.upload(alice, "c.img", foreignCloud)}
	type answer struct {
		location string
		err      error
	}
	answers := make(chan answer)
	const each = 4
	for _, location := range locations {
		for range each {
			go func() {
				_, err := w.Register(context.Background(), caller.Caller{Account: alice.Account}, Request{Location: location})
				answers <- answer{location, err}
			}()
		}
	}
	for range each * len(locations) {
		a := <-answers
		if a.location == locations[2] {
			if !errors.Is(a.err, ErrUnrecoverable) {
				t.Errorf("%s: got %v, want %v", a.location, a.err, ErrUnrecoverable)
			}
		} else if a.err != nil {
			t.Errorf("%s: %v", a.location, a.err)
		}
	}
}

// TestSuspendedWhileRegistering: when the cloud ends, a registration does not
// lose what it has come to.
func TestSuspendedWhileRegistering(t *testing.T) {
	w := newWorld(t)
	gate := w.holdChecks()
	location := w.upload(alice, "disk.img")
	inner := w.objects.onOpen
	w.objects.hook(func(ctx context.Context, name string) error {
		if strings.Contains(name, ".part.") && w.objects.opens(name) > 0 {
			w.Suspend()
		}
		return inner(ctx, name)
	})
	during := w.register(alice, location)
	after := w.register(alice, w.upload(alice, "another.img"))
	for _, img := range []Image{during, after} {
		if img.State != StatePending {
			t.Errorf("%s: got %s, want pending", img.Location, img.State)
		}
	}
	w.stop()
	close(gate.open)
	w.objects.hook(nil)
	w.start()
	w.checked()
	for _, img := range []Image{during, after} {
		if got := w.image(alice, img.ID); got.State != StateAvailable {
			t.Errorf("%s in the next run: got %s %q, want available", img.Location, got.State, got.Reason)
		}
	}
}

// TestRecordThatCannotBeRead: one of them does not keep the others, and the
// cloud, from starting.
func TestRecordThatCannotBeRead(t *testing.T) {
	w := newWorld(t, impatient)
	gate := w.holdChecks()
	bad, good := w.register(alice, w.upload(alice, "bad.img")), w.register(alice, w.upload(alice, "good.img"))
	w.stop()
	err := w.db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE images SET manifest = x'00' WHERE id = ?`, bad.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	close(gate.open)
	w.start()
	w.checked()
	for id, want := range map[string]State{bad.ID: StatePending, good.ID: StateAvailable} {
		if got := w.image(alice, id); got.State != want {
			t.Errorf("%s: got %s %q, want %s", got.Location, got.State, got.Reason, want)
		}
	}
}
