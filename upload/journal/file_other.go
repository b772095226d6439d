//go:build !unix

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// openFile opens or makes the file, unless something else is in its place.
func openFile(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file", path)
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
