//go:build unix

package lockfile

import (
	"errors"
	"os"
	"syscall"
)

// Lock is a file that one run holds. The system drops the lock when its holder
// dies, so what a killed run leaves behind keeps nobody out.
type Lock struct {
	f         *os.File
	exclusive bool
}

func acquire(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o666)
		if err != nil {
			return nil, err
		}
		exclusive, err := try(f)
		if err != nil {
			f.Close()
			return nil, err
		}
		if stillThere(f, path) {
			return &Lock{f, exclusive}, nil
		}
		f.Close() // its holder has just removed it; lock the next one
	}
}

// Exclusive says whether others are really kept out. A file system without locks
// cannot do that, which is no reason not to write to it.
func (l *Lock) Exclusive() bool { return l.exclusive }

// Release removes the file while it is still locked, then gives the lock up.
func (l *Lock) Release() error {
	return errors.Join(remove(l.f.Name()), l.f.Close())
}

// try locks f unless somebody else has.
func try(f *os.File) (exclusive bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return false, ErrLocked
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return false, nil
	}
	return err == nil, err
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

// Hold locks a hidden file that was just created. Another run's sweep may have been
// faster, and then it is no longer there.
func Hold(f *os.File) (held bool, err error) {
	_, err = try(f)
	if errors.Is(err, ErrLocked) {
		return false, nil
	}
	return err == nil && stillThere(f, f.Name()), err
}

// RemoveUnheld removes a hidden file unless a run holds it. Where files cannot be
// locked, nobody knows, and it stays.
func RemoveUnheld(path string) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = remove(path)
	}
}

// Rename gives a hidden file its name while it is still held, then closes it.
func Rename(f *os.File, path string) error {
	if err := os.Rename(f.Name(), path); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return errors.Join(err, remove(path))
	}
	return nil
}
