//go:build unix

package bundle

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// A lock is a file that only one run holds at a time. The system drops the lock
// when its holder dies, so what a killed run leaves behind keeps nobody out.
type lock struct{ f *os.File }

// acquire takes the lock, or fails at once with ErrLocked.
func acquire(path string) (*lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o666)
		if err != nil {
			return nil, err
		}
		if err := tryLock(f); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if stillThere(f, path) {
			return &lock{f}, nil
		}
		f.Close() // its holder has just removed it; lock the next one
	}
}

// tryLock locks f unless somebody else has. A file system without locks cannot keep
// others out, but that is no reason not to write to it.
func tryLock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return ErrLocked
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return nil
	}
	return err
}

// stillThere says whether path is the file that was locked.
func stillThere(f *os.File, path string) bool {
	locked, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(locked, there)
}

// release removes the file while it is still locked, then gives the lock up.
func (l *lock) release() error {
	return errors.Join(remove(l.f.Name()), l.f.Close())
}

// hold locks a hidden file that was just created. Another run's sweep may have been
// faster, and then it is no longer there.
func hold(f *os.File) (held bool, err error) {
	err = tryLock(f)
	if errors.Is(err, ErrLocked) {
		return false, nil
	}
	return err == nil && stillThere(f, f.Name()), err
}

// removeUnheld removes a hidden file unless a run holds it. Where files cannot be
// locked, nobody knows, and it stays.
func removeUnheld(path string) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = remove(path)
	}
}

// rename gives a hidden file its name while it is still held, then closes it.
func rename(f *os.File, path string) error {
	if err := os.Rename(f.Name(), path); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return withCleanup(err, remove(path))
	}
	return nil
}
