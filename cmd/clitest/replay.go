package clitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
)

// vectors holds the recorded exchanges, seen from a family's folder.
const vectors = "../../ec2/testdata/euca2ools"

// Case is the folder of one recorded exchange.
func Case(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Replay runs the command line of each case, in a folder with the case's
// files, and compares requests and standard output with the recorded ones.
func Replay(t *testing.T, family Family, cases ...string) {
	t.Helper()
	for _, name := range cases {
		t.Run(name, func(t *testing.T) { replay(t, family, Case(t, name)) })
	}
}

func replay(t *testing.T, family Family, dir string) {
	tape := Play(t, dir)
	args := splitCommand(t, read(t, filepath.Join(dir, "cmd")))
	t.Chdir(t.TempDir())
	const userData = "ud.txt"
	if data, err := os.ReadFile(filepath.Join(dir, userData)); err == nil {
		if err := os.WriteFile(userData, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := Run(t, family, cli.Euca, tape.Env, args...)
	if got.Code != 0 || got.Stderr != "" {
		t.Errorf("got exit code %d and standard error %q, want 0 and nothing", got.Code, got.Stderr)
	}
	if diff := cmp.Diff(read(t, filepath.Join(dir, "stdout")), got.Stdout); diff != "" {
		t.Errorf("standard output (-recorded +ours):\n%s", diff)
	}
	if diff := cmp.Diff(recordedForms(t, dir), tape.Forms()); diff != "" {
		t.Errorf("requests (-recorded +ours):\n%s", diff)
	}
}

// splitCommand splits a command line at spaces; single quotes hold words
// together. The prefix euca- is dropped.
func splitCommand(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	line = strings.TrimSpace(line)
	for line != "" {
		var word string
		if rest, quoted := strings.CutPrefix(line, "'"); quoted {
			var ended bool
			if word, line, ended = strings.Cut(rest, "'"); !ended {
				t.Fatalf("no closing quote in %q", rest)
			}
		} else {
			word, line, _ = strings.Cut(line, " ")
		}
		words, line = append(words, word), strings.TrimLeft(line, " ")
	}
	words[0] = strings.TrimPrefix(words[0], "euca-")
	return words
}
