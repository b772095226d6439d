package main

import (
	"context"
	"strings"
	"testing"

	"emikit/cmd/cli"
)

func TestUnknownLinkedName(t *testing.T) {
	var stderr strings.Builder
	app := cli.New("test")
	app.Stderr = &stderr
	if got, want := execute(context.Background(), app, []string{"/usr/bin/euca-frobnicate"}), 2; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	if got, want := stderr.String(), "euca-frobnicate: error: no such command: euca-frobnicate\n"; got != want {
		t.Errorf("standard error: got %q, want %q", got, want)
	}
}
