package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/upload"
)

// The wording of mistakes follows euca2ools 3.4.1, and in its dialect
// ec2-ami-tools 1.4.0.7.

// ec2-ami-tools' exit codes.
const (
	exitStore    = 3
	exitLocation = 10
	exitOther    = 254
)

// positional is the check of arguments: ec2-ami-tools pass over them, and
// scripts rely on it ("--retry 5").
func positional(app *cli.App) cobra.PositionalArgs {
	if app.Family == cli.EC2 {
		return cobra.ArbitraryArgs
	}
	return cli.Args(cobra.NoArgs)
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

// bucket reads the value of --bucket.
func bucket(app *cli.App, value string) (upload.Location, error) {
	if err := require(app, "bucket", "-b/--bucket", value); err != nil {
		return upload.Location{}, err
	}
	location, err := upload.ParseLocation(value)
	if err != nil {
		return upload.Location{}, &cli.UsageError{Err: err}
	}
	return location, nil
}

// checkDir refuses a value of --directory that is not a directory.
func checkDir(app *cli.App, path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case app.Family == cli.EC2:
		return cli.Usagef("--directory has invalid value '%s': Directory does not exist or is not a directory.", path)
	case errors.Is(err, fs.ErrNotExist):
		return cli.Usagef("argument -d/--directory: '%s' does not exist", path)
	case err == nil:
		return cli.Usagef("argument -d/--directory: '%s' is not a directory", path)
	}
	return err
}

// noSuchFile words err as euca2ools do if it means that there is no file path.
func noSuchFile(app *cli.App, path string, err error) error {
	about, ok := errors.AsType[*fs.PathError](err)
	if app.Family != cli.Euca || !ok || about.Path != path || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return reworded{err, "No such file or directory: " + path}
}

// reworded is an error in the words of another tool. What is known of it stays.
type reworded struct {
	error
	text string
}

func (e reworded) Error() string { return e.text }
func (e reworded) Unwrap() error { return e.error }

// dialect gives an error the words and the exit code of the dialect.
func dialect(app *cli.App, err error) error {
	if _, usage := errors.AsType[*cli.UsageError](err); err == nil || usage {
		return err
	}
	switch app.Family {
	case cli.EC2:
		return ec2Error(err)
	case cli.Euca:
		if refusal, ok := errors.AsType[*upload.Error](err); ok && !errors.Is(err, upload.ErrNoManifest) {
			return &cli.RefusedError{Err: err, Code: refusal.Code, Message: refusal.Message}
		}
	}
	return err
}

// ec2Error words an error as ec2-ami-tools do, and gives it their exit code.
func ec2Error(err error) error {
	if where, ok := errors.AsType[*upload.LocationError](err); ok {
		text := fmt.Sprintf("Bucket %q already exists in %q and %q was specified.", where.Bucket, where.Is, where.Want)
		return &cli.CodedError{Err: reworded{err, text}, Code: exitLocation}
	}
	if refusal, ok := errors.AsType[*upload.Error](err); ok {
		cause := fmt.Sprintf("Server.%s(%d): %s", refusal.Code, refusal.Status, refusal.Message)
		return &cli.CodedError{Err: reworded{err, failed(refusal) + cause}, Code: exitStore}
	}
	if _, ok := errors.AsType[*upload.ConnectError](err); ok {
		return &cli.CodedError{Err: reworded{err, "Error talking to S3: " + err.Error()}, Code: exitStore}
	}
	return &cli.CodedError{Err: err, Code: exitOther}
}

func failed(refusal *upload.Error) string {
	switch refusal.Op {
	case "upload", "download":
		return fmt.Sprintf("Failed to %s %q: ", refusal.Op, refusal.Object)
	}
	return "Error talking to S3: "
}
