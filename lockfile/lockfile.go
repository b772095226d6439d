package lockfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLocked: another run holds the lock.
var ErrLocked = errors.New("another run is writing it")

// maxName is the longest file name that file systems take, in bytes.
const maxName = 255

// Acquire takes the lock of what is called name in dir, or fails at once with
// ErrLocked.
func Acquire(dir, name string) (*Lock, error) {
	l, err := acquire(Path(dir, name))
	if errors.Is(err, ErrLocked) {
		return nil, hinted{fmt.Errorf("%s: %w", filepath.Join(dir, name), ErrLocked)}
	}
	return l, err
}

// Path is the file of that lock.
func Path(dir, name string) string {
	const room = maxName - len(".") - len(".lock")
	return filepath.Join(dir, "."+name[:min(len(name), room)]+".lock")
}

// remove removes a file unless it is gone already.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// hinted is an error with advice for the user.
type hinted struct{ error }

func (h hinted) Unwrap() error { return h.error }

// Hint returns the advice, one line.
func (h hinted) Hint() string { return "wait until it has ended, or use another directory" }
