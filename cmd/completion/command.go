package completion

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// NewCommand makes the command that prints a shell's script; links are the names of the
// links to the program.
func NewCommand(app *cli.App, links func() []string) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print what makes a shell finish command lines",
		Long: `Completion prints a script by which bash, zsh or fish finishes the command lines of
emikit and of the links to it: commands, options, files by their kind, and what the
cloud knows: images, instances, buckets, manifests, key pairs, groups, zones. The cloud
is asked for at most a second; where it does not answer, nothing is offered.

The packages of a release put the scripts where the shells look for them.`,
		Example: "  source <(emikit completion bash)\n" +
			"  emikit completion zsh > \"${fpath[1]}/_emikit\"\n" +
			"  emikit completion fish > ~/.config/fish/completions/emikit.fish",
		Args: cli.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			shells := slices.Sorted(maps.Keys(Shells()))
			if !slices.Contains(shells, args[0]) {
				return app.BadChoice("SHELL", args[0], shells...)
			}
			text, err := Script(cmd.Root(), args[0], links())
			if err != nil {
				return err
			}
			_, err = app.Stdout.Write(text)
			return err
		},
	}
}
