package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"emikit/lockfile"
	"emikit/manifest"
)

// UnbundleFile writes the image of the bundle to the file path, with holes where
// it holds zeros. The file appears there, replacing one of that name, only when
// everything has been checked and is on disk; until then the image grows in a
// hidden file beside it, of which nothing remains on an error or cancellation. What
// a run that was killed has left there, the next one for the same path removes. Of
// two at once for the same path the second is refused (ErrLocked).
//
// inputs are the files that the bundle is read from: if path is one of them, the
// error is ErrInput.
func UnbundleFile(ctx context.Context, m *manifest.Manifest, key manifest.Key, src Source, path string, inputs ...string) error {
	return writeImage(path, inputs, func(dst io.Writer) error { return Unbundle(ctx, m, key, src, dst) })
}

// RestoreFile is UnbundleFile, and the file gets the time of the image that was bundled,
// as tar gives it, if the bundle tells that.
func RestoreFile(ctx context.Context, m *manifest.Manifest, key manifest.Key, src Source, path string, inputs ...string) error {
	return writeImage(path, inputs, func(dst io.Writer) error {
		if image, ok := dst.(*sparseWriter); ok {
			image.dated = true
		}
		return Unbundle(ctx, m, key, src, dst)
	})
}

// writeImage has the file path written by unbundle, in the way of UnbundleFile.
func writeImage(path string, inputs []string, unbundle func(dst io.Writer) error) error {
	dir, name := filepath.Split(path)
	if err := checkTarget(path); err != nil {
		return err
	}
	leftover := func(target string) bool { return target == cutName(name) }
	if err := checkInputs(dir, inputs, func(file string) bool {
		target, hidden := hiddenTarget(file)
		return file == name || file == lockfile.Path("", name) || hidden && leftover(target)
	}); err != nil {
		return err
	}
	lock, err := lockfile.Acquire(dir, name)
	if err != nil {
		return err
	}
	sweep(dir, leftover)
	err = writeBesideImage(path, unbundle)
	return withCleanup(err, lock.Release())
}

// writeBesideImage is writeImage for whoever has the lock.
func writeBesideImage(path string, unbundle func(dst io.Writer) error) error {
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	image := &sparseWriter{f: f}
	err = unbundle(image)
	if err == nil {
		err = image.finish()
	}
	if err == nil && !image.time.IsZero() {
		err = os.Chtimes(f.Name(), image.time, image.time)
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

// sparseUnit is the length of the runs of zeros that become holes, in bytes; they
// begin at multiples of it.
const sparseUnit = 64 << 10

// A sparseWriter writes a new file and leaves holes for zeros.
type sparseWriter struct {
	f     *os.File
	off   int64
	begun int64 // up to here the system writes to the disk already
	dated bool  // the file gets the time of the member
	time  time.Time
}

// setTime is told when the member was last changed, in seconds since 1970.
func (w *sparseWriter) setTime(seconds int64) {
	const latest = 1 << 33 // the year 2242: no file system takes less
	if w.dated && seconds > 0 && seconds < latest {
		w.time = time.Unix(seconds, 0)
	}
}

// writebackStep is how many bytes of the file the system is asked to write to the disk
// at once.
const writebackStep = 8 << 20

func (w *sparseWriter) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		data, hole := w.cut(p)
		if _, err := w.f.WriteAt(p[:data], w.off); err != nil {
			return written - len(p), err
		}
		w.off += int64(data + hole)
		p = p[data+hole:]
		if w.off-w.begun >= writebackStep {
			startWriteback(w.f, w.begun, w.off-w.begun)
			w.begun = w.off
		}
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
