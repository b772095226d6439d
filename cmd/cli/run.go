package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// Run executes root with args and returns the program's exit code. A context
// ended by a signal must have [ErrInterrupted] as its cause.
func (a *App) Run(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &UsageError{err} })
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && errors.Is(context.Cause(ctx), ErrInterrupted) {
		err = ErrInterrupted
	}
	name := ""
	if cmd != nil && cmd != root {
		name = cmd.Name()
	}
	return a.Fail(name, err)
}

// AddCommonFlags gives cmd the flags that every command takes.
func (a *App) AddCommonFlags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.Var(&a.Output, "output", "show results as `FORM`: text, table or json")
	f.BoolVar(&a.Debug, "debug", false, "log what is done to standard error")
}
