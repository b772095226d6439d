package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Run executes root with args and returns the program's exit code. A context
// ended by a signal must have [ErrInterrupted] as its cause.
func (a *App) Run(ctx context.Context, root *cobra.Command, args []string) int {
	a.Stderr, a.ctx = &wholeWriter{w: a.Stderr}, ctx
	root.SetArgs(args)
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		below := len(strings.Fields(pathBelow(root, cmd))) // a command's words come before its options
		if word := mistypedCommand(cmd, args[min(below, len(args)):]); word != "" {
			return cmd.Args(cmd, []string{word})
		}
		return &UsageError{suggestOption(cmd, err)}
	})
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && errors.Is(context.Cause(ctx), ErrInterrupted) {
		err = ErrInterrupted
	}
	return a.Fail(pathBelow(root, cmd), err)
}

// pathBelow is what is typed after root's name to get to cmd: "user add", or
// nothing for root itself.
func pathBelow(root, cmd *cobra.Command) string {
	if cmd == nil || cmd == root {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), root.CommandPath()+" ")
}

// mistypedCommand is the word in args that was to be a command of cmd, if cmd has
// commands: the options that follow it are then not cmd's mistakes.
func mistypedCommand(cmd *cobra.Command, args []string) string {
	if !cmd.HasSubCommands() || cmd.Args == nil {
		return ""
	}
	for i := 0; i < len(args); i++ {
		name, _, value := strings.Cut(args[i], "=")
		flag := cmd.Flags().Lookup(strings.TrimPrefix(name, "--"))
		switch {
		case !strings.HasPrefix(name, "-"):
			return args[i]
		case flag == nil:
			return "" // the first mistake is this one
		case !value && flag.NoOptDefVal == "":
			i++ // the next one is its value
		}
	}
	return ""
}

// WithoutEffect hides options from the help of a native command that it takes so
// that old scripts run unchanged, and does nothing with.
func (a *App) WithoutEffect(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		flags.Lookup(name).Hidden = a.Family == Native
	}
}

// AddCommonFlags gives cmd the flags that every command takes.
func (a *App) AddCommonFlags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.Var(&a.Output, "output", "show results as `FORM`: text, table or json")
	f.BoolVar(&a.Debug, "debug", false, "log what is done to standard error")
}
