package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

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

// TestScripts runs testdata/script: what a user types and sees, a behaviour a
// file. Beside testscript's own commands there are those of scriptcommands_test.go
// and, in scriptcloud_test.go, a cloud.
func TestScripts(t *testing.T) {
	params := scriptParams(t)
	params.Dir = "testdata/script"
	testscript.Run(t, params)
}

// scriptParams are those of all scripts.
func scriptParams(t *testing.T) testscript.Params {
	t.Helper()
	clouds := &cloudTemplate{dir: t.TempDir()}
	commands := fileCommands()
	maps.Copy(commands, manifestCommands())
	maps.Copy(commands, doctorCommands())
	maps.Copy(commands, instanceCommands())
	for name, command := range clouds.commands() {
		commands[name] = command
	}
	return testscript.Params{
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands,
		Condition:           condition,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true") // where the tests run on an instance
			env.Setenv("GORACE", "atexit_sleep_ms=0")       // the race detector's wait would take longest
			qcow2, err := filepath.Abs("../../imagefile/testdata/v3.qcow2")
			env.Setenv("QCOW2", qcow2)
			return err
		},
	}
}

// condition is what a script may ask in brackets, beside what testscript knows.
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("no such condition: %s", name)
}

// TestScriptsExist guards against a renamed folder, with which TestScripts
// would pass without running anything.
func TestScriptsExist(t *testing.T) {
	entries, err := os.ReadDir("testdata/script")
	if err != nil || len(entries) == 0 {
		t.Fatalf("testdata/script: got %d scripts, %v, want some", len(entries), err)
	}
}
