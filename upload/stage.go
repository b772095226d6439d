package upload

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"emikit/lockfile"
	"emikit/manifest"
)

// A stage is where the files of a bundle are until all of it is there: a hidden
// directory beside the place that they will have. As long as it is open no other run
// writes a bundle of that name there.
type stage struct {
	dir   string
	locks []*lockfile.Lock
}

// openStage makes a stage in dir for the bundle of m, whose manifest is called name.
// Two bundles meet if their images have one name, and if their manifests have. What
// a run that was killed has left there is removed.
func openStage(dir string, m *manifest.Manifest, name string) (*stage, error) {
	names := []string{m.Name, strings.TrimSuffix(name, manifestSuffix)}
	slices.Sort(names)
	s := new(stage)
	for _, name := range slices.Compact(names) {
		lock, err := lockfile.Acquire(dir, name)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.locks = append(s.locks, lock)
	}
	prefix := stagePrefix(m.Name)
	if s.exclusive() {
		removeLeftovers(dir, prefix)
	}
	var err error
	if s.dir, err = os.MkdirTemp(dir, prefix); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// stagePrefix begins the name of a stage; random digits follow.
func stagePrefix(name string) string {
	const room = 200 // bytes, of the 255 that a name can have
	return ".emikit-download-" + name[:min(len(name), room)] + "-"
}

// removeLeftovers removes stages, of which nobody who holds the lock has one.
func removeLeftovers(dir, prefix string) {
	entries, _ := os.ReadDir(dir) // what cannot be listed fails when it is written to
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), prefix)
		if ok && e.IsDir() && digits != "" && strings.Trim(digits, "0123456789") == "" {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // in nobody's way
		}
	}
}

func (s *stage) exclusive() bool {
	return !slices.ContainsFunc(s.locks, func(l *lockfile.Lock) bool { return !l.Exclusive() })
}

// close removes what is still in the stage and gives the locks up.
func (s *stage) close() error {
	var errs []error
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	for _, lock := range s.locks {
		errs = append(errs, lock.Release())
	}
	return errors.Join(errs...)
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// A budget is how many bytes all parts together may still have. Whoever wrote the
// manifest has set it, and must keep to it. It may be used from several goroutines
// at once.
type budget struct {
	mu    sync.Mutex
	total int64
	left  int64
}

func newBudget(total int64) *budget { return &budget{total: total, left: total} }

// take takes n bytes, or gives them back if n is negative.
func (b *budget) take(n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > b.left {
		return fmt.Errorf("%w: together they go on past %d bytes", ErrBundledSize, b.total)
	}
	b.left -= n
	return nil
}

// spent says whether all has been taken, as it must be in the end.
func (b *budget) spent() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left > 0 {
		return fmt.Errorf("%w: they hold %d bytes, the manifest says %d", ErrBundledSize, b.total-b.left, b.total)
	}
	return nil
}

// A partFile is a part that is being written, on the budget of its bundle.
type partFile struct {
	*os.File
	budget *budget
	taken  int64
}

func (f *partFile) Write(p []byte) (int, error) {
	if err := f.budget.take(int64(len(p))); err != nil {
		return 0, err
	}
	f.taken += int64(len(p))
	return f.File.Write(p)
}

// restart empties the file.
func (f *partFile) restart() error {
	_ = f.budget.take(-f.taken) // giving back never fails
	f.taken = 0
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	return f.Truncate(0)
}
