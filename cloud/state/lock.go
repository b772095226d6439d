package state

import (
	"errors"
	"fmt"

	"emikit/dirlock"
)

// ErrLocked is returned by Open when another process has the data directory.
var ErrLocked = errors.New("in use by another emikit cloud")

// lockedError is ErrLocked with the owner's process id, when that is known.
type lockedError struct{ pid int }

func (e *lockedError) Error() string {
	if e.pid == 0 {
		return ErrLocked.Error()
	}
	return fmt.Sprintf("%v (pid %d)", ErrLocked, e.pid)
}

func (e *lockedError) Is(target error) bool { return target == ErrLocked }

func (e *lockedError) Hint() string {
	return "stop that one first, or choose another data directory with --data"
}

// acquire takes the directory for this process.
func acquire(dir string) (*dirlock.Lock, error) {
	l, err := dirlock.Acquire(dir)
	if held, ok := errors.AsType[*dirlock.HeldError](err); ok {
		return nil, &lockedError{held.PID}
	}
	return l, err
}
