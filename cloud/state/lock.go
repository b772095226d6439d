package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file in the data directory that its owner keeps locked.
const lockName = "lock"

// ErrLocked is returned by Open when another process has the data directory.
var ErrLocked = errors.New("in use by another emikit cloud")

// errHeld is returned by lockFile when somebody else holds the lock.
var errHeld = errors.New("lock is held")

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

// lock is a held lock file. The kernel drops the lock when its holder dies,
// however it dies, so a lock file left behind never stands in the way.
type lock struct{ file *os.File }

func acquire(dir string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockFile(f)
	if errors.Is(err, errHeld) {
		return nil, errors.Join(&lockedError{pid: owner(f)}, f.Close())
	}
	if err == nil {
		err = writeOwner(f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	}
	return &lock{f}, nil
}

// release gives the lock back. The file stays: removing it would let two
// processes lock two different files of the same name.
func (l *lock) release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

func writeOwner(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// owner reads the process id from a lock file that somebody else holds; 0 when
// it is not there (yet).
func owner(f *os.File) int {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
