package bundling

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/config"
)

// The wording of mistakes follows euca2ools 3.4.1, and in its dialect
// ec2-ami-tools 1.4.0.7.

// exitOther is ec2-ami-tools' exit code for all errors but those of the command
// line.
const exitOther = 254

// positional is the check of arguments: ec2-ami-tools pass over them, and Packer
// relies on it (a shell expands its "-e /tmp/*").
func positional(app *cli.App) cobra.PositionalArgs {
	if app.Family == cli.EC2 {
		return cobra.ArbitraryArgs
	}
	return cli.Args(cobra.NoArgs)
}

// exitCode gives an error the exit code of the dialect.
func exitCode(app *cli.App, err error) error {
	var usage *cli.UsageError
	if err == nil || app.Family != cli.EC2 || errors.As(err, &usage) {
		return err
	}
	return &cli.CodedError{Err: err, Code: exitOther}
}

// require refuses an empty value. name is the option's long name, shown both its
// names.
func require(app *cli.App, name, shown, value string) error {
	switch {
	case value != "":
		return nil
	case app.Family == cli.EC2:
		return cli.Usagef("missing mandatory parameter: --%s", name)
	}
	return cli.Usagef("argument %s is required", shown)
}

// badValue refuses an option's value for a reason.
func badValue(app *cli.App, name, shown, value, reason string) error {
	if app.Family != cli.EC2 {
		return cli.Usagef("argument %s: %s", shown, reason)
	}
	if strings.HasPrefix(reason, "invalid") {
		return cli.Usagef("--%s has invalid value '%s'", name, value)
	}
	return cli.Usagef("--%s has invalid value '%s': %s", name, value, reason)
}

func invalidChoice(shown, value string, choices ...string) error {
	return cli.Usagef("argument %s: invalid choice: '%s' (choose from '%s')", shown, value, strings.Join(choices, "', '"))
}

// optionError words what is wrong with a value of the configuration that an
// option could have given.
func optionError(app *cli.App, name string, err error) error {
	var file *config.FileError
	switch {
	case app.Family == cli.EC2 && errors.As(err, &file):
		return cli.Usagef("--%s has invalid value '%s': File does not exist or is not a file.", name, file.Text)
	case app.Family == cli.EC2 && isMissing(err):
		return cli.Usagef("missing mandatory parameter: --%s", name)
	case errors.As(err, &file) || isMissing(err):
		return &cli.UsageError{Err: err}
	}
	return err
}

func isMissing(err error) bool {
	var missing *config.MissingError
	return errors.As(err, &missing)
}

// checkFile is ec2-ami-tools' check of a path on the command line.
func checkFile(name, path string) error {
	if info, err := os.Stat(path); path != "-" && (err != nil || info.IsDir()) {
		return cli.Usagef("--%s has invalid value '%s': File does not exist or is not a file.", name, path)
	}
	return nil
}

// checkDir refuses a path that is not that of a directory.
func checkDir(app *cli.App, name, shown, path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case app.Family == cli.EC2:
		return cli.Usagef("--%s has invalid value '%s': Directory does not exist or is not a directory.", name, path)
	case errors.Is(err, fs.ErrNotExist):
		return cli.Usagef("argument %s: directory '%s' does not exist", shown, path)
	case err == nil:
		return cli.Usagef("argument %s: '%s' is not a directory", shown, path)
	}
	return err
}

// noSuchFile words err as euca2ools do if it means that there is no file called
// path.
func noSuchFile(app *cli.App, path string, err error) error {
	if app.Family != cli.Euca || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, statErr := os.Stat(path); !errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("No such file or directory: %s", path) //lint:ignore ST1005 euca2ools' words
}
