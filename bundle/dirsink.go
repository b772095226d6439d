package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"emikit/lockfile"
	"emikit/manifest"
)

// DirSink writes a bundle to a directory. Until Commit its parts are hidden files, so
// that a bundle of the same name that was there before stays whole until this one
// is complete; then it is replaced: its manifest goes first, the new one comes last,
// and while a manifest is there the bundle is complete.
//
// It is used by one goroutine at a time. Either Commit or Abort must be called.
type DirSink struct {
	dir, name string
	made      bool // the directory
	lock      *lockfile.Lock
	replaced  bool
	retired   bool     // the manifest of an earlier bundle is gone
	staged    []string // hidden files of parts that have no name yet
	parts     []string // the names they will have, in order
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
	if s.lock, err = lockfile.Acquire(dir, name); err != nil {
		s.removeDir()
		return nil, err
	}
	if s.replaced, err = s.occupied(); err != nil {
		return nil, withCleanup(err, s.Abort())
	}
	// What a killed run has staged is nobody's: its lock is ours now.
	sweep(dir, func(target string) bool { return belongs(name, target) })
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

// Put writes a part. It gets its name when the bundle is complete.
func (s *DirSink) Put(ctx context.Context, part manifest.Part, body []byte, done func()) error {
	defer done()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if !manifest.IsPartName(s.name, part.Name) {
		return fmt.Errorf("part %.80q: %w", part.Name, manifest.ErrName)
	}
	hidden, err := writeBeside(s.path(part.Name), body)
	if err != nil {
		return err
	}
	s.staged = append(s.staged, hidden)
	s.parts = append(s.parts, part.Name)
	return nil
}

// Rename gives the parts that were put other names, one for each, in their order. They
// have none before Commit.
func (s *DirSink) Rename(names []string) error {
	if len(names) != len(s.parts) {
		return fmt.Errorf("%s: %d names for %d parts", s.name, len(names), len(s.parts))
	}
	for _, name := range names {
		if !manifest.IsPartName(s.name, name) {
			return fmt.Errorf("part %.80q: %w", name, manifest.ErrName)
		}
	}
	s.parts = slices.Clone(names)
	return nil
}

// retire ends the bundle that was there: without its manifest it is none. That must
// be on disk before the first of its parts is replaced, or a power failure could
// leave the manifest beside parts that are not its own.
func (s *DirSink) retire() error {
	err := os.Remove(s.path(manifest.FileName(s.name)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.retired = true
	syncDir(s.dir)
	return nil
}

// remove removes a file unless it is gone already.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeBeside writes a hidden file that can be renamed to path, and returns its
// name. Nothing holds it against sweep but the lock of the bundle that it is for.
func writeBeside(path string, body []byte) (hidden string, err error) {
	f, err := createBeside(path)
	if err != nil {
		return "", err
	}
	if _, err = f.Write(body); err == nil {
		startWriteback(f, 0, int64(len(body)))
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", withCleanup(err, remove(f.Name()))
	}
	return f.Name(), nil
}

// Commit puts the bundle in its place, after all of it has reached the disk, and
// gives the lock up. It returns the manifest's path. If it fails, Abort is still to
// be called.
func (s *DirSink) Commit(document []byte) (path string, err error) {
	path = s.path(manifest.FileName(s.name))
	f, err := createBeside(path) // on disk before anything is replaced: it may be full
	if err != nil {
		return "", err
	}
	if _, err = f.Write(document); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = s.place()
	}
	if err := settleSynced(f, path, err); err != nil {
		return "", err
	}
	return path, s.release()
}

// place gives the parts their names, instead of those of an earlier bundle.
func (s *DirSink) place() error {
	for _, hidden := range s.staged {
		if err := syncFile(hidden); err != nil {
			return err
		}
	}
	if err := s.retire(); err != nil {
		return err
	}
	for i, name := range s.parts {
		if err := os.Rename(s.staged[i], s.path(name)); err != nil {
			return err
		}
	}
	syncDir(s.dir)
	return s.removeParts(s.parts...)
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
		if e.IsDir() || keep[e.Name()] || !manifest.IsPartName(s.name, e.Name()) {
			continue
		}
		if err := remove(s.path(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes what was written, and the directory if NewDirSink made it, and gives
// the lock up. An earlier bundle stays as it is, unless Commit has failed when it had
// lost its manifest already: then what is left of its parts goes too, for nothing
// could open them any more. After Commit it does nothing.
func (s *DirSink) Abort() error {
	if s.lock == nil {
		return nil
	}
	var errs []error
	if s.retired {
		errs = append(errs, s.removeParts())
	}
	for _, hidden := range s.staged {
		errs = append(errs, remove(hidden))
	}
	errs = append(errs, s.release())
	s.removeDir()
	return errors.Join(errs...)
}

func (s *DirSink) release() error {
	l := s.lock
	s.lock = nil
	return l.Release()
}

// removeDir removes the directory if this run made it and nobody else has put
// anything there.
func (s *DirSink) removeDir() {
	if s.made {
		os.Remove(s.dir)
	}
}

func (s *DirSink) path(name string) string { return filepath.Join(s.dir, name) }
