package dirlock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// beyond is a place in the lock file after all that is ever written there: on
// this system nobody else could read what is locked.
const beyond = 1 << 20

// lockFile locks f until it is closed, or fails at once with errHeld.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: beyond})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}
