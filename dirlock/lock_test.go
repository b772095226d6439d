package dirlock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"emikit/dirlock"
)

func acquire(t *testing.T, dir string) *dirlock.Lock {
	t.Helper()
	l, err := dirlock.Acquire(dir)
	if err != nil {
		t.Fatalf("Acquire = %v", err)
	}
	t.Cleanup(func() { _ = l.Release() })
	return l
}

func TestOneOwner(t *testing.T) {
	dir := t.TempDir()
	first := acquire(t, dir)
	_, err := dirlock.Acquire(dir)
	held, ok := errors.AsType[*dirlock.HeldError](err)
	if !ok || held.PID != os.Getpid() {
		t.Errorf("second owner: got %v, want one that names pid %d", err, os.Getpid())
	}
	for range 2 { // the second time it does nothing
		if err := first.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if got := acquire(t, dir).Killed(); got != 0 {
		t.Errorf("after a release: killed owner %d, want none", got)
	}
}

func TestKilledOwner(t *testing.T) {
	for content, want := range map[string]int{
		"4711\n": 4711, "": 0, "what?": 0, fmt.Sprintf("%050d", 1): 0,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "lock"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := acquire(t, dir).Killed(); got != want {
			t.Errorf("lock file %q: got killed owner %d, want %d", content, got, want)
		}
	}
}

func TestNoDirectory(t *testing.T) {
	if _, err := dirlock.Acquire(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}
