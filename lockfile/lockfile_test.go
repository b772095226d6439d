package lockfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"emikit/lockfile"
)

func acquire(t *testing.T, dir, name string) *lockfile.Lock {
	t.Helper()
	l, err := lockfile.Acquire(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func release(t *testing.T, l *lockfile.Lock) {
	t.Helper()
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(lockfile.Path(dir, "disk.img"), nil, 0o666); err != nil { // a killed run left it
		t.Fatal(err)
	}
	first := acquire(t, dir, "disk.img")
	_, err := lockfile.Acquire(dir, "disk.img")
	var hint interface{ Hint() string }
	if !errors.Is(err, lockfile.ErrLocked) || !errors.As(err, &hint) || err.Error() != filepath.Join(dir, "disk.img")+": another run is writing it" {
		t.Errorf("second: got %v, want ErrLocked, what is being written, and a hint", err)
	}
	release(t, acquire(t, dir, "other"))
	release(t, first)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	release(t, acquire(t, dir, "disk.img"))
}

// TestOneAtATime: whoever has the lock is alone, although each removes the file.
func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	alone := make(chan struct{}, 1)
	for range 4 {
		group.Go(func() {
			for done := 0; done < 200; {
				l, err := lockfile.Acquire(dir, "disk.img")
				if errors.Is(err, lockfile.ErrLocked) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case alone <- struct{}{}:
				default:
					t.Error("two have the lock")
				}
				<-alone
				release(t, l)
				done++
			}
		})
	}
	group.Wait()
}

func TestPathFits(t *testing.T) {
	if base := filepath.Base(lockfile.Path("dir", strings.Repeat("n", 255))); len(base) != 255 || !strings.HasSuffix(base, "n.lock") {
		t.Errorf("got a name of %d bytes, %s, want 255", len(base), base)
	}
	if _, err := lockfile.Acquire(t.TempDir()+"/none", "a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: got %v, want ErrNotExist", err)
	}
}
