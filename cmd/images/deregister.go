package images

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDeregisterCmd(app *cli.App) *cobra.Command {
	var f cli.EC2Flags
	cmd := &cobra.Command{
		Use:   "deregister IMAGE",
		Short: "Remove an image from the cloud",
		Long: `Deregister removes an image and prints its id. Its bundle stays in its bucket,
and instances that run it go on.`,
		Example: "  emikit deregister emi-70B70EC0",
		Args:    cli.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDeregister(cmd.Context(), app, f, args[0])
		},
	}
	f.AddFlags(cmd.Flags())
	return cmd
}

func runDeregister(ctx context.Context, app *cli.App, f cli.EC2Flags, id string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.DeregisterImage(ctx, &ec2.DeregisterImageRequest{ImageID: id})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("deregister %s: the cloud did not: it has no such image, or not of this account", id)
	}
	return showImageID(app, id)
}
