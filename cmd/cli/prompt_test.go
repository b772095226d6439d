package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// typed is what a person types.
type typed struct{ io.Reader }

func (typed) IsTerminal() bool { return true }

// asked is an app of ec2-ami-tools' with a person, or a script, at standard input.
func asked(stdin io.Reader) (app *App, stdout, stderr *strings.Builder) {
	stdout, stderr = &strings.Builder{}, &strings.Builder{}
	return &App{Name: "ec2-x", Family: EC2, Stdin: stdin, Stdout: stdout, Stderr: stderr}, stdout, stderr
}

func TestConfirm(t *testing.T) {
	const question = "Are you sure you want to continue? [y/N]"
	script := func(text string) io.Reader { return strings.NewReader(text) }
	person := func(text string) io.Reader { return typed{script(text)} }
	for _, tt := range []struct {
		name   string
		stdin  io.Reader
		family Family
		batch  bool
		asks   string
		want   bool
	}{
		{"yes", person("yes\n"), EC2, false, question, true},
		{"Y", person("Y\n"), EC2, false, question, true},
		{"no", person("n\n"), EC2, false, question, false},
		{"return", person("\n"), EC2, false, question, false},
		{"end of input", person(""), EC2, false, question, false},
		{"no end of line", person("y"), EC2, false, question, true},
		{"batch", person("n\n"), EC2, true, "", true},
		{"script", script("n\n"), EC2, false, "", true},
		{"nothing", nil, EC2, false, "", true},
		{"euca2ools", person("n\n"), Euca, false, "", true},
		{"native", person("n\n"), Native, false, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app, stdout, stderr := asked(tt.stdin)
			app.Family = tt.family
			got, err := Prompt{Batch: tt.batch}.Confirm(t.Context(), app, "It is odd.")
			if got != tt.want || err != nil || stdout.String() != tt.asks || stderr.String() != "It is odd.\n" {
				t.Errorf("got %v, %v, %q, %q, want %v, nil, %q, the reason", got, err, stdout, stderr, tt.want, tt.asks)
			}
		})
	}
}

// TestValues: one answer is not taken for the next one's.
func TestValues(t *testing.T) {
	app, stdout, _ := asked(typed{strings.NewReader("i386\r\n\nlast")})
	for _, want := range []string{"i386", "x86_64", "last", "x86_64"} {
		if got, err := (Prompt{}).Value(t.Context(), app, "arch", "x86_64"); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if want := strings.Repeat("Please specify a value for arch [x86_64]: ", 4); stdout.String() != want {
		t.Errorf("got %q, want %q", stdout, want)
	}
	if got, err := (Prompt{Batch: true}).Value(t.Context(), app, "arch", "x86_64"); got != "x86_64" || err != nil {
		t.Errorf("batch: got %q, %v, want x86_64", got, err)
	}
}

// TestNoAnswer waits as long as ec2-ami-tools, and then says so as they do.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent, end := io.Pipe()
		app, _, stderr := asked(typed{silent})
		began := time.Now()
		_, err := Prompt{}.Value(t.Context(), app, "arch", "x86_64")
		if took := time.Since(began); took != 30*time.Second || !errors.Is(err, ErrNoAnswer) {
			t.Errorf("got %v after %v, want %v after 30s", err, took, ErrNoAnswer)
		}
		if code := app.Fail("", err); code != 5 || stderr.String() != "Timed out waiting for user input: arch\n" {
			t.Errorf("got %q, exit code %d", stderr, code)
		}
		end.Close()
	})
}

// TestInterruptedQuestion does not wait for an answer.
func TestInterruptedQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent, end := io.Pipe()
		app, _, stderr := asked(typed{silent})
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(ErrInterrupted)
		_, err := Prompt{}.Confirm(ctx, app, "It is odd.")
		if code := app.Fail("", err); !errors.Is(err, ErrInterrupted) || code != 255 || stderr.String() != "It is odd.\n\nec2-x interrupted.\n" {
			t.Errorf("got %v, %q, exit code %d", err, stderr, code)
		}
		end.Close()
	})
}

// Without a terminal nobody is asked, but where the words of one generation are wanted.
func TestAsks(t *testing.T) {
	for _, c := range []struct {
		family   Family
		era      Era
		batch    bool
		terminal bool
		want     bool
	}{
		{EC2, AnyEra, false, true, true},
		{EC2, AnyEra, false, false, false},
		{EC2, EC2v14, false, false, true},
		{EC2, EC2v15, true, true, false},
		{Euca, Euca2, false, true, false},
		{Native, AnyEra, false, true, false},
	} {
		app := &App{Family: c.family, Era: c.era, Stdin: &fakeTerminal{is: c.terminal}}
		if got := (Prompt{Batch: c.batch}).Asks(app); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
