package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

// TestMain lets the scripts run this test binary as emikit, under its own name
// and under each linked one.
func TestMain(m *testing.M) {
	commands := map[string]func(){"emikit": main}
	for _, family := range compat.Families() {
		for _, name := range linkedNames(family) {
			commands[name] = main
		}
	}
	testscript.Main(m, commands)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}

func TestUnknownLinkedName(t *testing.T) {
	app := cli.New("test")
	stderr := &recorder{}
	app.Stderr = stderr
	if got, want := execute(context.Background(), app, []string{"/usr/bin/euca-frobnicate"}), 2; got != want {
		t.Errorf("exit code: got %d, want %d", got, want)
	}
	if got, want := stderr.text, "euca-frobnicate: error: no such command: euca-frobnicate\n"; got != want {
		t.Errorf("standard error: got %q, want %q", got, want)
	}
}

type recorder struct{ text string }

func (r *recorder) Write(p []byte) (int, error) {
	r.text += string(p)
	return len(p), nil
}

// TestScriptsExist guards against a renamed folder, with which TestScripts
// would pass without running anything.
func TestScriptsExist(t *testing.T) {
	entries, err := os.ReadDir("testdata/script")
	if err != nil || len(entries) == 0 {
		t.Fatalf("testdata/script: got %d scripts, %v, want some", len(entries), err)
	}
}
