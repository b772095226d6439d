package clitest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Family makes the commands of a family, as each family's Commands does.
type Family func(app *cli.App) []*cobra.Command

// Result is what a run left.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run executes one command line, without the program's name, in a dialect.
// The environment holds env only.
func Run(t *testing.T, family Family, dialect cli.Family, env map[string]string, args ...string) Result {
	t.Helper()
	var stdout, stderr strings.Builder
	app := &cli.App{
		Name: string(cli.Native), Family: dialect, Version: "test",
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] },
		Now:    time.Now, Output: cli.Text,
	}
	if err := app.ReadEra(); err != nil {
		t.Fatal(err)
	}
	root := &cobra.Command{Use: "emikit"}
	app.AddCommonFlags(root)
	root.AddCommand(family(app)...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if dialect != cli.Native {
		app.Name = string(dialect) + "-" + args[0]
	}
	code := app.Run(ctx, root, args)
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: code}
}
