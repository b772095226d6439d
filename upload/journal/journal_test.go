package journal

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"emikit/lockfile"
)

var target = Target{Endpoint: "http://127.0.0.1:8773/services/Walrus", Bucket: "bkt", Prefix: "a/p", Manifest: [32]byte{1, 2}}

func receiptOf(n int) Receipt {
	return Receipt{Part: fmt.Sprintf("disk.img.part.%02d", n), Digest: sha1.Sum([]byte{byte(n)}), Size: int64(n), ETag: fmt.Sprintf("etag%d", n), ACL: "aws-exec-read"}
}

// opened opens the journal of a manifest that need not be there.
func opened(t *testing.T, dir string, of Target) *Journal {
	t.Helper()
	j, err := Open(filepath.Join(dir, "disk.img.manifest.xml"), of)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func add(t *testing.T, j *Journal, receipts ...Receipt) {
	t.Helper()
	for _, r := range receipts {
		if err := j.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

func closed(t *testing.T, j *Journal, done bool) {
	t.Helper()
	if err := j.Close(done); err != nil {
		t.Error(err)
	}
}

// expect compares what a journal knows of the first parts.
func expect(t *testing.T, j *Journal, known ...bool) {
	t.Helper()
	for n, want := range known {
		r := receiptOf(n)
		got, ok := j.Receipt(r.Part)
		if ok != want || ok && got != r {
			t.Errorf("receipt of part %d: got %+v, %t, want it to be known: %t", n, got, ok, want)
		}
	}
}

// expectFiles wants so many files in dir.
func expectFiles(t *testing.T, dir string, want int) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != want {
		t.Errorf("got the files %v, %v, want %d", entries, err, want)
	}
}

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir, target)
	expect(t, j, false)
	add(t, j, receiptOf(0), receiptOf(1))
	expect(t, j, true, true, false)
	if n := j.Len(); n != 2 {
		t.Errorf("got %d receipts, want 2", n)
	}
	closed(t, j, false)
	path := Path(filepath.Join(dir, "disk.img.manifest.xml"), target)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("got %v, %v, want a file of mode 0600", info, err)
	}
	j = opened(t, dir, target)
	add(t, j, receiptOf(2))
	expect(t, j, true, true, true, false)
	closed(t, j, true)
	expectFiles(t, dir, 0)
}

// TestEmpty: a journal in which there is nothing does not stay.
func TestEmpty(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir, target)
	add(t, j, Receipt{Part: "no ETag"}, Receipt{Part: "a long one", ETag: strings.Repeat("e", maxETag+1)}, Receipt{ETag: "no part"})
	closed(t, j, false)
	expectFiles(t, dir, 0)
}

// TestNone: what holds nothing can be used like one.
func TestNone(t *testing.T) {
	var j *Journal
	add(t, j, receiptOf(0))
	expect(t, j, false)
	closed(t, j, true)
}

// TestOthers: each place has a journal of its own, and none is taken for that of
// another manifest.
func TestOthers(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir, target)
	add(t, j, receiptOf(0))
	closed(t, j, false)
	for name, change := range map[string]func(*Target){
		"endpoint": func(t *Target) { t.Endpoint = "https://example.com" },
		"bucket":   func(t *Target) { t.Bucket = "other" },
		"prefix":   func(t *Target) { t.Prefix = "" },
		"manifest": func(t *Target) { t.Manifest[31]++ },
	} {
		other := target
		change(&other)
		j := opened(t, dir, other)
		if _, known := j.Receipt(receiptOf(0).Part); known {
			t.Errorf("%s: got the receipt of another journal", name)
		}
		closed(t, j, false)
	}
	j = opened(t, dir, target) // the journal of another manifest has taken its place, and is gone
	expect(t, j, false)
	closed(t, j, false)
	expectFiles(t, dir, 0)
}

func TestLocked(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files are not locked there")
	}
	dir := t.TempDir()
	j := opened(t, dir, target)
	if second, err := Open(filepath.Join(dir, "disk.img.manifest.xml"), target); !errors.Is(err, lockfile.ErrLocked) {
		t.Errorf("second: got %v, %v, want %v", second, err, lockfile.ErrLocked)
	}
	other := target
	other.Bucket = "other"
	closed(t, opened(t, dir, other), true)
	closed(t, j, true)
	closed(t, opened(t, dir, target), true)
}

// TestBroken: what a killed run or a full disk has left is read as far as it is whole,
// and gone on with.
func TestBroken(t *testing.T) {
	whole := text(t, target, receiptOf(0), receiptOf(1))
	for name, tt := range map[string]struct {
		file  []byte
		known []bool
	}{
		"whole":                {whole, []bool{true, true}},
		"cut short":            {whole[:len(whole)-1], []bool{true, false}},
		"zeros at the end":     {append(bytes.Clone(whole), make([]byte, 100)...), []bool{true, true}},
		"rubbish in between":   {bytes.Replace(whole, []byte(`{"part"`), []byte(`{"port"`), 1), []bool{false, false}},
		"of another version":   {bytes.Replace(whole, []byte(`:1,`), []byte(`:2,`), 1), []bool{false, false}},
		"empty":                {nil, []bool{false, false}},
		"not a journal":        {[]byte("<html>\n"), []bool{false, false}},
		"too large":            {append(bytes.Clone(whole), bytes.Repeat([]byte("\n"), maxSize)...), []bool{false, false}},
		"the header cut short": {whole[:20], []bool{false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(Path(filepath.Join(dir, "disk.img.manifest.xml"), target), tt.file, 0o600); err != nil {
				t.Fatal(err)
			}
			j := opened(t, dir, target)
			expect(t, j, tt.known...)
			add(t, j, receiptOf(2))
			closed(t, j, false)
			j = opened(t, dir, target)
			expect(t, j, append(tt.known, true)...)
			closed(t, j, false)
		})
	}
}

// text is a journal's file.
func text(t testing.TB, of Target, receipts ...Receipt) []byte {
	t.Helper()
	all, err := line(of.header())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receipts {
		next, err := line(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, next...)
	}
	return all
}

// TestVague: a store that calls different objects by one ETag has told nothing.
func TestVague(t *testing.T) {
	j := opened(t, t.TempDir(), target)
	same := receiptOf(0)
	same.Part = "the same bytes elsewhere"
	add(t, j, receiptOf(0), same)
	expect(t, j, true)
	other := receiptOf(1)
	other.ETag = receiptOf(0).ETag
	add(t, j, other, receiptOf(2))
	expect(t, j, false, false, false)
	if n := j.Len(); n != 0 {
		t.Errorf("%d receipts are said to mean something, want 0", n)
	}
	closed(t, j, true)
}

// TestBounded: a journal does not grow for ever.
func TestBounded(t *testing.T) {
	j := opened(t, t.TempDir(), target)
	long := receiptOf(0)
	long.Part = strings.Repeat("p", maxSize/2)
	add(t, j, long)
	if err := j.Add(long); !errors.Is(err, errFull) {
		t.Errorf("got %.200v, want %v", err, errFull)
	}
	add(t, j, receiptOf(1)) // said once
	if _, known := j.Receipt(receiptOf(1).Part); known {
		t.Error("a receipt behind the end is known")
	}
	closed(t, j, true)
}

// TestInTheWay: nothing that is no journal is written, or waited for.
func TestInTheWay(t *testing.T) {
	dir := t.TempDir()
	manifest := filepath.Join(dir, "disk.img.manifest.xml")
	path := Path(manifest, target)
	if err := os.WriteFile(manifest, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func() error{
		"a link":      func() error { return os.Symlink(manifest, path) },
		"a directory": func() error { return os.Mkdir(path, 0o700) },
	} {
		if err := put(); err != nil {
			t.Fatal(err)
		}
		if j, err := Open(manifest, target); err == nil {
			closed(t, j, true)
			t.Errorf("%s: was taken for a journal", name)
		}
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
	if got, err := os.ReadFile(manifest); err != nil || string(got) != "precious" {
		t.Errorf("the manifest: got %q, %v", got, err)
	}
	if _, err := Open(filepath.Join(dir, "none", "m"), target); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: got %v, want %v", err, os.ErrNotExist)
	}
}

func TestPath(t *testing.T) {
	long := filepath.Base(Path("dir/"+strings.Repeat("n", 255), target))
	if len(long) != 255 || !strings.HasPrefix(long, ".nnn") {
		t.Errorf("got a name of %d bytes, %s, want 255", len(long), long)
	}
	if got := Path("dir/m", target); filepath.Dir(got) != "dir" {
		t.Errorf("got %s, want it beside the manifest", got)
	}
}

// TestTogether: parts are stored several at once.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir, target)
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			if err := j.Add(receiptOf(n)); err != nil {
				t.Error(err)
			}
			j.Receipt("any")
		})
	}
	group.Wait()
	closed(t, j, false)
	j = opened(t, dir, target)
	for n := range 20 {
		if _, known := j.Receipt(receiptOf(n).Part); !known {
			t.Errorf("part %d is not known", n)
		}
	}
	closed(t, j, true)
}
