package identity

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// makePrivateDir makes dir, and what is above it, for the owner only.
func makePrivateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// replaceFile gives path these contents, readable to the owner only. Whoever
// reads path meanwhile, or after a crash, finds the old contents or the new.
func replaceFile(path string, contents []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(contents)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// updateFile is replaceFile unless path has these contents already.
func updateFile(path string, contents []byte) error {
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, contents) {
		return os.Chmod(path, 0o600)
	}
	return replaceFile(path, contents)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
