package seeds

import (
	"os"
	"path/filepath"
	"testing"
)

// Files returns the content of each file that the glob pattern matches, in the
// order of their names. It ends the test when a file cannot be read, when they
// are fewer than least, or when all are empty.
func Files(tb testing.TB, pattern string, least int) [][]byte {
	tb.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		tb.Fatalf("seeds %s: %v", pattern, err)
	}
	if len(paths) < max(least, 1) {
		tb.Fatalf("seeds %s: got %d files, want at least %d", pattern, len(paths), max(least, 1))
	}
	files, total := make([][]byte, len(paths)), 0
	for i, path := range paths {
		if files[i], err = os.ReadFile(path); err != nil {
			tb.Fatalf("seeds %s: %v", pattern, err)
		}
		total += len(files[i])
	}
	if total == 0 {
		tb.Fatalf("seeds %s: %d files, all of them empty", pattern, len(paths))
	}
	return files
}
