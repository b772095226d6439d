package service

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"emikit/cmd/cli"
)

// stage runs the demo's commands one after the other. After the first that
// fails it runs no more; the error says which it was.
type stage struct {
	app     *cli.App
	program Program
	env     map[string]string
	err     error
}

// run shows a command and runs it, its output included.
func (s *stage) run(ctx context.Context, argv ...string) string {
	if s.err != nil {
		return ""
	}
	fmt.Fprintln(s.app.Stdout, "$", shellLine(argv))
	var out endedLines
	s.call(ctx, io.MultiWriter(s.app.Stdout, &out), argv)
	if !out.ended() {
		fmt.Fprintln(s.app.Stdout)
	}
	return out.String()
}

// call runs a command with its output to w.
func (s *stage) call(ctx context.Context, w io.Writer, argv []string) {
	app := *s.app
	app.Output, app.Stdout = cli.Text, w
	app.Getenv = func(name string) string {
		if v, ok := s.env[name]; ok {
			return v
		}
		return inherited(name, s.app.Getenv)
	}
	if code := s.program(ctx, &app, argv); code != 0 {
		s.err = fmt.Errorf("%s: exit code %d", shellLine(argv), code)
	}
}

// inherited keeps what could point a command elsewhere than at the demo's
// cloud out of its environment.
func inherited(name string, getenv func(string) string) string {
	for _, prefix := range []string{"AWS_", "EC2_", "EUCA", "S3_"} {
		if strings.HasPrefix(name, prefix) {
			return ""
		}
	}
	return getenv(name)
}

// id runs a command and finds the id with the given prefix that it printed.
func (s *stage) id(ctx context.Context, prefix string, argv ...string) string {
	out := s.run(ctx, argv...)
	found := regexp.MustCompile(`\b` + regexp.QuoteMeta(prefix) + `[0-9A-Fa-f]+`).FindString(out)
	if found == "" && s.err == nil {
		s.err = fmt.Errorf("%s: printed no %s… id", shellLine(argv), prefix)
	}
	return found
}

const (
	pollEvery     = 200 * time.Millisecond
	runningWithin = 30 * time.Second
)

// untilRunning asks for the instance again and again, and shows the answer
// when it is running.
func (s *stage) untilRunning(ctx context.Context, instance string) {
	argv := []string{"emikit", "describe-instances", instance}
	ctx, cancel := context.WithTimeout(ctx, runningWithin)
	defer cancel()
	for tick := time.NewTicker(pollEvery); s.err == nil; {
		var out bytes.Buffer
		s.call(ctx, &out, argv)
		if strings.Contains(out.String(), "\trunning\t") || strings.Contains(out.String(), "\tterminated\t") {
			tick.Stop()
			fmt.Fprintf(s.app.Stdout, "$ %s\n%s", shellLine(argv), out.String())
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.err = fmt.Errorf("%s: not running: %w", instance, context.Cause(ctx))
		}
	}
}

// endedLines collects output and knows whether its last line is complete.
type endedLines struct{ bytes.Buffer }

func (e *endedLines) ended() bool {
	return e.Len() == 0 || e.Bytes()[e.Len()-1] == '\n'
}

// shellLine is a command as it is typed.
func shellLine(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = word
		if word == "" || strings.ContainsAny(word, " '\"$&|;<>()*?[]#~`\\") {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}
