package bundling

import (
	"errors"
	"os"

	"emikit/cmd/cli"
	"emikit/config"
)

// exitCode gives an error the exit code of the dialect.
func exitCode(app *cli.App, err error) error {
	var (
		usage *cli.UsageError
		coded *cli.CodedError
	)
	if err == nil || app.Family != cli.EC2 || errors.As(err, &usage) || errors.As(err, &coded) {
		return err
	}
	return &cli.CodedError{Err: err, Code: cli.ExitAMITools}
}

// configError words what is wrong with a value of the configuration that the
// option could have given. The old tools take it for a mistake in the command
// line, wherever the value comes from.
func configError(app *cli.App, option cli.Option, err error) error {
	file, badFile := errors.AsType[*config.FileError](err)
	switch {
	case app.Family == cli.Native || !badFile && !isMissing(err):
		return err
	case app.Family == cli.EC2 && badFile:
		return app.BadValue(option, file.Text, notFile)
	case app.Family == cli.EC2:
		return withHintOf(err, app.Required(option, ""))
	}
	return &cli.UsageError{Err: err}
}

// withHintOf gives an error the advice of another, which it is said in place of.
func withHintOf(other, err error) error {
	var advice interface{ Hint() string }
	if errors.As(other, &advice) && advice.Hint() != "" {
		return cli.WithHint(err, advice.Hint())
	}
	return err
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*config.MissingError](err)
	return missing
}

const notFile = "File does not exist or is not a file."

// checkFile is ec2-ami-tools' check of a path on the command line.
func checkFile(app *cli.App, option cli.Option, path string) error {
	if info, err := os.Stat(path); path != "-" && (err != nil || info.IsDir()) {
		return app.BadValue(option, path, notFile)
	}
	return nil
}
