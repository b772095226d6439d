package clitest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"emikit/cmd/cli"
)

// A Player runs the cases of transcripts, each in a directory of its own.
type Player struct {
	// Run is the program: main, but for the process. argv begins with the name that it
	// is called by.
	Run func(ctx context.Context, app *cli.App, argv []string) int
	// Setup, if not nil, fills the directory, which is the current one, and returns
	// what is in the environment, and what tells the requests that a server got: nil
	// for none.
	Setup func(t *testing.T) (env map[string]string, requests func() []string)
	// Given are verbs beside those that every transcript has: mkdir DIR, write FILE
	// TEXT, append FILE LINE, image FILE BYTES, copy FILE TO, move FILE TO, remove
	// FILE, and replace FILE TEXT BY.
	Given map[string]func(t *testing.T, words []string)
	// Words stand for others in every transcript, as {NAME} does.
	Words map[string]string
}

// Play runs every case of a file.
func (p Player) Play(t *testing.T, path string) {
	for _, c := range ReadTranscript(t, path, p.Words) {
		t.Run(fmt.Sprintf("%s:%d %s", path, c.Line, c.Name), func(t *testing.T) { p.play(t, c) })
	}
}

func (p Player) play(t *testing.T, c *Scene) {
	if c.Skip != "" {
		t.Skip(c.Skip)
	}
	t.Chdir(t.TempDir())
	defer setUmask(0o022)()
	env, requests := map[string]string{}, func() []string { return nil }
	if p.Setup != nil {
		given, asked := p.Setup(t)
		maps.Copy(env, given)
		if asked != nil {
			requests = asked
		}
	}
	for _, pair := range c.Env {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	for _, words := range c.Given {
		p.prepare(t, words)
	}
	got := p.run(t, c, env)
	want := c.want()
	if got.Code != want.Code {
		t.Errorf("exit code: got %d, want %d", got.Code, want.Code)
	}
	compare(t, "standard output", got.Stdout, want.Stdout)
	compare(t, "standard error", withoutHints(got.Stderr), want.Stderr)
	if want.Requests != nil {
		compare(t, "requests", strings.Join(requests(), "\n")+"\n", want.Requests)
	}
	for _, words := range c.After {
		look(t, words)
	}
}

// run runs the command.
func (p Player) run(t *testing.T, c *Scene, env map[string]string) Result {
	var stdout, stderr strings.Builder
	app := &cli.App{
		Name: string(cli.Native), Family: cli.Native, Version: "test",
		Stdin: stdin{strings.NewReader(c.Stdin), c.Terminal}, Stdout: &stdout, Stderr: &stderr,
		Getenv:       func(name string) string { return env[name] },
		SetToNothing: func(name string) bool { value, set := env[name]; return set && value == "" },
		Now:          time.Now, Output: cli.Text,
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code := p.Run(ctx, app, c.Args)
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: code}
}

// stdin is what is typed or piped.
type stdin struct {
	io.Reader
	terminal bool
}

func (s stdin) IsTerminal() bool { return s.terminal }

// withoutHints leaves out lines that none of the tools has.
func withoutHints(stderr string) string {
	return regexp.MustCompile(`(?m)^hint: .*\n`).ReplaceAllString(stderr, "")
}

// compare compares a text with a pattern.
func compare(t *testing.T, what, got string, want []string) {
	t.Helper()
	var pattern strings.Builder
	for i, line := range want {
		line, open := strings.CutSuffix(line, `\`)
		switch {
		case line == "{...}":
			pattern.WriteString(`(.*\n)*`)
		case line == "{usage}":
			pattern.WriteString(`usage: .*\n( .*\n)*`)
		default:
			quoted := regexp.QuoteMeta(line)
			pattern.WriteString(strings.ReplaceAll(quoted, `\{\*\}`, `.*`))
			if !open || i < len(want)-1 {
				pattern.WriteString("\n")
			}
		}
	}
	if !regexp.MustCompile("^" + pattern.String() + "$").MatchString(strings.TrimSuffix(got, "\x00")) {
		t.Errorf("%s:\ngot:\n%s\nwant:\n%s", what, indent(got), indent(strings.Join(want, "\n")))
	}
}

func indent(text string) string { return "\t" + strings.ReplaceAll(text, "\n", "\n\t") }

// prepare does what a case needs before.
func (p Player) prepare(t *testing.T, words []string) {
	t.Helper()
	verb, args := words[0], words[1:]
	if own := p.Given[verb]; own != nil {
		own(t, args)
		return
	}
	var err error
	switch verb {
	case "mkdir":
		err = os.Mkdir(args[0], 0o755)
	case "write":
		err = os.WriteFile(args[0], []byte(args[1]), 0o644)
	case "append":
		err = os.WriteFile(args[0], []byte(read(t, args[0])+args[1]+"\n"), 0o644)
	case "image":
		err = writeImage(args[0], args[1])
	case "copy":
		err = os.WriteFile(args[1], []byte(read(t, args[0])), 0o644)
	case "move":
		err = os.Rename(args[0], args[1])
	case "remove":
		err = os.Remove(args[0])
	case "replace":
		old := read(t, args[0])
		if !strings.Contains(old, args[1]) {
			t.Fatalf("%s: no %q in it", args[0], args[1])
		}
		err = os.WriteFile(args[0], []byte(strings.Replace(old, args[1], args[2], 1)), 0o644)
	default:
		t.Fatalf("no verb %s", verb)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeImage writes that many bytes, none of which is a zero.
func writeImage(path, size string) error {
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	const text = "an image, of which there are many more bytes. "
	return os.WriteFile(path, slices.Repeat([]byte(text), n/len(text)+1)[:n], 0o644)
}

// look looks at files.
func look(t *testing.T, words []string) {
	t.Helper()
	verb, args := words[0], words[1:]
	switch verb {
	case "file":
		found := matches(t, args[1])
		if len(found) == 0 {
			t.Errorf("%s: there is none", args[1])
		}
		for _, path := range found {
			checkMode(t, path, args[0])
		}
	case "gone":
		if found := matches(t, args[0]); len(found) > 0 {
			t.Errorf("got %q, want nothing", found)
		}
	case "holds":
		if got := namesIn(t, args[0]); !slices.Equal(got, slices.Sorted(slices.Values(args[1:]))) {
			t.Errorf("%s: got %q, want %q", args[0], got, args[1:])
		}
	case "same":
		if got, want := read(t, args[0]), read(t, args[1]); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", args[0], got, want)
		}
	case "has", "lacks":
		text := strings.Join(args[1:], " ")
		if got := read(t, args[0]); strings.Contains(got, text) != (verb == "has") {
			t.Errorf("%s: got\n%s\nwant that it %s %q", args[0], got, verb, text)
		}
	}
}

// namesIn are all names in a directory, hidden ones too, in order.
func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func matches(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// checkMode demands that a file or directory can be read and written by those only who
// could with the real tool.
func checkMode(t *testing.T, path, want string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
	} else if mode := fmt.Sprintf("%04o", info.Mode().Perm()); hasModes && mode != want {
		t.Errorf("%s: mode: got %s, want %s", path, mode, want)
	}
}
