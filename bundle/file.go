package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"emikit/manifest"
)

// UnbundleFile writes the image of the bundle to the file path, with holes where
// it holds zeros. The file appears there, replacing one of that name, only when
// everything has been checked and is on disk; until then the image grows in a
// hidden file beside it, of which nothing remains on an error or cancellation.
func UnbundleFile(ctx context.Context, m *manifest.Manifest, key manifest.Key, src Source, path string) error {
	if err := checkTarget(path); err != nil {
		return err
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	image := &sparseWriter{f: f}
	err = Unbundle(ctx, m, key, src, image)
	if err == nil {
		err = image.finish()
	}
	return settleSynced(f, path, err)
}

// checkTarget refuses to put a file in the place of something else.
func checkTarget(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // not there; or else creating it says what is wrong
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w", path, errNotRegular)
	}
	return nil
}

var errNotRegular = errors.New("not a regular file")

// createBeside creates a hidden file in the directory of path that can be renamed
// to it. Its mode is that of any new file.
func createBeside(path string) (*os.File, error) {
	dir, name := filepath.Split(path)
	for {
		f, err := os.OpenFile(filepath.Join(dir, hiddenName(name)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// settle gives f its name if err is nil; otherwise, or if that fails, it removes it.
func settle(f *os.File, path string, err error) error {
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return withCleanup(err, remove(f.Name()))
	}
	return nil
}

// settleSynced is settle for a file that must still be there, and whole, after a
// power failure.
func settleSynced(f *os.File, path string, err error) error {
	if err == nil {
		err = f.Sync()
	}
	if err := settle(f, path, err); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

// syncFile makes sure that a file is on disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// syncDir makes renames in dir durable where the system can. Where it cannot
// (Windows, some network file systems) there is nothing to be done about it.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// withCleanup adds to err that cleaning up after it failed too.
func withCleanup(err, cleanup error) error {
	if cleanup == nil {
		return err
	}
	return errors.Join(err, cleanup)
}

// sparseUnit is the length of the runs of zeros that become holes, in bytes; they
// begin at multiples of it.
const sparseUnit = 64 << 10

// A sparseWriter writes a new file and leaves holes for zeros.
type sparseWriter struct {
	f   *os.File
	off int64
}

func (w *sparseWriter) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		data, hole := w.cut(p)
		if _, err := w.f.WriteAt(p[:data], w.off); err != nil {
			return written - len(p), err
		}
		w.off += int64(data + hole)
		p = p[data+hole:]
	}
	return written, nil
}

// cut returns how many bytes of data p begins with, and how many zeros follow them
// that need not be written.
func (w *sparseWriter) cut(p []byte) (data, hole int) {
	for data < len(p) {
		n := w.unit(p, data)
		if allZero(p[data : data+n]) {
			return data, n
		}
		data += n
	}
	return data, 0
}

// unit returns how much of p there is from i to the next boundary in the file.
func (w *sparseWriter) unit(p []byte, i int) int {
	n := sparseUnit - int((w.off+int64(i))%sparseUnit)
	return min(n, len(p)-i)
}

// skip leaves a hole of n bytes.
func (w *sparseWriter) skip(n int64) error {
	w.off += n
	return nil
}

// finish gives the file its length, which a hole at the end has not.
func (w *sparseWriter) finish() error { return w.f.Truncate(w.off) }
