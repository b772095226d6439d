package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/service"
)

// TestDocsAreCurrent: docs/ has what the commands say of themselves, and nothing
// of commands that are gone. To bring it up to date:
//
//	rm -r docs/cli docs/man docs/completions; go run ./cmd/emikit gendoc --dir docs
func TestDocsAreCurrent(t *testing.T) {
	fresh := t.TempDir()
	if err := service.WriteDocs(newRoot(cli.New("test")), fresh); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"cli", "man", "completions"} {
		want, got := contents(t, filepath.Join(fresh, kind)), contents(t, filepath.Join("../../docs", kind))
		if len(want) == 0 {
			t.Errorf("%s: nothing was generated", kind)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/%s is not what the commands give (-want +got):\n%s", kind, diff)
		}
	}
}

// contents reads the files of a directory by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[d.Name()] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
