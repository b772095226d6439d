package bundle

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// A lock is a file that only one run can open. The system removes it when its
// holder closes it or dies.
type lock struct{ handle windows.Handle }

// acquire takes the lock, or fails at once with ErrLocked.
func acquire(path string) (*lock, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	const alone, attributes = 0, windows.FILE_ATTRIBUTE_TEMPORARY | windows.FILE_FLAG_DELETE_ON_CLOSE
	h, err := windows.CreateFile(name, windows.GENERIC_WRITE, alone, nil, windows.OPEN_ALWAYS, attributes, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		err = ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &lock{h}, nil
}

// release gives the lock up, which removes the file.
func (l *lock) release() error { return windows.CloseHandle(l.handle) }

// hold has nothing to do: the system lets nobody remove a file that is open.
func hold(*os.File) (held bool, err error) { return true, nil }

// removeUnheld removes a hidden file unless a run has it open.
func removeUnheld(path string) { _ = remove(path) }

// rename gives a hidden file its name. The system wants it closed.
func rename(f *os.File, path string) error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
