package transfer

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"emikit/cmd/cli"
	"emikit/upload"
)

// confirmWithin is how long ec2-delete-bundle waits for an answer.
const confirmWithin = 30 * time.Second

// checkEC2 refuses what ec2-delete-bundle 1.4.0.7 refuses, in its words.
func checkEC2(app *cli.App, b inBucket) error {
	switch info, err := os.Stat(b.manifest); {
	case b.manifest == "" && b.prefix == "":
		return app.Required("--manifest or --prefix", "")
	case b.manifest != "" && b.prefix != "":
		return cli.Usagef("--prefix and --manifest may not both be provided")
	case b.manifest != "" && (err != nil || info.IsDir()):
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

// confirm lists what is to be removed and returns what is. Only ec2-delete-bundle asks,
// unless it was told not to: there the answer may come through a pipe, and none within
// half a minute is no.
func (f deleteFlags) confirm(ctx context.Context, app *cli.App, names []string) ([]string, error) {
	if app.Family != cli.EC2 {
		return names, nil
	}
	if len(names) == 0 {
		ec2Line(app, "No files to delete.")
		return nil, nil
	}
	ec2Line(app, "Deleting files:\n   - %s", strings.Join(names, "\n   - "))
	if f.yes {
		return names, nil
	}
	if isEC2Text(app) {
		fmt.Fprint(app.Stdout, "Continue [y/N]: ")
	}
	answer, err := readLine(ctx, app)
	switch {
	case err != nil:
		return nil, err
	case answer == "":
		ec2Line(app, "\nNo response given, skipping the files.")
	case strings.HasPrefix(strings.ToLower(answer), "y"):
		return names, nil
	}
	return nil, nil
}

// readLine reads a line of standard input. It is empty when none comes in time.
func readLine(ctx context.Context, app *cli.App) (string, error) {
	lines := make(chan string, 1)
	go func() { // stays behind where standard input gives nothing
		line, _ := bufio.NewReader(app.Stdin).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	timer := time.NewTimer(confirmWithin)
	defer timer.Stop()
	select {
	case line := <-lines:
		return line, nil
	case <-timer.C:
		return "", nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
