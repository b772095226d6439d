package access

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type describeFlags struct {
	cli.EC2Flags
	filters cli.Filters
}

func newDescribeKeyPairsCmd(app *cli.App) *cobra.Command {
	var f describeFlags
	cmd := &cobra.Command{
		Use:     "describe-keypairs [NAME...]",
		Short:   "List key pairs",
		Long:    `Describe-keypairs lists the given key pairs, or all of the account.`,
		Example: "  emikit describe-keypairs",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDescribeKeyPairs(cmd.Context(), app, f, args)
		},
	}
	cmd.Flags().Var(&f.filters, "filter", "list key pairs for which NAME is VALUE (may be repeated)")
	f.AddFlags(cmd.Flags())
	return cmd
}

func runDescribeKeyPairs(ctx context.Context, app *cli.App, f describeFlags, names []string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsRequest{KeyNames: names, Filters: f.filters})
	if err != nil {
		return err
	}
	return showKeyPairs(app, out, f.ShowEmpty)
}
