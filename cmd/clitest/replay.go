package clitest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
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

// Replay runs the command line of each case, in a folder with the case's files, and
// compares exit code, requests and what is printed with what was recorded. Of
// standard error only the line that says what is wrong is compared: before it
// euca2ools write how they are used, behind it emikit may write a hint. Where a case
// has a file named better, it holds the line that emikit writes instead, and why.
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
	if want := recordedCode(t, dir); got.Code != want {
		t.Errorf("got exit code %d and standard error %q, want code %d", got.Code, got.Stderr, want)
	}
	if diff := cmp.Diff(recordedError(t, dir, tape), firstLine(got.Stderr)); diff != "" {
		t.Errorf("standard error (-recorded +ours):\n%s", diff)
	}
	if diff := cmp.Diff(read(t, filepath.Join(dir, "stdout")), got.Stdout); diff != "" {
		t.Errorf("standard output (-recorded +ours):\n%s", diff)
	}
	if diff := cmp.Diff(recordedForms(t, dir), tape.Forms()); diff != "" {
		t.Errorf("requests (-recorded +ours):\n%s", diff)
	}
}

// recordedCode is the exit code of a case: 0 where none is noted.
func recordedCode(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "rc"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	code, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// recordedError is the line that says what is wrong: the last one that euca2ools
// wrote, or the first one of the file better, where URL stands for the server's.
func recordedError(t *testing.T, dir string, tape *Tape) string {
	t.Helper()
	if better, err := os.ReadFile(filepath.Join(dir, "better")); err == nil {
		return strings.ReplaceAll(firstLine(string(better)), "URL", tape.URL)
	}
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(dir, "stderr"))), "\n")
	return lines[len(lines)-1]
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
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
