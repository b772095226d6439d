package instances

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newStopInstancesCmd(app *cli.App) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "stop-instances INSTANCE...",
		Short: "Stop instances, and keep their disks",
		Long: `Stop-instances ends the machines of running instances but keeps their disks, so
that start-instances can boot them again. It prints the state that each was in
and the one it is in now. Eucalyptus and EC2 stop only instances whose root is a
volume; the embedded cloud stops all.`,
		Example: "  emikit stop-instances i-3F170798",
		Args:    cli.Args(1, cli.Any),
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "stop at once; what is not on the disks yet may be lost")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
		out, err := client.StopInstances(ctx, &ec2.StopInstancesRequest{InstanceIDs: ids, Force: force})
		if err != nil {
			return err
		}
		return showStateChanges(app, out, out.Instances)
	})
}
