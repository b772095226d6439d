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
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
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
