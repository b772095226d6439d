package dirlock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// name is the file in the directory that its owner keeps locked.
const name = "lock"

// HeldError says that another process has the directory.
type HeldError struct {
	PID int // its process id; 0: not known
}

// Error implements error.
func (e *HeldError) Error() string {
	if e.PID == 0 {
		return "in use by another process"
	}
	return fmt.Sprintf("in use by another process (pid %d)", e.PID)
}

// errHeld is returned by lockFile when somebody else holds the lock.
var errHeld = errors.New("lock is held")

// Lock is a directory that this process has. The kernel takes it back when the
// process dies, however it dies, so what a dead owner leaves behind never
// stands in the way. A Lock is not safe for concurrent use.
type Lock struct {
	file   *os.File // nil when released
	killed int
}

// Acquire takes a directory, which must exist, or fails at once: with a
// [*HeldError] when another process has it.
func Acquire(dir string) (*Lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockFile(f)
	if errors.Is(err, errHeld) {
		return nil, errors.Join(&HeldError{owner(f)}, f.Close())
	}
	l := &Lock{file: f, killed: owner(f)}
	if err == nil {
		err = writeOwner(f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
	}
	return l, nil
}

// Killed is the process id of the last owner if that ended without Release; 0
// when the directory was left in good order.
func (l *Lock) Killed() int { return l.killed }

// Release gives the directory back; again, it does nothing. The file stays:
// removing it would let two processes lock two different files of the same name.
func (l *Lock) Release() error {
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.file.Truncate(0), l.file.Close())
	l.file = nil
	return err
}

func writeOwner(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// owner reads the process id from a lock file; 0 when it is not there (yet).
func owner(f *os.File) int {
	const longest = 32 // more is no number of ours
	text, err := io.ReadAll(io.NewSectionReader(f, 0, longest))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
