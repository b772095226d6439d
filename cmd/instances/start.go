package instances

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newStartInstancesCmd(app *cli.App) *cobra.Command {
	return cli.EC2Command(app, &cobra.Command{
		Use:   "start-instances INSTANCE...",
		Short: "Boot stopped instances again",
		Long: `Start-instances boots stopped instances again, from the disks that they had, and
prints the state that each was in and the one it is in now. On a cloud without
virtual private networks they get new addresses.`,
		Example: "  emikit start-instances i-3F170798",
		Args:    cli.Args(1, cli.Any),
	}, runStartInstances)
}

func runStartInstances(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
	out, err := client.StartInstances(ctx, &ec2.StartInstancesRequest{InstanceIDs: ids})
	if err != nil {
		return err
	}
	return showStateChanges(app, out, out.Instances)
}
