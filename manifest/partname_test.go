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

func TestCountedPartName(t *testing.T) {
	for want, at := range map[string][2]int{
		"a.part.0": {0, 1}, "a.part.8": {8, 9}, "a.part.09": {9, 10}, "a.part.99": {99, 99}, "a.part.007": {7, 100},
	} {
		if got := manifest.CountedPartName("a", at[0], at[1]); got != want {
			t.Errorf("part %d of %d: got %s, want %s", at[0], at[1], got, want)
		}
	}
}
