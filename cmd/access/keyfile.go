package access

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyFile is a private key on its way into a file. Beside the target there is
// a temporary file, mode 0600, until commit gives it the target's name.
type keyFile struct {
	target string
	temp   *os.File
}

func newKeyFile(target string) (*keyFile, error) {
	if info, err := os.Lstat(target); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: exists and is not a file", target)
	}
	temp, err := os.CreateTemp(filepath.Dir(target), ".emikit-key-*") // mode 0600
	if err != nil {
		var cause *fs.PathError // of a name that would mean nothing to the user
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	return &keyFile{target, temp}, nil
}

// commit writes the key and replaces the target.
func (k *keyFile) commit(key string) error {
	if _, err := k.temp.WriteString(key); err != nil {
		return err
	}
	if err := k.temp.Sync(); err != nil {
		return err
	}
	return os.Rename(k.temp.Name(), k.target)
}

// discard closes the temporary file and removes what commit did not take.
func (k *keyFile) discard() error {
	err := k.temp.Close()
	if removeErr := os.Remove(k.temp.Name()); !errors.Is(removeErr, fs.ErrNotExist) {
		err = errors.Join(err, removeErr)
	}
	return err
}
