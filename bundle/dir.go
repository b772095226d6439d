package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"emikit/manifest"
)

// Dir is a directory that holds the parts of a bundle. It may be used from several
// goroutines at once.
type Dir struct{ path string }

// OpenDir returns the directory as a Source. Nothing is read until a part is.
func OpenDir(path string) Dir { return Dir{path} }

// Open opens a part.
func (d Dir) Open(_ context.Context, part manifest.Part) (io.ReadCloser, error) {
	if err := manifest.CheckFileName(part.Name); err != nil {
		return nil, err
	}
	path := filepath.Join(d.path, part.Name)
	info, err := os.Stat(path) // before opening: a named pipe would block
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hinted{fmt.Errorf("%s: %w", path, ErrMissingPart), "say where the parts are (unbundle: -s DIR)"}
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, errNotRegular)
	}
	return os.Open(path)
}
