package access

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"emikit/cmd/cli"
)

// keyRoom is reserved on disk for a private key in PEM form, in bytes; one of
// 4096 bits takes 3.2 KiB.
const keyRoom = 8 << 10

// keyFile is a new file, mode 0600, for a private key. Until commit it holds
// nothing of worth.
type keyFile struct {
	path string
	file *os.File
	kept bool
}

// newKeyFile makes sure that there is a place, and room, for a key. What exists
// there may be the only copy of another key, so it is never replaced.
func newKeyFile(path string) (*keyFile, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, cli.WithHint(fmt.Errorf("%s: exists, and a private key is never written over", path),
			"name another file with -f, or remove this one first if nothing needs it")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cli.Cause(err))
	}
	k := &keyFile{path: path, file: file}
	if _, err := file.Write(make([]byte, keyRoom)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, cli.Cause(err)), k.discard())
	}
	return k, nil
}

// commit writes the key, and keeps the file.
func (k *keyFile) commit(key string) error {
	if err := k.write(key); err != nil {
		return fmt.Errorf("%s: %w", k.path, cli.Cause(err))
	}
	k.kept = true
	return nil
}

// write puts the key in the place of what was reserved.
func (k *keyFile) write(key string) error {
	if _, err := k.file.WriteAt([]byte(key), 0); err != nil {
		return err
	}
	if err := k.file.Truncate(int64(len(key))); err != nil {
		return err
	}
	return k.file.Sync()
}

// discard closes the file, and removes it unless it was kept.
func (k *keyFile) discard() error {
	err := k.file.Close()
	if !k.kept {
		err = errors.Join(err, os.Remove(k.path))
	}
	return err
}
