package access

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"emikit/cmd/cli"
)

// keyRoom is reserved on disk for a private key in PEM form, in bytes; one of
// 4096 bits takes 3.2 KiB.
const keyRoom = 8 << 10

// keyFile is a private key on its way into a file. Beside the target there is
// a temporary file, mode 0600, until commit gives it the target's name.
type keyFile struct {
	target string
	temp   *os.File
}

// newKeyFile makes sure that there is a place, and room, for a key.
func newKeyFile(target string) (*keyFile, error) {
	if info, err := os.Lstat(target); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: exists and is not a file", target)
	}
	temp, err := os.CreateTemp(filepath.Dir(target), ".emikit-key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target, cli.Cause(err))
	}
	k := &keyFile{target, temp}
	if _, err := temp.Write(make([]byte, keyRoom)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", target, cli.Cause(err)), k.discard())
	}
	return k, nil
}

// commit writes the key and replaces the target.
func (k *keyFile) commit(key string) error {
	err := k.write(key)
	if err == nil {
		err = os.Rename(k.temp.Name(), k.target)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k.target, cli.Cause(err))
	}
	return nil
}

// write puts the key in the place of what was reserved.
func (k *keyFile) write(key string) error {
	if _, err := k.temp.WriteAt([]byte(key), 0); err != nil {
		return err
	}
	if err := k.temp.Truncate(int64(len(key))); err != nil {
		return err
	}
	return k.temp.Sync()
}

// discard closes the temporary file and removes what commit did not take.
func (k *keyFile) discard() error {
	err := k.temp.Close()
	if removeErr := os.Remove(k.temp.Name()); !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	return err
}
