package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"emikit/config"
)

// Family is the dialect in which a command was called: by its own name or by
// that of a tool it replaces. It decides output lines, error form, defaults
// and exit codes.
type Family string

// The dialects.
const (
	Native Family = "emikit"
	Euca   Family = "euca" // euca2ools: euca-bundle-image …
	EC2    Family = "ec2"  // ec2-ami-tools and ec2-api-tools: ec2-bundle-image …
	UEC    Family = "uec"  // cloud-utils: uec-publish-image, cloud-publish-image …
)

// App is the surroundings of one run of the program. It is made once by main
// (or a test) and passed to every command; nothing in it changes after the
// flags are parsed. Commands read the environment through it only.
type App struct {
	// Name is the program as it was called: "emikit" or "euca-register".
	Name string
	// Family is the dialect that goes with Name.
	Family Family
	// Era is the generation of the family that is asked for ([App.ReadEra]).
	Era Era
	// Usage is what is shown before a mistake in the command line, as euca2ools do.
	Usage string
	// Version is the program's version, for --version and manifests.
	Version string

	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Getenv looks up an environment variable; "" when it is not set.
	Getenv func(string) string
	// SetToNothing tells a variable that is set to the empty string from one that is
	// not set. Nil means that there are none.
	SetToNothing func(string) bool
	// InstanceKeys asks the instance that the program runs on for its keys, where
	// nobody gave any. Nil means that nothing is asked.
	InstanceKeys func(context.Context) (config.Credentials, error)
	// Now tells the time; signatures use it.
	Now func() time.Time

	// Output is the form in which results are shown (--output).
	Output Output
	// ShowEmpty writes (nil) for an empty field of a text record
	// (--show-empty-fields).
	ShowEmpty bool
	// Progress is the form in which progress is shown (--progress). With
	// [ProgressJSON] all that goes to standard error is objects, one to a line.
	Progress ProgressForm
	// Debug asks for a log of what is done on standard error (--debug). It
	// never shows a secret.
	Debug bool

	ctx context.Context // of the run, for what is found out before a command's work
}

// context is the run's, so that what is asked before a command's work is interrupted
// with it.
func (a *App) context() context.Context {
	if a.ctx == nil {
		return context.Background()
	}
	return a.ctx
}

// New returns an App on the process's own streams and environment.
func New(version string) *App {
	return &App{
		Name: string(Native), Family: Native, Version: version,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Output: Text,
	}
}

// Home is the user's home directory, empty when the environment names none.
func (a *App) Home() string { return a.Getenv("HOME") }

// Notef writes a line for the person at the terminal to standard error.
func (a *App) Notef(format string, args ...any) {
	note := strings.TrimRight(fmt.Sprintf(format, args...), "\n")
	if a.Progress == ProgressJSON {
		writeLine(a.Stderr, noteEvent{note})
		return
	}
	fmt.Fprintln(a.Stderr, note)
}

// ErrIsTerminal reports whether standard error is a terminal: only then may
// progress be drawn.
func (a *App) ErrIsTerminal() bool { return isTerminal(a.Stderr) }

// OutIsTerminal reports whether standard output is a terminal.
func (a *App) OutIsTerminal() bool { return isTerminal(a.Stdout) }

// isTerminal reports whether one of the process's streams is a terminal.
func isTerminal(stream any) bool {
	if t, ok := stream.(interface{ IsTerminal() bool }); ok {
		return t.IsTerminal()
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Log is where services log: standard error, in one line per event. Debug
// events show with --debug only.
func (a *App) Log() *slog.Logger {
	level := slog.LevelInfo
	if a.Debug {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	if a.Progress == ProgressJSON {
		return slog.New(slog.NewJSONHandler(a.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.Stderr, options))
}
