package images

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/register"
)

// defaultRootDevice is where euca2ools 3.4 puts a snapshot that is to be the
// root filesystem.
const defaultRootDevice = "/dev/sda"

type registerFlags struct {
	request  ec2.RegisterImageRequest
	devices  cli.BlockDevices
	snapshot string
	wait     bool
}

func newRegisterCmd(app *cli.App) *cobra.Command {
	var f registerFlags
	cmd := &cobra.Command{
		Use:   "register [LOCATION]",
		Short: "Register an uploaded bundle as an image",
		Long: `Register asks the cloud for an image of the bundle whose manifest is at
LOCATION, BUCKET[/PREFIX]/NAME.manifest.xml, and prints the image's id: emi- for
a machine image, eki- for a kernel, eri- for a ramdisk.

The cloud checks the bundle. A large one may still be pending when the id is
printed; with --wait the command ends when the image can be run, and fails when
the cloud finds it unusable.`,
		Example: "  emikit register mybucket/image.img.manifest.xml\n" +
			"  emikit register -n web-1 --kernel eki-685F1306 --ramdisk eri-A2BE13EC mybucket/image.img.manifest.xml",
		Args:    cli.Args(0, 1),
		PreRunE: func(_ *cobra.Command, args []string) error { return f.complete(args) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.request.Name, "name", "n", "", "call the image `NAME`")
	flags.StringVarP(&f.request.Description, "description", "d", "", "describe the image by `TEXT`")
	flags.StringVarP(&f.request.Architecture, "architecture", "a", "", "take the image for `ARCH`, whatever its manifest says")
	flags.StringVar(&f.request.KernelID, "kernel", "", "boot the image with the kernel `EKI`")
	flags.StringVar(&f.request.RamdiskID, "ramdisk", "", "boot the image with the ramdisk `ERI`")
	flags.StringVar(&f.request.RootDeviceName, "root-device-name", "", "the root filesystem is on `DEVICE`")
	flags.StringVarP(&f.snapshot, "snapshot", "s", "", "register the volume `SNAPSHOT` instead of a bundle")
	flags.VarP(&f.devices, "block-device-mapping", "b", "give the image a device")
	flags.StringVar(&f.request.VirtualizationType, "virtualization-type", "", "`paravirtual` or hvm")
	flags.StringVar(&f.request.Platform, "platform", "", "the image holds `windows`")
	flags.BoolVar(&f.wait, "wait", false, "wait until the image can be run")
	return cli.EC2Command(app, cmd, f.run)
}

// complete makes the request of the flags.
func (f *registerFlags) complete(args []string) error {
	in := &f.request
	in.BlockDevices = slices.Clone(f.devices)
	if len(args) == 1 {
		in.ImageLocation = args[0]
	}
	switch {
	case f.snapshot != "":
		if in.RootDeviceName == "" {
			in.RootDeviceName = defaultRootDevice
		}
		root := ec2.BlockDeviceRequest{DeviceName: in.RootDeviceName, EBS: ec2.EBSRequest{SnapshotID: f.snapshot}}
		in.BlockDevices = slices.Insert(in.BlockDevices, 0, root)
	case in.ImageLocation == "" && len(in.BlockDevices) == 0:
		return cli.Usagef("either a manifest location or a root device snapshot mapping must be specified")
	}
	return nil
}

func (f *registerFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, _ []string) error {
	id, err := register.Register(ctx, client, f.request)
	if err != nil {
		return err
	}
	if err := showImageID(app, id); err != nil {
		return err
	}
	if !f.wait {
		if app.Family == cli.Native && register.IsPending(ctx, client, id) { // the old tools do not ask
			app.Notef("%s is still being checked; see describe-images", id)
		}
		return nil
	}
	_, err = register.Wait(ctx, client, id)
	return err
}

func showImageID(app *cli.App, id string) error {
	return app.Show(cli.View{
		JSON:    ec2.RegisterImageResponse{ImageID: id},
		Records: func(r *cli.Records) { r.Add("IMAGE", id) },
	})
}
