package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// fileCommands are the commands of the scripts that need no cloud.
func fileCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"fails":    cmdFails,
		"holds":    cmdHolds,
		"capture":  cmdCapture,
		"keys":     cmdKeys,
		"edit":     cmdEdit,
		"spoil":    cmdSpoil,
		"cut":      cmdCut,
		"imds":     cmdIMDS,
		"pipeline": cmdPipeline,
	}
}

// usage stops a script whose command has other than n arguments, or more where
// that is allowed.
func usage(ts *testscript.TestScript, neg bool, args []string, n int, more bool, text string) {
	if neg || len(args) < n || len(args) > n && !more {
		ts.Fatalf("usage: %s", text)
	}
}

// cmdFails is exec for a program that must end with an exit code.
func cmdFails(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, true, "fails CODE PROGRAM [ARGUMENT...]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && !ok:
		ts.Fatalf("%v", err)
	case err == nil:
		ts.Fatalf("exit code: got 0, want %d", want)
	case exit.ExitCode() != want:
		ts.Fatalf("exit code: got %d, want %d", exit.ExitCode(), want)
	}
}

// cmdHolds demands that a directory holds these names and no others, hidden ones
// counted.
func cmdHolds(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, true, "holds DIR [NAME...]")
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(names, want) {
		ts.Fatalf("%s: got %q, want %q", args[0], names, want)
	}
}

// cmdCapture sets a variable to what a regular expression finds in the last
// command's standard output.
func cmdCapture(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, false, "capture VARIABLE REGEXP")
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("%s: not found in standard output", args[1])
	}
	ts.Setenv(args[0], found)
}

// cmdKeys puts keys and certificates into the directory keys, and names them and
// an account as an eucarc file does.
func cmdKeys(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "keys")
	dir := ts.MkAbs("keys")
	ts.Check(os.Mkdir(dir, 0o700))
	for variable, name := range map[string]string{
		"EC2_CERT": "user-cert.pem", "EC2_PRIVATE_KEY": "user-pk.pem", "EUCALYPTUS_CERT": "cloud-cert.pem",
		"CLOUD_KEY": "cloud-pk.pem", "OTHER_KEY": "other-pk.pem",
	} {
		pem, err := os.ReadFile(filepath.Join("../../manifest/testdata/euca2ools", name))
		ts.Check(err)
		path := filepath.Join(dir, name)
		ts.Check(os.WriteFile(path, pem, 0o600))
		ts.Setenv(variable, path)
	}
	ts.Setenv("EC2_USER_ID", "123456789012")
}

// cmdEdit replaces the first match of a regular expression in a file.
func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 3, false, "edit FILE REGEXP TEXT")
	change(ts, args[0], func(data []byte) []byte {
		at := regexp.MustCompile(args[1]).FindIndex(data)
		if at == nil {
			ts.Fatalf("%s: %s: not found", args[0], args[1])
		}
		return slices.Concat(data[:at[0]], []byte(args[2]), data[at[1]:])
	})
}

// cmdSpoil changes one bit in the middle of a file.
func cmdSpoil(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "spoil FILE")
	change(ts, args[0], func(data []byte) []byte {
		data[len(data)/2] ^= 1
		return data
	})
}

// cmdCut takes the last byte off a file.
func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "cut FILE")
	change(ts, args[0], func(data []byte) []byte { return data[:len(data)-1] })
}

func change(ts *testscript.TestScript, file string, f func([]byte) []byte) {
	path := ts.MkAbs(file)
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, f(data), 0o600))
}
