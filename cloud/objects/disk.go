package objects

import (
	"errors"
	"fmt"
	"io"
	"os"

	"emikit/cloud/state"
)

// disk is what writing files takes of a file system. Tests put another in its
// place, which fails or keeps a record.
type disk interface {
	create(path string) (diskFile, error) // for its owner only; there must be none
	rename(from, to string) error
	remove(path string) error
	syncDir(dir string) error // makes the names in dir durable
}

// diskFile is a file that is being written. Sync makes its bytes durable.
type diskFile interface {
	io.Writer
	Sync() error
	Close() error
}

// osDisk is the operating system's.
type osDisk struct{}

func (osDisk) create(path string) (diskFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &osFile{File: f}, nil
}

// writebackStep is how many bytes of a file the system is asked to write to the
// disk at a time, while more of it arrives.
const writebackStep = 2 << 20

// osFile is a file that goes to the disk as it grows.
type osFile struct {
	*os.File
	size, begun int64 // bytes: written, and of these on their way to the disk
}

// Write implements [io.Writer].
func (f *osFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if f.size += int64(n); f.size-f.begun >= writebackStep {
		startWriteback(f.File, f.begun, f.size-f.begun)
		f.begun = f.size
	}
	return n, err
}

func (osDisk) rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) remove(path string) error { return os.Remove(path) }

func (osDisk) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// noRoom makes [ErrNoRoom] of an error that says so in the words of a file
// system or the database.
func noRoom(err error) error {
	if errors.Is(err, state.ErrFull) || diskFull(err) {
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	return err
}
