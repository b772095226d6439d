package transfer

import (
	"errors"
	"fmt"
	"slices"

	"emikit/cmd/cli"
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
	location, err := upload.ParseLocation(value)
	if err != nil {
		return upload.Location{}, &cli.UsageError{Err: err}
	}
	return location, nil
}

// acl refuses what is none of the canned ACLs of bundles.
func acl(app *cli.App, name string) error {
	if choices := []string{"public-read", "aws-exec-read", "ec2-bundle-read"}; !slices.Contains(choices, name) {
		return app.BadChoice("--acl", name, choices...)
	}
	return nil
}

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
		return &cli.CodedError{Err: cli.Reword(err, text), Code: exitLocation}
	}
	if refusal, ok := errors.AsType[*upload.Error](err); ok {
		cause := fmt.Sprintf("Server.%s(%d): %s", refusal.Code, refusal.Status, refusal.Message)
		return &cli.CodedError{Err: cli.Reword(err, failed(refusal)+cause), Code: exitStore}
	}
	if _, ok := errors.AsType[*upload.ConnectError](err); ok {
		return &cli.CodedError{Err: cli.Reword(err, "Error talking to S3: "+err.Error()), Code: exitStore}
	}
	return &cli.CodedError{Err: err, Code: cli.ExitAMITools}
}

func failed(refusal *upload.Error) string {
	switch refusal.Op {
	case "upload", "download", "copy":
		return fmt.Sprintf("Failed to %s %q: ", refusal.Op, refusal.Object)
	case "remove":
		return fmt.Sprintf("Failed to delete %q: ", refusal.Object)
	}
	return "Error talking to S3: "
}
