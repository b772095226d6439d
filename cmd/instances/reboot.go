package instances

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newRebootInstancesCmd(app *cli.App) *cobra.Command {
	return cli.EC2Command(app, &cobra.Command{
		Use:   "reboot-instances INSTANCE...",
		Short: "Restart instances in place",
		Long: `Reboot-instances restarts running instances; disks and addresses stay as they
are. It prints nothing.`,
		Example: "  emikit reboot-instances i-3F170798",
		Args:    cli.Args(1, cli.Any),
	}, runRebootInstances)
}

func runRebootInstances(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
	out, err := client.RebootInstances(ctx, &ec2.RebootInstancesRequest{InstanceIDs: ids})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("reboot instances: the cloud did not restart all of %v", ids)
	}
	return app.Show(cli.View{JSON: out, Records: func(*cli.Records) {}})
}
