package instances

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeInstancesCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:   "describe-instances [INSTANCE...]",
		Short: "List instances by reservation",
		Long: `Describe-instances lists the given instances, or all of the account, each under
the reservation that started it. Terminated ones stay listed for a while. When
one ended that should not have, the reason is on standard error.`,
		Example: "  emikit describe-instances\n  emikit describe-instances --filter instance-state-name=running",
	}
	filters.AddFlag(cmd.Flags(), "instances")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
		out, err := client.AllInstances(ctx, &ec2.DescribeInstancesRequest{InstanceIDs: ids, Filters: filters})
		if err != nil {
			return err
		}
		if err := showReservations(app, out, out.Reservations); err != nil {
			return err
		}
		noteFailures(app, out.Reservations)
		return nil
	})
}
