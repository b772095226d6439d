package bundle

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"emikit/lockfile"
)

// A file gets its name when it is complete. Until then it is a hidden file in the
// same directory, which other runs leave alone as long as its own lives: that holds
// the file itself, or the lock of the bundle that the file is for.

// createBeside creates a hidden file in the directory of path that can be renamed
// to it, and holds it against sweep. Its mode is that of any new file.
func createBeside(path string) (*os.File, error) {
	dir, name := filepath.Split(path)
	for {
		f, err := os.OpenFile(filepath.Join(dir, hiddenName(name)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		held, err := lockfile.Hold(f)
		if held {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, withCleanup(err, remove(f.Name()))
		}
	}
}

// sweep removes the hidden files in dir that runs which were killed have left: those
// whose target is wanted and that nobody holds. What cannot be removed stays; it is
// in nobody's way.
func sweep(dir string, wanted func(target string) bool) {
	entries, _ := os.ReadDir(cmp.Or(dir, "."))
	for _, e := range entries {
		if target, ok := hiddenTarget(e.Name()); ok && e.Type().IsRegular() && wanted(target) {
			lockfile.RemoveUnheld(filepath.Join(dir, e.Name()))
		}
	}
}

// settle gives f its name if err is nil; otherwise, or if that fails, it removes it.
func settle(f *os.File, path string, err error) error {
	if err != nil {
		f.Close()
	} else {
		err = lockfile.Rename(f, path)
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
