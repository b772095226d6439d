//go:build unix

package upload

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// pipe puts a named pipe in the place of a file.
func pipe(t *testing.T, dir, name string) {
	t.Helper()
	os.Remove(filepath.Join(dir, name))
	if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
		t.Fatal(err)
	}
}
