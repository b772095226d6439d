package instances

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

func newDescribeInstancesCmd(app *cli.App) *cobra.Command {
	var f describeFlags
	cmd := &cobra.Command{
		Use:   "describe-instances [INSTANCE...]",
		Short: "List instances by reservation",
		Long: `Describe-instances lists the given instances, or all of the account, each under
the reservation that started it. Terminated ones stay listed for a while. When
one ended that should not have, the reason is on standard error.`,
		Example: "  emikit describe-instances\n  emikit describe-instances --filter instance-state-name=running",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDescribeInstances(cmd.Context(), app, f, args)
		},
	}
	cmd.Flags().Var(&f.filters, "filter", "list instances for which NAME is VALUE (may be repeated)")
	f.AddFlags(cmd.Flags())
	return cmd
}

func runDescribeInstances(ctx context.Context, app *cli.App, f describeFlags, ids []string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesRequest{InstanceIDs: ids, Filters: f.filters})
	if err != nil {
		return err
	}
	if err := showReservations(app, out, out.Reservations, f.ShowEmpty); err != nil {
		return err
	}
	noteFailures(app, out.Reservations)
	return nil
}
