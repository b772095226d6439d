package config

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{newConfigCmd(app), newEnvironmentCmd(app)}
}

func newConfigCmd(app *cli.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config COMMAND",
		Short: "Show the configuration that is in force",
		Long:  "Config shows what the commands would work with, and where each value was found.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := cli.Usagef("no such command: config %s", args[0])
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return cli.WithHint(err, "did you mean '"+cmd.CommandPath()+" "+near[0]+"'?")
			}
			return err
		},
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newShowCmd(app))
	return cmd
}
