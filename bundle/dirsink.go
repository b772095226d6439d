package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"emikit/manifest"
)

// DirSink writes a bundle to a directory. The manifest comes last: while it is
// there, the bundle is complete. A bundle of the same name that was there before
// loses its manifest when the first part is written, and its superfluous parts at
// the end.
//
// It is used by one goroutine at a time. Either Commit or Abort must be called.
type DirSink struct {
	dir, name string
	made      bool // the directory
	lock      *lock
	replaced  bool
	retired   bool     // the manifest of an earlier bundle is gone
	written   []string // names of parts, in order
}

// NewDirSink locks name in dir, against other runs that write a bundle of that
// name there (ErrLocked), and makes dir if it is missing, but not its parents.
// Nothing that is there changes yet.
//
// inputs are the files that the bundle is made from: if the bundle would replace
// or remove one of them, the error is ErrInput.
func NewDirSink(dir, name string, inputs ...string) (*DirSink, error) {
	if err := checkBundleName(name); err != nil {
		return nil, err
	}
	if err := checkInputs(dir, inputs, func(file string) bool { return takes(name, file) }); err != nil {
		return nil, err
	}
	made, err := makeDir(dir)
	if err != nil {
		return nil, err
	}
	s := &DirSink{dir: dir, name: name, made: made}
	if s.lock, err = acquire(s.path(lockName(name))); err != nil {
		s.removeDir()
		return nil, err
	}
	if s.replaced, err = s.occupied(); err != nil {
		return nil, withCleanup(err, s.Abort())
	}
	return s, nil
}

// makeDir makes dir unless it is there, and says whether it did.
func makeDir(dir string) (made bool, err error) {
	err = os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// Replaced says whether the directory held a bundle of that name, or what was left
// of one.
func (s *DirSink) Replaced() bool { return s.replaced }

// occupied looks for what an earlier bundle has left.
func (s *DirSink) occupied() (bool, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return belongs(s.name, e.Name()) }), nil
}

// Put writes a part. It has its final name when Put returns.
func (s *DirSink) Put(ctx context.Context, part manifest.Part, body []byte) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if !partOf(s.name, part.Name) {
		return fmt.Errorf("part %.80q: %w", part.Name, errName)
	}
	if len(s.written) == 0 {
		if err := s.retire(); err != nil {
			return err
		}
	}
	if err := writeFile(s.path(part.Name), body); err != nil {
		return err
	}
	s.written = append(s.written, part.Name)
	return nil
}

// retire ends the bundle that was there: without its manifest it is none. That must
// be on disk before the first of its parts is replaced, or a power failure could
// leave the manifest beside parts that are not its own.
func (s *DirSink) retire() error {
	err := os.Remove(s.path(manifest.FileName(s.name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.retired = err == nil
	syncDir(s.dir)
	return err
}

// remove removes a file unless it is gone already.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeFile writes a file under a hidden name and renames it.
func writeFile(path string, body []byte) error {
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return settle(f, path, err)
}

// Commit removes stale parts and writes the manifest, after all parts have reached
// the disk, and gives the lock up. It returns the manifest's path. If it fails,
// Abort is still to be called.
func (s *DirSink) Commit(document []byte) (path string, err error) {
	path = s.path(manifest.FileName(s.name))
	if err := s.removeParts(s.written...); err != nil {
		return "", err
	}
	sweep(s.dir, func(target string) bool { return belongs(s.name, target) })
	if err := s.syncParts(); err != nil {
		return "", err
	}
	f, err := createBeside(path)
	if err != nil {
		return "", err
	}
	_, err = f.Write(document)
	if err := settleSynced(f, path, err); err != nil {
		return "", err
	}
	return path, s.release()
}

// syncParts makes sure that the parts and their names are on disk.
func (s *DirSink) syncParts() error {
	for _, name := range s.written {
		if err := syncFile(s.path(name)); err != nil {
			return err
		}
	}
	syncDir(s.dir)
	return nil
}

// removeParts removes every part of a bundle of this name but those called kept.
func (s *DirSink) removeParts(kept ...string) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, name := range kept {
		keep[name] = true
	}
	for _, e := range entries {
		if e.IsDir() || keep[e.Name()] || !partOf(s.name, e.Name()) {
			continue
		}
		if err := remove(s.path(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes the parts that were written, and the directory if NewDirSink made
// it, and gives the lock up. If an earlier bundle has lost its manifest already,
// what is left of its parts goes too: nothing could open them any more. After
// Commit it does nothing.
func (s *DirSink) Abort() error {
	if s.lock == nil {
		return nil
	}
	var errs []error
	if s.retired {
		errs = append(errs, s.removeParts())
	}
	for _, name := range s.written {
		errs = append(errs, remove(s.path(name)))
	}
	errs = append(errs, s.release())
	s.removeDir()
	return errors.Join(errs...)
}

func (s *DirSink) release() error {
	l := s.lock
	s.lock = nil
	return l.release()
}

// removeDir removes the directory if this run made it and nobody else has put
// anything there.
func (s *DirSink) removeDir() {
	if s.made {
		os.Remove(s.dir)
	}
}

func (s *DirSink) path(name string) string { return filepath.Join(s.dir, name) }
