//go:build unix

package state_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/cloud/state"
)

// TestDirectoryThatCannotBeWritten needs a user to whom modes apply.
func TestDirectoryThatCannotBeWritten(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can write everywhere")
	}
	for name, path := range map[string]string{"directory": ".", "database": "emikit.db", "lock": "lock"} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "data")
			if err := open(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			locked := filepath.Join(dir, path)
			if path == "." { // of an own directory the mode would be corrected
				locked, dir = parent, filepath.Join(parent, "other")
			}
			if err := os.Chmod(locked, 0o400|0o100); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(locked, 0o700) })
			_, err := state.Open(t.Context(), dir)
			if !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "data directory "+dir+": ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line about the directory", err)
			}
			var hint interface{ Hint() string }
			if !errors.As(err, &hint) {
				t.Errorf("%v has no hint", err)
			}
		})
	}
}
