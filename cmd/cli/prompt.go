package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// Prompt asks questions as ec2-ami-tools 1.4.0.7 do: on standard output, with the
// reason on standard error, for patience long. Nobody is asked but a person: whoever
// runs a tool of ec2-ami-tools with a terminal for standard input. A script that has
// none, or says --batch, goes on with what is usual, and never waits. Where a generation
// was picked, answers are read from whatever standard input is, as its tools did.
type Prompt struct {
	// Batch is --batch: nobody is asked.
	Batch bool
}

// patience is how long ec2-ami-tools wait for an answer.
const patience = 30 * time.Second

// exitNoAnswer is ec2-ami-tools' exit code for a question that nobody answered.
const exitNoAnswer = 5

// ErrNoAnswer: a question was not answered in time.
var ErrNoAnswer = errors.New("no answer")

// AddFlag declares --batch.
func (p *Prompt) AddFlag(app *App, f *pflag.FlagSet) {
	usage := "accepted for old scripts: nothing is ever asked"
	if app.Family == EC2 {
		usage = "ask nothing, go on"
	}
	f.BoolVar(&p.Batch, "batch", false, usage)
	app.WithoutEffect(f, "batch")
}

// Asks says whether a question is asked.
func (p Prompt) Asks(app *App) bool {
	if app.Family != EC2 || p.Batch || app.Output == JSON {
		return false
	}
	return app.Era != AnyEra || isTerminal(app.Stdin)
}

// Confirm shows a reason to stop, and says whether to go on: nobody who is asked says
// no. Answers are those of ec2-ami-tools: what begins with y is a yes, all else is a no.
func (p Prompt) Confirm(ctx context.Context, app *App, reason string) (bool, error) {
	app.Notef("%s", reason)
	if !p.Asks(app) {
		return true, nil
	}
	answer, err := p.Line(ctx, app, "Are you sure you want to continue? [y/N]")
	if err != nil {
		return false, timedOut(err, "confirmation")
	}
	return Yes(answer), nil
}

// Value asks for the value of a parameter. usual is taken when nobody is asked, or
// says nothing.
func (p Prompt) Value(ctx context.Context, app *App, parameter, usual string) (string, error) {
	if !p.Asks(app) {
		return usual, nil
	}
	answer, err := p.Line(ctx, app, fmt.Sprintf("Please specify a value for %s [%s]: ", parameter, usual))
	if err != nil {
		return "", timedOut(err, parameter)
	}
	if answer == "" {
		return usual, nil
	}
	return answer, nil
}

// Yes says whether an answer is a yes.
func Yes(answer string) bool { return strings.HasPrefix(strings.ToLower(answer), "y") }

// timedOut words the error of a question.
func timedOut(err error, parameter string) error {
	if !errors.Is(err, ErrNoAnswer) {
		return err
	}
	return &CodedError{Err: Reword(err, "Timed out waiting for user input: "+parameter), Code: exitNoAnswer, Bare: true}
}

// Line asks a question, whoever may be there, and returns the line that is the answer,
// "" at the end of standard input. The error is ErrNoAnswer after a while, or why ctx
// ended. The goroutine that reads may then stay behind: nothing wakes one that waits
// for a terminal. What it still reads is dropped.
func (Prompt) Line(ctx context.Context, app *App, question string) (string, error) {
	if _, err := io.WriteString(app.Stdout, question); err != nil {
		return "", err
	}
	answers := make(chan string, 1)
	go func() { answers <- readLine(app.Stdin) }()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case answer := <-answers:
		return answer, nil
	case <-late.C:
		return "", ErrNoAnswer
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// readLine reads one line, and no further: the next question has its own.
func readLine(r io.Reader) string {
	const longest = 4096 // bytes, that of a terminal's line
	var line strings.Builder
	for b := make([]byte, 1); line.Len() < longest; {
		n, err := r.Read(b)
		if n > 0 && b[0] != '\n' {
			line.Write(b)
		}
		if err != nil || n > 0 && b[0] == '\n' {
			break
		}
	}
	return strings.TrimSpace(line.String())
}
