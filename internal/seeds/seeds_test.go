package seeds

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// recorder is a test that notes why it was ended.
type recorder struct {
	testing.TB
	reason string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.reason = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// read is Files for a test that may be ended, and why it was.
func read(pattern string, least int) (files [][]byte, reason string) {
	r, done := &recorder{}, make(chan struct{})
	go func() {
		defer close(done)
		files = Files(r, pattern, least)
	}()
	<-done
	return files, r.reason
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.xml": "2", "a.xml": "1", "a.txt": "", "b.txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, reason := read(filepath.Join(dir, "*.xml"), 2)
	if len(files) != 2 || string(files[0])+string(files[1]) != "12" || reason != "" {
		t.Errorf("got %q, %q; want the two files in order", files, reason)
	}
}

// TestTooFewSeeds is why the package exists: no target runs without its seeds.
func TestTooFewSeeds(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "empty.xml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		pattern string
		least   int
		want    string
	}{
		"nothing matches":     {"*.pem", 0, "got 0 files, want at least 1"},
		"folder moved":        {"gone/*.xml", 1, "got 0 files, want at least 1"},
		"fewer than expected": {"*.xml", 2, "got 1 files, want at least 2"},
		"all are empty":       {"*.xml", 1, "1 files, all of them empty"},
		"bad pattern":         {"[", 1, "syntax error in pattern"},
	} {
		if files, reason := read(filepath.Join(dir, c.pattern), c.least); !strings.HasSuffix(reason, c.want) {
			t.Errorf("%s: got %d files and %q, want the reason %q", name, len(files), reason, c.want)
		}
	}
}
