package images

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// attributeFlags are the flags of describe-image-attribute, with a letter where
// they have one, and what they ask for.
func attributeFlags() []struct{ name, letter, attribute, usage string } {
	return []struct{ name, letter, attribute, usage string }{
		{"launch-permission", "l", ec2.AttributeLaunchPermission, "show who may run the image besides its owner"},
		{"product-codes", "p", ec2.AttributeProductCodes, "show the image's product codes"},
		{"block-device-mapping", "B", ec2.AttributeBlockDevices, "show the devices that its instances have"},
		{"kernel", "", ec2.AttributeKernel, "show the kernel it boots with"},
		{"ramdisk", "", ec2.AttributeRamdisk, "show the ramdisk it boots with"},
		{"description", "", ec2.AttributeDescription, "show its description"},
	}
}

func newDescribeImageAttributeCmd(app *cli.App) *cobra.Command {
	var attribute string
	cmd := &cobra.Command{
		Use:   "describe-image-attribute IMAGE",
		Short: "Show an attribute of an image",
		Long: `Describe-image-attribute shows one attribute of an image: who may run it, its
product codes, devices, kernel, ramdisk or description. Only the image's owner
and administrators may ask.`,
		Example: "  emikit describe-image-attribute -l emi-70B70EC0",
		Args:    cli.Args(1, 1),
	}
	var names []string
	for _, f := range attributeFlags() {
		cmd.Flags().BoolP(f.name, f.letter, false, f.usage)
		names = append(names, f.name)
	}
	choice := cli.NewOneOf(cmd.Flags(), names...)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		name, err := choice.Chosen()
		for _, f := range attributeFlags() {
			if f.name == name {
				attribute = f.attribute
			}
		}
		return err
	}
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		out, err := client.DescribeImageAttribute(ctx, &ec2.DescribeImageAttributeRequest{ImageID: args[0], Attribute: attribute})
		if err != nil {
			return err
		}
		return showAttribute(app, out)
	})
}

func showAttribute(app *cli.App, out *ec2.DescribeImageAttributeResponse) error {
	values := attributeValues(out)
	view := cli.View{
		JSON: out, Header: []string{"image", "attribute", "kind", "value"},
		Records: func(r *cli.Records) {
			for _, v := range values {
				r.Add(v.attribute, out.ImageID, v.kind, v.value)
			}
		},
	}
	for _, v := range values {
		view.Rows = append(view.Rows, []string{out.ImageID, v.attribute, v.kind, v.value})
	}
	return app.Show(view)
}

// attributeValue is a line about an attribute. The kinds are those of euca2ools.
type attributeValue struct{ attribute, kind, value string }

// attributeValues makes a line of each element of a list, and of a value unless
// it is empty.
func attributeValues(out *ec2.DescribeImageAttributeResponse) (all []attributeValue) {
	add := func(attribute, kind, value string) { all = append(all, attributeValue{attribute, kind, value}) }
	for _, p := range elements(out.LaunchPermissions) {
		kind, value := permissionOf(p)
		add(ec2.AttributeLaunchPermission, kind, value)
	}
	for _, c := range elements(out.ProductCodes) {
		add(ec2.AttributeProductCodes, "productCode", c.Code)
	}
	for _, d := range elements(out.BlockDevices) {
		add(ec2.AttributeBlockDevices, "blockDeviceMap", d.DeviceName+": "+deviceSource(d))
	}
	for _, single := range []struct {
		attribute string
		value     *ec2.AttributeValue
	}{{ec2.AttributeKernel, out.Kernel}, {ec2.AttributeRamdisk, out.Ramdisk}, {ec2.AttributeDescription, out.Description}} {
		if single.value != nil && single.value.Value != "" {
			add(single.attribute, "", single.value.Value)
		}
	}
	return all
}

// elements are those of a list, none of one that was not asked for.
func elements[T any](list *ec2.List[T]) []T {
	if list == nil {
		return nil
	}
	return *list
}

// deviceSource is what a device holds: an ephemeral disk, or a volume's snapshot.
func deviceSource(d ec2.BlockDevice) string {
	if d.VirtualName == "" && d.EBS != nil {
		return d.EBS.SnapshotID
	}
	return d.VirtualName
}
