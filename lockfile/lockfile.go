package lockfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLocked: another run holds the lock.
var ErrLocked = errors.New("another run is writing there under that name")

// maxName is the longest file name that file systems take, in bytes.
const maxName = 255

// Path is the lock of those who write files in dir that belong to name.
func Path(dir, name string) string {
	const room = maxName - len(".") - len(".lock")
	return filepath.Join(dir, "."+name[:min(len(name), room)]+".lock")
}

// locked says which lock could not be had.
func locked(path string, err error) error {
	if errors.Is(err, ErrLocked) {
		return hinted{fmt.Errorf("%s: %w", path, err)}
	}
	return fmt.Errorf("%s: %w", path, err)
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
