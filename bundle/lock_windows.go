package bundle

import (
	"errors"
	"fmt"

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
