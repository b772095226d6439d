package instances

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newConfirmProductInstanceCmd(app *cli.App) *cobra.Command {
	var instance string
	cmd := &cobra.Command{
		Use:   "confirm-product-instance CODE",
		Short: "Tell whether an instance has a product code",
		Long: `Confirm-product-instance prints the product code, the instance, true or false,
and whose instance it is when it has the code.`,
		Example: "  emikit confirm-product-instance 774F4FF8 -i i-3F170798",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) error { return app.Required("-i/--instance", instance) },
	}
	cmd.Flags().StringVarP(&instance, "instance", "i", "", "the `INSTANCE` to ask about (required)")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		out, err := client.ConfirmProductInstance(ctx, &ec2.ConfirmProductInstanceRequest{ProductCode: args[0], InstanceID: instance})
		if err != nil {
			return err
		}
		row := []string{args[0], instance, out.Return, out.OwnerID}
		return app.Show(cli.View{
			JSON: out, Header: []string{"code", "instance", "has it", "owner"}, Rows: [][]string{row},
			Records: func(r *cli.Records) { r.Add(row...) },
		})
	})
}

// errNeedsEBS is why create-image makes no image.
var errNeedsEBS = errors.New("an image can be created only of an instance whose root is an EBS volume; there are none here, and nothing was asked")

// newCreateImageCmd is here for the sake of its message: scripts and people who call
// it learn what to do instead. All its options are taken.
func newCreateImageCmd(app *cli.App) *cobra.Command {
	var name, description string
	var devices cli.BlockDevices
	cmd := &cobra.Command{
		Use:   "create-image INSTANCE",
		Short: "Not possible without EBS; says what to do instead",
		Long: `Create-image makes an image of an instance whose root is an EBS volume. emikit
bundles images for instance stores and does not ask any cloud for it: it fails,
and says what does the same. Inside the instance bundle-vol makes a bundle of
its filesystem; upload-bundle and register make it an image.`,
		Example: "  emikit bundle-vol -r x86_64 -p web && emikit upload-bundle -b images -m /tmp/web.manifest.xml &&\n" +
			"    emikit register images/web.manifest.xml",
		Args: cli.Args(1, 1),
		PreRunE: func(_ *cobra.Command, args []string) error {
			if err := app.Required("-n/--name", name); err != nil {
				return err
			}
			return cli.WithHint(fmt.Errorf("%s: %w", args[0], errNeedsEBS),
				"inside the instance, bundle-vol makes a bundle of its filesystem; upload-bundle and register make that an image")
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&name, "name", "n", "", "the `NAME` of the image")
	flags.StringVarP(&description, "description", "d", "", "describe the image by `TEXT`")
	flags.Bool("no-reboot", false, "do not restart the instance")
	flags.VarP(&devices, "block-device-mapping", "b", "give the image a device")
	return cli.EC2Command(app, cmd, func(context.Context, *cli.App, *ec2.Client, []string) error { return errNeedsEBS })
}
