package manifest_test

import (
	"testing"

	"emikit/manifest"
)

func TestIsPartName(t *testing.T) {
	for file, want := range map[string]bool{
		"a.part.0": true, "a.part.00": true, "a.part.100": true,
		"a.part.": false, "a.part.00.sig": false, "a.part.-1": false, "a.part.1x": false,
		"ab.part.00": false, "a.manifest.xml": false, "": false,
	} {
		if got := manifest.IsPartName("a", file); got != want {
			t.Errorf("IsPartName(a, %q): got %v, want %v", file, got, want)
		}
	}
}
