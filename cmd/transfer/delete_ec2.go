package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"emikit/cmd/cli"
	"emikit/upload"
)

// checkEC2 refuses what ec2-delete-bundle 1.4.0.7 refuses, in its words.
func checkEC2(app *cli.App, b inBucket) error {
	switch {
	case b.manifest == "" && b.prefix == "":
		return app.Required("--manifest or --prefix", "")
	case b.manifest != "" && b.prefix != "":
		return cli.Usagef("--prefix and --manifest may not both be provided")
	case b.manifest != "" && !isFile(b.manifest):
		return app.BadValue("-m/--manifest", b.manifest, "File does not exist or is not a file.")
	}
	return nil
}

// ec2Line prints a line of ec2-delete-bundle.
func ec2Line(app *cli.App, format string, args ...any) {
	if isEC2Text(app) {
		fmt.Fprintf(app.Stdout, format+"\n", args...)
	}
}

func isEC2Text(app *cli.App) bool { return app.Family == cli.EC2 && app.Output != cli.JSON }

// deleteLines are the lines of ec2-delete-bundle 1.4.0.7 for what is removed.
func deleteLines(app *cli.App) func(upload.Event) string {
	if !isEC2Text(app) {
		return nil
	}
	return func(e upload.Event) string {
		if e.Kind == upload.Removed {
			return fmt.Sprintf("Deleted %s\n", e.Name)
		}
		return ""
	}
}

// confirm lists what is to be removed and says whether to go on. Only ec2-delete-bundle
// asks, also a script, unless it was told not to: the answer may come through a pipe, and
// none within half a minute, or the end of standard input, is no.
func (f deleteFlags) confirm(ctx context.Context, app *cli.App, names []string) (bool, error) {
	if app.Family != cli.EC2 {
		return true, nil
	}
	if len(names) == 0 {
		ec2Line(app, "No files to delete.")
		return true, nil
	}
	ec2Line(app, "Deleting files:\n   - %s", strings.Join(names, "\n   - "))
	if f.yes {
		return true, nil
	}
	question := "Continue [y/N]: "
	if !isEC2Text(app) {
		question = ""
	}
	answer, err := f.Line(ctx, app, question)
	if errors.Is(err, cli.ErrNoAnswer) {
		answer, err = "", nil
	}
	if answer == "" && err == nil {
		ec2Line(app, "\nNo response given, skipping the files.")
	}
	return cli.Yes(answer), err
}
