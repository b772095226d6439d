package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/ec2"
)

// EC2Run is the work of a command that talks to EC2.
type EC2Run func(ctx context.Context, app *App, client *ec2.Client, args []string) error

// EC2Command completes a command that talks to EC2: it gets the options that all
// of them take, and runs with a client that is made from these. A mistake in the
// command's own options is to be found by its PreRunE, before the client is made.
func EC2Command(app *App, cmd *cobra.Command, run EC2Run) *cobra.Command {
	var conn Connection
	conn.AddFlags(cmd.Flags(), UpperKeys)
	cmd.Flags().BoolVar(&app.ShowEmpty, "show-empty-fields", false, "write (nil) for an empty field of a text record")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := conn.EC2(app)
		if err != nil {
			return err
		}
		return run(cmd.Context(), app, client, args)
	}
	return cmd
}

// Filters is a flag value: each NAME=VALUE adds to the filter NAME.
type Filters []ec2.Filter

// String is empty: there is no default to show.
func (f *Filters) String() string { return "" }

// Type names the flag's value in help texts.
func (f *Filters) Type() string { return "NAME=VALUE" }

// AddFlag declares --filter of a command that lists what, in the plural.
func (f *Filters) AddFlag(flags *pflag.FlagSet, what string) {
	flags.Var(f, "filter", "list "+what+" for which NAME is VALUE (may be repeated)")
}

// Set takes one NAME=VALUE.
func (f *Filters) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("filter %q: want NAME=VALUE", text)
	}
	for i, filter := range *f {
		if filter.Name == name {
			(*f)[i].Values = append(filter.Values, value)
			return nil
		}
	}
	*f = append(*f, ec2.Filter{Name: name, Values: []string{value}})
	return nil
}
