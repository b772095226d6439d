package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
)

// checkSparse compares a file with an image, run by run, and makes sure that the
// holes take no room.
func checkSparse(t *testing.T, path string, image *holey) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() != image.size {
		t.Fatalf("got a file of %d bytes (%v), want %d", info.Size(), err, image.size)
	}
	limit := int64(256 << 10) // for what the file system adds, and at both ends of a run
	for _, r := range image.runs {
		limit += r.size + 256<<10
		got := make([]byte, r.size)
		if _, err := f.ReadAt(got, r.off); err != nil || !bytes.Equal(got, bytes.Repeat([]byte("x"), int(r.size))) {
			t.Errorf("at %d: got %q (%v), want %d x", r.off, got, err, r.size)
		}
	}
	if room := room(info); room > limit {
		t.Errorf("the file takes %d bytes on disk for %d runs of data, want %d at most", room, len(image.runs), limit)
	}
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("%s: got %v (%v), want nothing in it", dir, entries, err)
	}
}

func TestUnbundleFile(t *testing.T) {
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200000, mib, 3*mib + 12345} {
		image := mixed(size)
		m, store := create(t, image, options(t, 0))
		path := filepath.Join(t.TempDir(), "disk.img")
		if err := os.WriteFile(path, []byte("what was there"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, image) {
			t.Errorf("image of %d bytes: got another of %d bytes (%v)", size, len(got), err)
		}
		if mode := fileMode(t, path); mode != newFileMode(t) {
			t.Errorf("got mode %v, want %v", mode, newFileMode(t))
		}
	}
}

func fileMode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// newFileMode is what the umask leaves of 0666.
func newFileMode(t *testing.T) os.FileMode {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	return fileMode(t, path)
}

// What was there stays when a bundle turns out to be bad, and nothing else appears.
func TestUnbundleFileLeavesNothing(t *testing.T) {
	m, store := create(t, noise(13, 3*mib), options(t, mib))
	m.Digest[3]++
	dir := t.TempDir()
	path := filepath.Join(dir, "disk.img")
	if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path); !errors.Is(err, bundle.ErrImageDigest) {
		t.Fatalf("got %v, want ErrImageDigest", err)
	}
	expectEmpty(t, dir)

	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	delete(store.parts, "disk.img.part.02")
	if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path); !errors.Is(err, bundle.ErrMissingPart) {
		t.Fatalf("got %v, want ErrMissingPart", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "mine" {
		t.Errorf("the file that was there now holds %.20q", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("got %v, want one file", entries)
	}
}

func TestUnbundleFileRefusesTargets(t *testing.T) {
	m, store := create(t, nil, options(t, 0))
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                                    "not a regular file",
		os.DevNull:                             "not a regular file",
		filepath.Join(dir, "none", "x"):        "no such file",
		filepath.Join(dir, "disk.img", "\x00"): "invalid",
	} {
		err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", path, err, want)
		}
	}
	expectEmpty(t, dir)
}

// A run that was killed leaves its hidden file; the next one for the same image
// removes it. Files that only look alike, or are another image's, stay.
func TestUnbundleFileRemovesLeftovers(t *testing.T) {
	m, store := create(t, []byte("image"), options(t, 0))
	for _, name := range []string{"disk.img", strings.Repeat("n", 255)} {
		dir := t.TempDir()
		cut := name[:min(len(name), 239)]
		for _, file := range []string{"." + cut + ".tmp-ABCDEFG234", ".other.tmp-ABCDEFG234", "." + cut[:8] + ".tmp-notes"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("half"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		want := []string{"." + cut[:8] + ".tmp-notes=half", ".other.tmp-ABCDEFG234=half", name + "=image"}
		slices.Sort(want)
		expectFiles(t, dir, want...)
	}
}

// Two runs for one image exclude each other, and so do a run that writes a bundle of
// that name; another image does not matter.
func TestUnbundleFileLock(t *testing.T) {
	m, store := create(t, []byte("image"), options(t, 0))
	path := filepath.Join(t.TempDir(), "disk.img")
	first := opening{store, func() {
		if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path); !errors.Is(err, bundle.ErrLocked) {
			t.Errorf("second run: got %v, want ErrLocked", err)
		}
		if _, err := bundle.NewDirSink(filepath.Dir(path), "disk.img"); !errors.Is(err, bundle.ErrLocked) {
			t.Errorf("bundling: got %v, want ErrLocked", err)
		}
		other := filepath.Join(t.TempDir(), "disk.img")
		if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, other); err != nil {
			t.Errorf("another image: %v", err)
		}
	}}
	if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), first, path); err != nil {
		t.Errorf("first run: %v", err)
	}
	expectFiles(t, filepath.Dir(path), "disk.img=image")
}

// opening does something when a part is opened.
type opening struct {
	*memory
	do func()
}

func (s opening) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	s.do()
	return s.memory.Open(ctx, part)
}

// A key that is called like the lock is not taken for one.
func TestUnbundleFileSparesLockedInput(t *testing.T) {
	m, store := create(t, nil, options(t, 0))
	dir := t.TempDir()
	key := filepath.Join(dir, ".disk.img.lock")
	if err := os.WriteFile(key, []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, filepath.Join(dir, "disk.img"), key)
	if !errors.Is(err, bundle.ErrInput) {
		t.Errorf("got %v, want ErrInput", err)
	}
	expectFiles(t, dir, ".disk.img.lock=key")
}

// A manifest may call the image what the key is called, or a part.
func TestUnbundleFileSparesInputs(t *testing.T) {
	m, store := create(t, nil, options(t, 0))
	dir := t.TempDir()
	path, link := filepath.Join(dir, "pk.pem"), filepath.Join(t.TempDir(), "link")
	if err := os.WriteFile(path, []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for _, input := range []string{path, link} {
		err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path, "/nosuch", input)
		if !errors.Is(err, bundle.ErrInput) {
			t.Errorf("input %s: got %v, want ErrInput", input, err)
		}
	}
	expectFiles(t, dir, "pk.pem=key")
}
