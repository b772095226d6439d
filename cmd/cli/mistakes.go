package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The wording of mistakes in option values follows euca2ools 3.4.1, and in its
// dialect ec2-ami-tools 1.4.0.7.

// ExitAMITools is ec2-ami-tools' exit code for all errors that have none of
// their own.
const ExitAMITools = 254

// Option is an option as messages show it, such as "-m/--manifest".
type Option string

// long is the option's long name, which is how ec2-ami-tools call it.
func (o Option) long() string {
	_, long, _ := strings.Cut(string(o), "--")
	return "--" + long
}

// Required refuses an option without a value.
func (a *App) Required(o Option, value string) error {
	switch {
	case value != "":
		return nil
	case a.Family == EC2:
		return Usagef("missing mandatory parameter: %s", o.long())
	}
	return Usagef("argument %s is required", o)
}

// BadValue refuses an option's value for a reason that the value shows.
func (a *App) BadValue(o Option, value, reason string) error {
	switch {
	case a.Family != EC2:
		return Usagef("argument %s: %s", o, reason)
	case strings.HasPrefix(reason, "invalid"):
		return Usagef("%s has invalid value '%s'", o.long(), value)
	}
	return Usagef("%s has invalid value '%s': %s", o.long(), value, reason)
}

// BadChoice refuses a value that is none of the choices.
func (a *App) BadChoice(o Option, value string, choices ...string) error {
	reason := fmt.Sprintf("invalid choice: '%s' (choose from '%s')", value, strings.Join(choices, "', '"))
	if a.Family == Native {
		return suggestValue(a.BadValue(o, value, reason), value, choices...)
	}
	return a.BadValue(o, value, reason)
}

// Directory refuses a path that is not that of a directory.
func (a *App) Directory(o Option, path string) error {
	info, err := os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err == nil && info.IsDir():
		return nil
	case a.Family == EC2:
		return a.BadValue(o, path, "Directory does not exist or is not a directory.")
	case err != nil && !missing:
		return fmt.Errorf("%s: %w", path, Cause(err))
	case a.Family == Native && missing:
		return fmt.Errorf("%s: no such directory", path)
	case a.Family == Native:
		return fmt.Errorf("%s: not a directory", path)
	case !missing:
		return a.BadValue(o, path, "'"+path+"' is not a directory")
	case o.long() == "--directory": // euca-download-bundle does not say it twice
		return a.BadValue(o, path, "'"+path+"' does not exist")
	}
	return a.BadValue(o, path, "directory '"+path+"' does not exist")
}

// NewDirectory is Directory for a path to write to, where one that does not
// exist is going to be made, but not its parents.
func (a *App) NewDirectory(o Option, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return a.Directory(o, filepath.Dir(filepath.Clean(path)))
	}
	return a.Directory(o, path)
}

// Cause takes the operation and path off an error of package os, for a message
// that names the file in other words.
func Cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// NoSuchFile words err as euca2ools do if it means that there is no file called
// path.
func (a *App) NoSuchFile(path string, err error) error {
	if a.Family != Euca || path == "" || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, statErr := os.Stat(path); !errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	return Reword(err, "No such file or directory: "+path)
}

// Reword gives an error another tool's words. What is known of it stays.
func Reword(err error, text string) error { return reworded{err, text} }

type reworded struct {
	error
	text string
}

func (e reworded) Error() string { return e.text }
func (e reworded) Unwrap() error { return e.error }

// Any is a number of arguments without limit.
const Any = -1

// Args is the check of a command that takes from least to most arguments, which
// its Use line names.
func Args(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			missing := strings.Fields(cmd.Use)[1+len(args)]
			return &UsageError{missingArgument(strings.TrimSuffix(missing, "..."))}
		case most != Any && len(args) > most:
			return Usagef("unexpected argument: %s", args[most])
		}
		return nil
	}
}

// missingArgument is the name of an argument that was not given.
type missingArgument string

func (m missingArgument) Error() string { return "missing argument: " + string(m) }

// inFamilyWords rewords what this package says of any command line in the words of the
// family, where that is one of euca2ools.
func (a *App) inFamilyWords(err error) error {
	if _, missing := errors.AsType[missingArgument](err); missing && a.Family == Euca {
		return Reword(err, "too few arguments")
	}
	invalid, is := errors.AsType[*pflag.InvalidValueError](err)
	switch {
	case !is:
		return err
	case a.Family == EC2:
		return Reword(err, "invalid argument: --"+invalid.GetFlag().Name+" "+invalid.GetValue())
	case a.Family == Euca:
		return Reword(err, "argument "+optionNames(invalid.GetFlag())+": "+whyInvalid(invalid))
	}
	return err
}

// optionNames are an option's names as euca2ools show them.
func optionNames(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand + "/--" + f.Name
	}
	return "--" + f.Name
}

// whyInvalid is what is wrong with a flag's value. What package strconv says is for
// programmers.
func whyInvalid(e *pflag.InvalidValueError) string {
	if _, number := errors.AsType[*strconv.NumError](e); number {
		return "invalid " + e.GetFlag().Value.Type() + " value: '" + e.GetValue() + "'"
	}
	return e.Unwrap().Error()
}

// NoArgs is the check of a bundling or transfer command. ec2-ami-tools pass over
// arguments, and their users rely on it: a shell expands Packer's "-e /tmp/*",
// scripts say "--retry 5".
func (a *App) NoArgs() cobra.PositionalArgs {
	if a.Family == EC2 {
		return cobra.ArbitraryArgs
	}
	return Args(0, 0)
}
