package lockfile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// Lock is a file that only one run can open. The system removes it when its holder
// closes it or dies.
type Lock struct{ handle windows.Handle }

func acquire(path string) (*Lock, error) {
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
	return &Lock{h}, nil
}

// Exclusive says whether others are really kept out.
func (l *Lock) Exclusive() bool { return true }

// Release gives the lock up, which removes the file.
func (l *Lock) Release() error { return windows.CloseHandle(l.handle) }

// Hold has nothing to do: the system lets nobody remove a file that is open.
func Hold(*os.File) (held bool, err error) { return true, nil }

// RemoveUnheld removes a hidden file unless a run has it open.
func RemoveUnheld(path string) { _ = remove(path) }

// Rename gives a hidden file its name. The system wants it closed.
func Rename(f *os.File, path string) error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
