package images

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDeregisterCmd(app *cli.App) *cobra.Command {
	return cli.EC2Command(app, &cobra.Command{
		Use:   "deregister IMAGE",
		Short: "Remove an image from the cloud",
		Long: `Deregister removes an image and prints its id. Its bundle stays in its bucket,
and instances that run it go on.`,
		Example: "  emikit deregister emi-70B70EC0",
		Args:    cli.Args(1, 1),
	}, runDeregister)
}

func runDeregister(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	out, err := client.DeregisterImage(ctx, &ec2.DeregisterImageRequest{ImageID: args[0]})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("deregister %s: the cloud did not: it has no such image, or not of this account", args[0])
	}
	return showImageID(app, args[0])
}
