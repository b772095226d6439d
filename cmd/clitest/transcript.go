package clitest

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A Transcript is what the tools that are replaced were seen to do, and what ours do
// where that is better. It is a file of cases with empty lines between them:
//
//	# the size in the manifest is wrong     what it is about: the case's name
//	= copy bundle/x.manifest.xml x.xml      what is done before, a verb and its words
//	= replace x.xml <size>1 <size>2
//	$ FOO=bar ec2-unbundle {KEY} -m x.xml   the command line, after variables of its own
//	typed n                                 at the terminal; "typed" alone: nothing, and the end
//	piped n                                 the same from a pipe
//	out| Unbundle complete.                 recorded: standard output, standard error,
//	err|                                    requests, and the exit code
//	rc=0
//	but a wrong size is found               from here on it is ours, and why it is better
//	err| ERROR: {*}size{*}
//	rc=254
//	file 0644 d/x*                          afterwards: files, or directories, of this mode,
//	gone d/y                                none of this name,
//	holds d x z                             these in a directory and no others,
//	has d/x <user>1                         a text in a file,
//	lacks d/x <user>2                       and none,
//	same d/x d/z                            and two files with the same bytes
//
// A case with a line "skip REASON" is not run.
//
// In a line of output {*} is any text, a line that is {...} any number of lines, and
// one that is {usage} a usage message. A backslash at the end of
// a line says that the output ends without a new line. Lines of standard error that
// begin with "hint: " are ours alone and are passed over.
//
// A block without a command line is about all cases after it: its lines NAME = TEXT
// say what {NAME} stands for, and "env NAME=VALUE" what is in the environment.
type Transcript []*Scene

// A Scene is one command line of a Transcript, and what came of it.
type Scene struct {
	Name string
	// Line is where the case is in the file.
	Line int
	// Given are the words of what is done before.
	Given [][]string
	// Env are NAME=VALUE, Args the command and its arguments.
	Env, Args []string
	// Terminal says whether Stdin is typed at one.
	Terminal bool
	Stdin    string
	// Recorded is what the real tool did, Ours what is to come instead, for a Reason.
	Recorded Outcome
	Ours     *Outcome
	Reason   string
	// Skip says why the case is not run.
	Skip string
	// After are the words of what is looked at then.
	After [][]string
}

// An Outcome is what a command did. Its texts are patterns.
type Outcome struct {
	Stdout, Stderr, Requests []string
	Code                     int
}

// want is what the command is to do.
func (c *Scene) want() *Outcome {
	switch {
	case c.Ours == nil:
		return &c.Recorded
	case c.Ours.Requests != nil && c.Ours.Stdout == nil && c.Ours.Stderr == nil:
		other := c.Recorded // in what is asked alone
		other.Requests, other.Code = c.Ours.Requests, c.Ours.Code
		return &other
	}
	return c.Ours
}

// ReadTranscript reads a file. words stand for others from the beginning.
func ReadTranscript(t *testing.T, path string, words map[string]string) Transcript {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &transcriptReader{words: map[string]string{}}
	maps.Copy(r.words, words)
	for i, line := range append(strings.Split(string(data), "\n"), "") {
		if err := r.read(i+1, line); err != nil {
			t.Fatalf("%s:%d: %v", path, i+1, err)
		}
	}
	if len(r.cases) == 0 {
		t.Fatalf("%s: no case", path)
	}
	return r.cases
}

// A transcriptReader reads line by line.
type transcriptReader struct {
	cases Transcript
	words map[string]string // NAME = TEXT
	env   []string          // of all cases
	at    *Scene            // nil between two
	out   *Outcome          // of at: the one that lines are added to
}

func (r *transcriptReader) read(number int, line string) error {
	if line == "" {
		return r.end()
	}
	if r.at == nil {
		r.at = &Scene{Line: number}
		r.out = &r.at.Recorded
	}
	if mark, text, ok := strings.Cut(line, "|"); ok && len(mark) == len("out") {
		return r.output(mark, strings.TrimPrefix(text, " "))
	}
	word, rest, _ := strings.Cut(line, " ")
	if code, ok := strings.CutPrefix(word, "rc="); ok {
		var err error
		r.out.Code, err = strconv.Atoi(code)
		return err
	}
	return r.directive(word, rest)
}

// output adds a line.
func (r *transcriptReader) output(mark, text string) error {
	switch mark {
	case "out":
		r.out.Stdout = append(r.out.Stdout, r.expand(text))
	case "err":
		r.out.Stderr = append(r.out.Stderr, r.expand(text))
	case "req":
		r.out.Requests = append(r.out.Requests, r.expand(text))
	default:
		return fmt.Errorf("no stream %q", mark)
	}
	return nil
}

func (r *transcriptReader) directive(word, rest string) (err error) {
	c := r.at
	switch word {
	case "#":
		if c.Name == "" {
			c.Name = rest
		}
	case "=":
		c.Given, err = r.add(c.Given, rest)
	case "$":
		c.Args, err = splitWords(r.expand(rest))
	case "skip":
		c.Skip = rest
	case "env":
		r.env = append(r.env, rest)
	case "typed", "piped":
		c.Terminal = word == "typed"
		c.Stdin += rest + "\n"
		if rest == "" {
			c.Stdin = ""
		}
	case "but":
		c.Reason, c.Ours = rest, &Outcome{Code: r.out.Code}
		r.out = c.Ours
	case "file", "gone", "holds", "has", "lacks", "same":
		c.After, err = r.add(c.After, word+" "+rest)
	default:
		text, ok := strings.CutPrefix(rest, "= ")
		if !ok {
			return fmt.Errorf("not understood: %s", word)
		}
		r.words[word] = r.expand(text)
	}
	return err
}

func (r *transcriptReader) add(to [][]string, line string) ([][]string, error) {
	words, err := splitWords(r.expand(line))
	return append(to, words), err
}

// expand replaces {NAME}.
func (r *transcriptReader) expand(line string) string {
	for name, text := range r.words {
		line = strings.ReplaceAll(line, "{"+name+"}", text)
	}
	return line
}

// end ends a case.
func (r *transcriptReader) end() error {
	c := r.at
	r.at = nil
	if c == nil || c.Args == nil {
		return nil
	}
	if c.Ours != nil && c.Reason == "" {
		return fmt.Errorf("no reason for what is different")
	}
	c.Env = append(c.Env, r.env...)
	for len(c.Args) > 1 && strings.Contains(c.Args[0], "=") {
		c.Env, c.Args = append(c.Env, c.Args[0]), c.Args[1:]
	}
	r.cases = append(r.cases, c)
	return nil
}

// splitWords splits a command line as a shell does that knows spaces and quotes.
func splitWords(line string) ([]string, error) {
	var (
		words []string
		word  strings.Builder
		begun bool
		quote rune
	)
	for _, c := range line + " " {
		switch {
		case quote == 0 && (c == '\'' || c == '"'):
			quote, begun = c, true
		case quote == c:
			quote = 0
		case quote == 0 && c == ' ' && begun:
			words, begun = append(words, word.String()), false
			word.Reset()
		case quote != 0 || c != ' ':
			word.WriteRune(c)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("no closing quote: %s", line)
	}
	return words, nil
}
