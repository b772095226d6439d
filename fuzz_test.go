package emikit_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// fuzzTarget finds the beginning of a fuzz target and its name.
var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(`)

// TestFuzzSeeds holds that every fuzz target starts from something, and that each
// folder of saved inputs belongs to a target and holds some: where a folder or a
// target has moved, what was found is tried no more, and nothing says so.
func TestFuzzSeeds(t *testing.T) {
	source, targets, saved := os.DirFS("."), map[string]bool{}, []string{}
	err := fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasSuffix(path.Dir(name), "testdata/fuzz"):
			saved = append(saved, name)
		case strings.HasSuffix(name, "_test.go"):
			return findTargets(t, source, name, targets)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(targets) < 20 {
		t.Errorf("got %d fuzz targets, want at least 20", len(targets))
	}
	for _, folder := range saved {
		checkSaved(t, source, folder, targets)
	}
}

// findTargets adds the targets of a file, as FOLDER/NAME.
func findTargets(t *testing.T, source fs.FS, name string, targets map[string]bool) error {
	t.Helper()
	text, err := fs.ReadFile(source, name)
	if err != nil {
		return err
	}
	for _, at := range fuzzTarget.FindAllSubmatchIndex(text, -1) {
		target := string(text[at[2]:at[3]])
		body, _, _ := strings.Cut(string(text[at[0]:]), "\n}\n")
		if !strings.Contains(body, ".Add(") {
			t.Errorf("%s: %s starts from nothing: Add seeds", name, target)
		}
		targets[path.Dir(name)+"/"+target] = true
	}
	return nil
}

func checkSaved(t *testing.T, source fs.FS, folder string, targets map[string]bool) {
	t.Helper()
	owner := path.Dir(path.Dir(path.Dir(folder))) + "/" + path.Base(folder)
	if !targets[owner] {
		t.Errorf("%s: there is no target %s", folder, owner)
	}
	if entries, err := fs.ReadDir(source, folder); err != nil || len(entries) == 0 {
		t.Errorf("%s: holds %d inputs, %v; want some", folder, len(entries), err)
	}
}
