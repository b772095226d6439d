package main

import "testing"

func TestBuildLines(t *testing.T) {
	b := build{Version: "1.2", Go: "go1.26", Platform: "linux/amd64"}
	if got, want := b.lines("emikit"), "emikit 1.2\ngo1.26 linux/amd64\n"; got != want {
		t.Errorf("of an archive: got %q, want %q", got, want)
	}
	b.Revision, b.Date, b.Modified = "abc", "2026-11-21T12:00:00Z", true
	if got, want := b.lines("emikit"), "emikit 1.2\nrevision abc of 2026-11-21T12:00:00Z, modified\ngo1.26 linux/amd64\n"; got != want {
		t.Errorf("of a checkout: got %q, want %q", got, want)
	}
}
