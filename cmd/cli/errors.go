package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"emikit/ec2"
)

// Exit codes of the native commands. The families keep their own for what
// they distinguish; see [App.exitCode].
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("interrupted")

// UsageError is a mistake in the command line rather than in the work: an
// unknown option, a missing argument, a value of the wrong form.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...)}
}

// CodedError carries an exit code that a replaced tool's users rely on, such
// as 3 for an S3 error of ec2-upload-bundle.
type CodedError struct {
	Err  error
	Code int
	// Bare: the message stands alone, without what ec2-ami-tools put before others.
	Bare bool
}

func (e *CodedError) Error() string { return e.Err.Error() }
func (e *CodedError) Unwrap() error { return e.Err }

// RefusedError is a server's refusal, which euca2ools show with the server's
// code. Err is shown in the other dialects.
type RefusedError struct {
	Err           error
	Code, Message string
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Fail tells the user about the error that ended command (empty when none was
// found) and returns the exit code for it. A nil error is success.
func (a *App) Fail(command string, err error) int {
	if err == nil {
		a.sayResult(nil, exitDone)
		return exitDone
	}
	err = asLine(plain(a.inFamilyWords(err)))
	var usage *UsageError
	isUsage := errors.As(err, &usage)
	if a.Progress == ProgressJSON {
		a.sayResult(err, a.exitCode(err, isUsage))
		return a.exitCode(err, isUsage)
	}
	if !readerGone(err) {
		a.sayError(command, err, isUsage)
	}
	return a.exitCode(err, isUsage)
}

// readerGone reports whether a command ended because nobody reads its results any
// more, as "head -n 1" does not: that is no news to anybody.
func readerGone(err error) bool {
	path, ok := errors.AsType[*fs.PathError](err)
	return ok && path.Path == os.Stdout.Name() && errors.Is(path.Err, syscall.EPIPE)
}

// sayResult ends the objects of a run.
func (a *App) sayResult(err error, code int) {
	switch {
	case a.Progress != ProgressJSON:
	case err == nil:
		writeLine(a.Stderr, resultEvent{Result: "done"})
	default:
		writeLine(a.Stderr, resultEvent{Result: "failed", Code: code, Error: err.Error(), Hint: hintOf(err)})
	}
}

// sayError writes the line of an error, in the family's form, and a hint.
func (a *App) sayError(command string, err error, isUsage bool) {
	refusal, refused := refusalIn(err)
	coded, isCoded := errors.AsType[*CodedError](err)
	if isUsage && !errors.Is(err, ErrInterrupted) {
		io.WriteString(a.Stderr, a.Usage)
	}
	switch {
	case errors.Is(err, ErrInterrupted) && a.Family == EC2:
		fmt.Fprintf(a.Stderr, "\n%s interrupted.\n", a.Name)
	case errors.Is(err, ErrInterrupted):
		fmt.Fprintf(a.Stderr, "%s: interrupted\n", a.title(command))
	case a.Family == EC2 && isCoded && coded.Bare:
		fmt.Fprintln(a.Stderr, err)
	case a.Family == EC2 && isUsage:
		fmt.Fprintf(a.Stderr, "%v\nTry '%s --help'\n", err, a.Name)
	case a.Family == EC2:
		fmt.Fprintf(a.Stderr, "ERROR: %v\n", err)
	case a.Family == Euca && refused:
		fmt.Fprintf(a.Stderr, "%s: error (%s): %s\n", a.Name, line(refusal.Code), line(refusal.Message))
	case a.Family == Euca:
		fmt.Fprintf(a.Stderr, "%s: error: %v\n", a.Name, err)
	default:
		fmt.Fprintf(a.Stderr, "%s: %v\n", a.title(command), err)
	}
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(a.Stderr, "hint: %s\n", hint)
	} else if isUsage && a.Family == Native {
		fmt.Fprintf(a.Stderr, "hint: see '%s --help'\n", a.title(command))
	}
}

// refusalIn finds a server's refusal: one that a command has marked, or an
// answer of EC2, which is always one.
func refusalIn(err error) (*RefusedError, bool) {
	var (
		marked *RefusedError
		answer *ec2.Error
	)
	switch {
	case errors.As(err, &marked):
		return marked, true
	case errors.As(err, &answer):
		return &RefusedError{Err: err, Code: answer.Code, Message: answer.Message}, true
	}
	return nil, false
}

// title is how a message names the command: "emikit register", "euca-register".
func (a *App) title(command string) string {
	if a.Family != Native || command == "" || command == a.Name {
		return a.Name
	}
	return a.Name + " " + command
}

// exitCode follows facts recorded from euca2ools 3.4.1 and ec2-ami-tools
// 1.4.0.7: usage is 2 and 1 there, an interrupt 255 with ec2-ami-tools.
func (a *App) exitCode(err error, usage bool) int {
	var coded *CodedError
	interrupted := errors.Is(err, ErrInterrupted) || errors.Is(err, context.Canceled)
	switch {
	case interrupted && a.Family == EC2:
		return 255
	case interrupted:
		return exitInterrupted
	case errors.As(err, &coded):
		return coded.Code
	case usage && (a.Family == EC2 || a.Family == UEC):
		return 1
	case usage:
		return exitUsage
	}
	return exitFailed
}

// hintOf returns the advice that an error in the chain carries.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// WithHint adds advice to an error, shown as a line of its own.
func WithHint(err error, hint string) error { return &hinted{err, hint} }

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint returns the advice.
func (h *hinted) Hint() string { return h.hint }
