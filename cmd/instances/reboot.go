package instances

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newRebootInstancesCmd(app *cli.App) *cobra.Command {
	var f cli.EC2Flags
	cmd := &cobra.Command{
		Use:   "reboot-instances INSTANCE...",
		Short: "Restart instances in place",
		Long: `Reboot-instances restarts running instances; disks and addresses stay as they
are. It prints nothing.`,
		Example: "  emikit reboot-instances i-3F170798",
		Args:    cli.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRebootInstances(cmd.Context(), app, f, args)
		},
	}
	f.AddFlags(cmd.Flags())
	return cmd
}

func runRebootInstances(ctx context.Context, app *cli.App, f cli.EC2Flags, ids []string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.RebootInstances(ctx, &ec2.RebootInstancesRequest{InstanceIDs: ids})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("reboot instances: the cloud did not restart all of %v", ids)
	}
	return app.Show(cli.View{JSON: out, Text: func(io.Writer) error { return nil }})
}
