package objects

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"emikit/cloud/caller"
	"emikit/cloud/state"
)

var owner = caller.Caller{Account: "000000000001", Name: "alice"}

// watched is a disk that tells of each step before it is taken, and does not
// take it when it gets an error.
type watched struct {
	osDisk
	before func(step, path string) error
}

func (w watched) create(path string) (diskFile, error) {
	if err := w.before("create", path); err != nil {
		return nil, err
	}
	f, err := w.osDisk.create(path)
	return watchedFile{f, path, w}, err
}

func (w watched) rename(from, to string) error {
	if err := w.before("rename", to); err != nil {
		return err
	}
	return w.osDisk.rename(from, to)
}

func (w watched) remove(path string) error {
	if err := w.before("remove", path); err != nil {
		return err
	}
	return w.osDisk.remove(path)
}

func (w watched) syncDir(dir string) error {
	if err := w.before("sync names", dir); err != nil {
		return err
	}
	return w.osDisk.syncDir(dir)
}

type watchedFile struct {
	diskFile
	path string
	watched
}

func (f watchedFile) Write(p []byte) (int, error) {
	if err := f.before("write", f.path); err != nil {
		return 0, err
	}
	return f.diskFile.Write(p)
}

func (f watchedFile) Sync() error {
	if err := f.before("sync", f.path); err != nil {
		return err
	}
	return f.diskFile.Sync()
}

// watch opens a store with the object bucket/key, the text old, whose disk calls
// before from then on.
func watch(t *testing.T, dir string) (s *Service, before *func(step, path string) error) {
	t.Helper()
	s = openIn(t, dir)
	if err := s.CreateBucket(t.Context(), owner, "bucket", "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), owner, "bucket", "key", strings.NewReader("old"), PutOptions{}); err != nil {
		t.Fatal(err)
	}
	before = new(func(step, path string) error)
	*before = func(string, string) error { return nil }
	s.files.disk = watched{before: func(step, path string) error { return (*before)(step, path) }}
	return s, before
}

func openIn(t *testing.T, dir string) *Service {
	t.Helper()
	db, err := state.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	err = db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO accounts (id, name, admin, created) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING", owner.Account, owner.Name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), db, dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// content is what the object bucket/key holds.
func content(t *testing.T, s *Service) string {
	t.Helper()
	_, body, err := s.Open(t.Context(), owner, "bucket", "key")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// stored lists the files of a store.
func stored(t *testing.T, s *Service) (names []string) {
	t.Helper()
	err := filepath.WalkDir(s.files.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// writes are the ways to give the object the text new.
func writes() map[string]func(ctx context.Context, s *Service) error {
	return map[string]func(ctx context.Context, s *Service) error{
		"put": func(ctx context.Context, s *Service) error {
			_, err := s.Put(ctx, owner, "bucket", "key", strings.NewReader("new"), PutOptions{})
			return err
		},
		"upload": func(ctx context.Context, s *Service) error {
			u, err := s.CreateUpload(ctx, owner, "bucket", "key", UploadOptions{})
			if err != nil {
				return err
			}
			p, err := s.PutPart(ctx, owner, u.UploadName, 1, strings.NewReader("new"), PartOptions{})
			if err != nil {
				return errors.Join(err, s.AbortUpload(ctx, owner, u.UploadName))
			}
			_, err = s.CompleteUpload(ctx, owner, u.UploadName, []PartName{{Number: 1, MD5: p.MD5}}, CompleteOptions{})
			return err
		},
	}
}

// A write is answered when its bytes, then their name, then the row are on the
// disk, in this order; only then the bytes that nobody needs any more go.
func TestNothingIsAnsweredBeforeItIsOnTheDisk(t *testing.T) {
	for name, write := range writes() {
		s, before := watch(t, t.TempDir())
		var steps []string
		*before = func(step, _ string) error {
			steps = append(steps, step+" ("+content(t, s)+")")
			return nil
		}
		if err := write(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []string{"create (old)", "write (old)", "sync (old)", "rename (old)", "sync names (old)", "remove (new)"}
		if !slices.Equal(steps, want) {
			t.Errorf("%s: got steps %q\nwant %q", name, steps, want)
		}
	}
}

// A disk that is full at any step keeps the old object, and nothing of the new.
func TestFullDisk(t *testing.T) {
	for name, write := range writes() {
		for _, full := range []string{"create", "write", "sync", "rename", "sync names"} {
			s, before := watch(t, t.TempDir())
			*before = func(step, path string) error {
				if step == full {
					return &fs.PathError{Op: step, Path: path, Err: syscall.ENOSPC}
				}
				return nil
			}
			if err := write(t.Context(), s); !errors.Is(err, ErrNoRoom) {
				t.Errorf("%s, full at %s: got %v, want ErrNoRoom", name, full, err)
			}
			if got := content(t, s); got != "old" {
				t.Errorf("%s, full at %s: got %q, want old", name, full, got)
			}
			if got := stored(t, s); len(got) != 1 {
				t.Errorf("%s, full at %s: got files %q, want one", name, full, got)
			}
		}
	}
}

// A full database is a full disk, too.
func TestFullDatabase(t *testing.T) {
	s, _ := watch(t, t.TempDir())
	err := s.db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("PRAGMA max_page_count = 1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	large := Attributes{Metadata: map[string]string{"k": strings.Repeat("v", MaxMetadata-1)}}
	for n := 0; err == nil && n < 1000; n++ { // until the pages that exist are full
		_, err = s.Put(t.Context(), owner, "bucket", strings.Repeat("k", n+1), strings.NewReader("new"), PutOptions{Attributes: large})
	}
	if !errors.Is(err, ErrNoRoom) {
		t.Errorf("got %v, want ErrNoRoom", err)
	}
	list, err := s.List(t.Context(), owner, "bucket", ListQuery{})
	if got := stored(t, s); err != nil || len(got) != len(list.Objects) {
		t.Errorf("got %d files, want as many as there are objects: %d, %v", len(got), len(list.Objects), err)
	}
}

// Ended before any step, the next start finds the object as it was or as it was
// to be, and no file that nothing names.
func TestEndAtAnyStep(t *testing.T) {
	for name, write := range writes() {
		data := t.TempDir()
		s, before := watch(t, data)
		ends := map[string]string{} // the data directory as it was before each step
		*before = func(step, _ string) error {
			ends[step] = filepath.Join(t.TempDir(), "data")
			return os.CopyFS(ends[step], os.DirFS(data))
		}
		if err := write(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(ends) != 6 {
			t.Errorf("%s: %d kinds of steps, want 6", name, len(ends))
		}
		for step, end := range ends {
			want := "old"
			if step == "remove" {
				want = "new"
			}
			again := openIn(t, end)
			if got := content(t, again); got != want {
				t.Errorf("%s, ended before %s: got %q, want %q", name, step, got, want)
			}
			if got := stored(t, again); len(got) != 1 {
				t.Errorf("%s, ended before %s: got files %q, want one", name, step, got)
			}
		}
	}
}
