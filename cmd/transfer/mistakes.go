package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/upload"
)

// ec2-ami-tools' exit codes for what they distinguish.
const (
	exitStore    = 3
	exitLocation = 10
)

// directoryOption is where a bundle is, or goes.
const directoryOption cli.Option = "-d/--directory"

// bucket reads the value of --bucket.
func bucket(app *cli.App, value string) (upload.Location, error) {
	if err := app.Required("-b/--bucket", value); err != nil {
		return upload.Location{}, err
	}
	return parseLocation(app, value)
}

// parseLocation reads BUCKET[/PREFIX]. For the tools that are replaced a wrong name is
// not one of usage: they ask the store first.
func parseLocation(app *cli.App, value string) (upload.Location, error) {
	location, err := upload.ParseLocation(value)
	switch {
	case err == nil:
		return location, nil
	case app.Family == cli.EC2 && strings.Trim(value, "/") != "":
		return location, &cli.CodedError{Err: err, Code: exitStore}
	case app.Family == cli.Euca:
		return location, err
	}
	return location, &cli.UsageError{Err: err}
}

// unsafeBucket asks whether to go on with a bucket that has no host's name, as
// ec2-ami-tools do.
func unsafeBucket(ctx context.Context, app *cli.App, prompt cli.Prompt, bucket string) (bool, error) {
	if app.Family != cli.EC2 || upload.IsDNSSafe(bucket) {
		return true, nil
	}
	return prompt.Confirm(ctx, app, "The specified bucket is not S3 v2 safe (see S3 documentation for details):\n"+bucket)
}

// acl refuses what is none of the canned ACLs of bundles.
func acl(app *cli.App, name string) error {
	if choices := []string{"public-read", "aws-exec-read", "ec2-bundle-read"}; !slices.Contains(choices, name) {
		return app.BadChoice("--acl", name, choices...)
	}
	return nil
}

// checkLocation refuses what ec2-ami-tools 1.4 do not know. The object store knows
// better what there is now.
func checkLocation(app *cli.App, location string) error {
	known := []string{"", "EU", "US", "us-gov-west-1", "us-west-1", "us-west-2", "ap-southeast-1", "ap-northeast-1", "sa-east-1"}
	if app.Era != cli.EC2v14 || slices.Contains(known, location) {
		return nil
	}
	return app.BadChoice("--location", location, known[1:]...)
}

// checkTarget refuses what ec2-ami-tools refuse to do with a bucket.
func checkTarget(app *cli.App, name, location string) error {
	if err := acl(app, name); err != nil {
		return err
	}
	return checkLocation(app, location)
}

// isFile says whether there is a file, or what can be read as one.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// dialect gives an error the words and the exit code of the dialect.
func dialect(app *cli.App, err error) error { return dialectOf(app, byKey, err) }

// dialectOf is dialect for a command that has other names for objects.
func dialectOf(app *cli.App, n names, err error) error {
	if _, usage := errors.AsType[*cli.UsageError](err); err == nil || usage {
		return err
	}
	if _, coded := errors.AsType[*cli.CodedError](err); coded {
		return err
	}
	switch app.Family {
	case cli.EC2:
		return n.ec2Error(app, err)
	case cli.Euca:
		return eucaError(err)
	}
	return err
}

// eucaError words an error as euca2ools do.
func eucaError(err error) error {
	if wrong, ok := errors.AsType[*upload.DigestError](err); ok && wrong.Op == "download" {
		text := fmt.Sprintf("downloaded file %s appears to be corrupt (expected SHA1: %s, actual: %s)", wrong.Path, wrong.Want, wrong.Got)
		return cli.Reword(err, text)
	}
	if refusal, ok := errors.AsType[*upload.Error](err); ok && !errors.Is(err, upload.ErrNoManifest) {
		return &cli.RefusedError{Err: err, Code: refusal.Code, Message: refusal.Message}
	}
	return err
}

// ec2Error words an error as ec2-ami-tools do, and gives it their exit code. What is
// about an object they say once more, on a line of its own.
func (n names) ec2Error(app *cli.App, err error) error {
	if missing, ok := errors.AsType[*config.MissingError](err); ok {
		return missingKey(err, missing)
	}
	if where, ok := errors.AsType[*upload.LocationError](err); ok {
		text := fmt.Sprintf("Bucket %q already exists in %q and %q was specified.", where.Bucket, where.Is, where.Want)
		return &cli.CodedError{Err: cli.Reword(err, text), Code: exitLocation}
	}
	if missing, ok := errors.AsType[*upload.MissingPartError](err); ok {
		return n.failed(app, err, fmt.Sprintf("Failed to upload %q: No such file or directory", missing.Path))
	}
	if refusal, ok := errors.AsType[*upload.Error](err); ok {
		return n.failed(app, err, n.failureLine(refusal))
	}
	if _, ok := errors.AsType[*upload.ConnectError](err); ok {
		return &cli.CodedError{Err: cli.Reword(err, "Error talking to S3: "+err.Error()), Code: exitStore}
	}
	return &cli.CodedError{Err: err, Code: cli.ExitAMITools}
}

// failed tells of a failure by its line; without one it is of talking to the store.
func (n names) failed(app *cli.App, err error, line string) error {
	if line == "" {
		line = n.failure(err)
	} else if isEC2Text(app) {
		app.Notef("%s", line)
	}
	return &cli.CodedError{Err: cli.Reword(err, line), Code: exitStore}
}

// missingKey words what is not configured as ec2-ami-tools do, which took keys from the
// command line alone.
func missingKey(err error, missing *config.MissingError) error {
	switch missing.What {
	case config.AccessKeyID:
		return &cli.UsageError{Err: cli.Reword(err, "missing mandatory parameter: --access-key")}
	case "secret key":
		return &cli.UsageError{Err: cli.Reword(err, "missing mandatory parameter: --secret-key")}
	}
	return &cli.CodedError{Err: err, Code: cli.ExitAMITools}
}
