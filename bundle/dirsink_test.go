package bundle_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
)

func newSink(t *testing.T, dir, name string, inputs ...string) *bundle.DirSink {
	t.Helper()
	sink, err := bundle.NewDirSink(dir, name, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Abort() })
	return sink
}

func put(t *testing.T, sink *bundle.DirSink, name string, bodies ...string) {
	t.Helper()
	for i, body := range bodies {
		part := manifest.Part{Index: i, Name: manifest.PartName(name, i), Digest: sha1.Sum([]byte(body))}
		if err := sink.Put(t.Context(), part, []byte(body), func() {}); err != nil {
			t.Fatal(err)
		}
	}
}

func commit(t *testing.T, sink *bundle.DirSink, document string) string {
	t.Helper()
	path, err := sink.Commit([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// files returns what is in a directory, hidden files included, as NAME=CONTENT.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Name()+"="+string(body))
	}
	return list
}

func expectFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", dir, got, want)
	}
}

func isHidden(file string) bool { return strings.HasPrefix(file, ".") }

func TestDirSink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	sink := newSink(t, dir, "a")
	put(t, sink, "a", "one", "two")
	if visible := slices.DeleteFunc(files(t, dir), isHidden); len(visible) > 0 {
		t.Errorf("before Commit: got %q, want only hidden files", visible)
	}
	if path, want := commit(t, sink, "<manifest>"), filepath.Join(dir, "a.manifest.xml"); path != want {
		t.Errorf("got manifest %s, want %s", path, want)
	}
	if sink.Replaced() {
		t.Error("a new directory is said to have held a bundle")
	}
	if err := sink.Abort(); err != nil {
		t.Errorf("abort after commit: %v", err)
	}
	expectFiles(t, dir, "a.manifest.xml=<manifest>", "a.part.00=one", "a.part.01=two")
	for _, name := range []string{"a.manifest.xml", "a.part.00"} {
		if mode := fileMode(t, filepath.Join(dir, name)); mode != newFileMode(t) {
			t.Errorf("%s: got mode %v, want %v", name, mode, newFileMode(t))
		}
	}
}

// TestDirSinkRename: parts get other names before the bundle is complete, or none.
func TestDirSinkRename(t *testing.T) {
	dir := t.TempDir()
	sink := newSink(t, dir, "a")
	put(t, sink, "a", "one", "two")
	for _, names := range [][]string{{"a.part.0"}, {"a.part.0", "b.part.1"}, {"a.part.0", "../a.part.1"}, {"a.part.0", "a.manifest.xml"}} {
		if err := sink.Rename(names); err == nil {
			t.Errorf("%q were taken", names)
		}
	}
	if err := sink.Rename([]string{"a.part.0", "a.part.1"}); err != nil {
		t.Fatal(err)
	}
	commit(t, sink, "<manifest>")
	expectFiles(t, dir, "a.manifest.xml=<manifest>", "a.part.0=one", "a.part.1=two")
}

// A bundle that was there is replaced when the new one is complete; until then it
// stays whole. What a killed run has left goes at once.
func TestDirSinkReplaces(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{
		"a.manifest.xml": "old", "a.part.0": "old", "a.part.00": "old", "a.part.100": "old",
		".a.part.00.tmp-ABCDEFG234": "half", ".a.manifest.xml.tmp-ABCDEFG234": "half",
		"a.part.00.sig": "mine", "a.part.": "mine", "ab.part.00": "mine", "b.part.00": "mine", ".b.part.00.tmp-ABCDEFG234": "mine", ".a.part.00.tmp-notes": "mine",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	before := slices.DeleteFunc(files(t, dir), func(file string) bool { return strings.HasSuffix(file, "=half") })

	sink := newSink(t, dir, "a")
	if !sink.Replaced() {
		t.Error("the earlier bundle was not noticed")
	}
	if err := sink.Abort(); err != nil {
		t.Fatal(err)
	}
	expectFiles(t, dir, before...)

	sink = newSink(t, dir, "a")
	put(t, sink, "a", "new")
	if got, err := os.ReadFile(filepath.Join(dir, "a.part.00")); string(got) != "old" {
		t.Errorf("the old part, before the new bundle is complete: got %q, %v, want it as it was", got, err)
	}
	commit(t, sink, "new")
	expectFiles(t, dir, ".a.part.00.tmp-notes=mine", ".b.part.00.tmp-ABCDEFG234=mine", "a.manifest.xml=new", "a.part.=mine", "a.part.00=new",
		"a.part.00.sig=mine", "ab.part.00=mine", "b.part.00=mine")
}

// A run that fails leaves the bundle that it was to replace as it was.
func TestDirSinkAbortWhileReplacing(t *testing.T) {
	old := []string{"a.manifest.xml=old", "a.part.00=old", "a.part.01=old", "a.part.02=old"}
	for name, tt := range map[string]struct{ before, parts []string }{
		"before the first part": {old, nil},
		"after it":              {old, []string{"new"}},
		"after more":            {old, []string{"new", "new", "new", "new"}},
		"without a manifest":    {old[1:], []string{"new"}},
	} {
		dir := filled(t, tt.before)
		sink := newSink(t, dir, "a")
		put(t, sink, "a", tt.parts...)
		if err := sink.Abort(); err != nil {
			t.Fatal(err)
		}
		if got := files(t, dir); !slices.Equal(got, tt.before) {
			t.Errorf("%s: got %q, want %q", name, got, tt.before)
		}
	}
}

// When the old bundle has lost its manifest and the new one cannot be put in its
// place, no mixture of their parts is left.
func TestDirSinkCommitFails(t *testing.T) {
	dir := filled(t, []string{"a.manifest.xml=old", "a.part.00=old"})
	sink := newSink(t, dir, "a")
	put(t, sink, "a", "new", "new")
	if err := os.Mkdir(filepath.Join(dir, "a.part.01"), 0o777); err != nil { // no file can take this name
		t.Fatal(err)
	}
	if _, err := sink.Commit([]byte("new")); err == nil {
		t.Fatal("commit: got no error")
	}
	if err := sink.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a.part.01")); err != nil {
		t.Fatal(err)
	}
	expectEmpty(t, dir)
}

// filled returns a directory with the given files, each a name, "=" and a body.
func filled(t *testing.T, list []string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range list {
		file, body, _ := strings.Cut(f, "=")
		if err := os.WriteFile(filepath.Join(dir, file), []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Whoever bundles a file that lies where the bundle will lie must not lose it,
// whatever it is reached by.
func TestDirSinkSparesInputs(t *testing.T) {
	for _, name := range []string{
		"a.part.00", "a.part.7", "a.part.12345", "a.manifest.xml", ".a.lock", ".a.part.00.tmp-ABCDEFG234",
	} {
		dir, other := t.TempDir(), t.TempDir()
		image := filepath.Join(dir, name)
		if err := os.WriteFile(image, []byte("image"), 0o666); err != nil {
			t.Fatal(err)
		}
		symlink, hardlink := filepath.Join(other, "soft"), filepath.Join(other, "hard")
		if err := errors.Join(os.Symlink(image, symlink), os.Link(image, hardlink), os.Symlink(dir, filepath.Join(other, "dir"))); err != nil {
			t.Skip(err)
		}
		for _, input := range []string{image, symlink, hardlink, filepath.Join(other, "dir", name)} {
			_, err := bundle.NewDirSink(dir, "a", "/nosuch", input)
			var hint interface{ Hint() string }
			if !errors.Is(err, bundle.ErrInput) || !errors.As(err, &hint) || !strings.Contains(err.Error(), image) {
				t.Errorf("input %s: got %v, want ErrInput with a hint", input, err)
			}
		}
		expectFiles(t, dir, name+"=image")
		if err := newSink(t, dir, "b", image).Abort(); err != nil {
			t.Errorf("another name beside %s: %v", name, err)
		}
	}
}

// The entry in the way may itself be a link to the image.
func TestDirSinkSparesLinkToInput(t *testing.T) {
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(image, []byte("image"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(image, filepath.Join(dir, "a.part.00")); err != nil {
		t.Skip(err)
	}
	if _, err := bundle.NewDirSink(dir, "a", image); !errors.Is(err, bundle.ErrInput) {
		t.Errorf("got %v, want ErrInput", err)
	}
}

// Somebody may have cleared the lock away; that spoils nothing.
func TestDirSinkLockRemoved(t *testing.T) {
	dir := t.TempDir()
	sink := newSink(t, dir, "a")
	put(t, sink, "a", "one")
	if err := os.Remove(filepath.Join(dir, ".a.lock")); err != nil {
		t.Skip(err)
	}
	commit(t, sink, "m")
	expectFiles(t, dir, "a.manifest.xml=m", "a.part.00=one")
}

func TestDirSinkAbort(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "made")
	sink := newSink(t, dir, "a")
	put(t, sink, "a", "one", "two")
	if err := sink.Abort(); err != nil {
		t.Fatal(err)
	}
	expectEmpty(t, parent)

	sink = newSink(t, dir, "a")
	put(t, sink, "a", "one")
	if err := os.WriteFile(filepath.Join(dir, "other"), []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := sink.Abort(); err != nil {
		t.Fatal(err)
	}
	expectFiles(t, dir, "other=mine")
}

// Two runs on one prefix exclude each other; other prefixes do not matter, and
// what a killed run left keeps nobody out.
func TestDirSinkLock(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".a.lock"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	first := newSink(t, dir, "a")
	if _, err := bundle.NewDirSink(dir, "a"); !errors.Is(err, bundle.ErrLocked) {
		t.Errorf("second run: got %v, want ErrLocked", err)
	}
	if err := newSink(t, dir, "b").Abort(); err != nil {
		t.Error(err)
	}
	put(t, first, "a", "one")
	commit(t, first, "m")
	if err := newSink(t, dir, "a").Abort(); err != nil {
		t.Error(err)
	}
	expectFiles(t, dir, "a.manifest.xml=m", "a.part.00=one")
}

func TestDirSinkRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"", ".", "..", "../a", "a/b", "/a", "a\x00", strings.Repeat("n", 243)} {
		if _, err := bundle.NewDirSink(dir, name); err == nil {
			t.Errorf("name %q: got no error", name)
		}
	}
	if _, err := bundle.NewDirSink(filepath.Join(dir, "no", "such"), "a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing parent: got %v, want ErrNotExist", err)
	}
	sink := newSink(t, dir, "a")
	for _, name := range []string{"b.part.00", "../a.part.00", "a.part.00/../x", "a.manifest.xml"} {
		if err := sink.Put(t.Context(), manifest.Part{Name: name}, nil, func() {}); err == nil {
			t.Errorf("part %q: got no error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sink.Put(ctx, manifest.Part{Name: "a.part.00"}, nil, func() {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v, want Canceled", err)
	}
	if err := sink.Abort(); err != nil {
		t.Error(err)
	}
	expectEmpty(t, dir)
}

func TestLongestName(t *testing.T) {
	dir := t.TempDir()
	name := strings.Repeat("n", 255-len(".manifest.xml"))
	sink := newSink(t, dir, name)
	put(t, sink, name, "one")
	commit(t, sink, "m")
	expectFiles(t, dir, name+".manifest.xml=m", name+".part.00=one")
}

func TestDirOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a.part.01"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a.part.00":       "part is missing",
		"a.part.01":       "not a regular file",
		"../a.part.00":    "not a plain file name",
		"/etc/hostname":   "not a plain file name",
		"a.part.00\x00/b": "not a plain file name",
	} {
		_, err := bundle.OpenDir(dir).Open(t.Context(), manifest.Part{Name: name})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", name, err, want)
		}
	}
}

// A bundle made in a directory unbundles from it.
func TestDirectoryRoundTrip(t *testing.T) {
	dir, image := t.TempDir(), mixed(mib)
	sink := newSink(t, dir, "disk.img")
	o := options(t, 100000)
	o.Signer, o.UserCert = userKey(t), userCert(t)
	_, document, err := bundle.Create(t.Context(), bytes.NewReader(image), mib, o, sink)
	if err != nil {
		t.Fatal(err)
	}
	m := parseFile(t, commit(t, sink, string(document)))
	if err := m.VerifySignature(&userKey(t).PublicKey); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"user-pk.pem", "cloud-pk.pem"} {
		key, err := m.OpenKey(loadKey(t, name))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		err = bundle.Unbundle(t.Context(), m, key, bundle.OpenDir(dir), &got)
		if err != nil || !bytes.Equal(got.Bytes(), image) {
			t.Errorf("with %s: got an image of %d bytes (%v), want the one bundled", name, got.Len(), err)
		}
	}
}
