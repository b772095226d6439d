package instances

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// attributeFlags are the flags of describe-instance-attribute, with a letter where they
// have one, and what they ask for.
func attributeFlags() []struct{ name, letter, attribute, usage string } {
	return []struct{ name, letter, attribute, usage string }{
		{"block-device-mapping", "b", ec2.AttributeBlockDevices, "show the volumes that it has"},
		{"disable-api-termination", "", ec2.AttributeDisableTermination, "show whether it is protected from terminate-instances"},
		{"ebs-optimized", "", ec2.AttributeEBSOptimized, "show whether volumes have a network of their own"},
		{"group-id", "g", ec2.AttributeGroups, "show the security groups that it is in"},
		{"product-code", "p", ec2.AttributeProductCodes, "show its product codes"},
		{"instance-initiated-shutdown-behavior", "", ec2.AttributeShutdownBehavior, "show whether it stops or ends when it shuts itself down"},
		{"instance-type", "t", ec2.AttributeInstanceType, "show its VM type"},
		{"kernel", "", ec2.AttributeKernel, "show the kernel it boots with"},
		{"ramdisk", "", ec2.AttributeRamdisk, "show the ramdisk it boots with"},
		{"root-device-name", "", ec2.AttributeRootDevice, "show what its root is called"},
		{"source-dest-check", "", ec2.AttributeSourceDestCheck, "show whether its traffic must be its own"},
		{"user-data", "", ec2.AttributeUserData, "show its user data"},
	}
}

func newDescribeInstanceAttributeCmd(app *cli.App) *cobra.Command {
	var attribute string
	cmd := &cobra.Command{
		Use:   "describe-instance-attribute INSTANCE",
		Short: "Show an attribute of an instance",
		Long: `Describe-instance-attribute shows one attribute of an instance: its type, kernel,
ramdisk, groups, user data, whether it is protected from terminate-instances, and
so on.`,
		Example: "  emikit describe-instance-attribute i-3F170798 --user-data",
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
		out, err := client.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeRequest{InstanceID: args[0], Attribute: attribute})
		if err != nil {
			return err
		}
		return showAttribute(app, attribute, out)
	})
}

// showAttribute writes the records of euca2ools 3.4.1.
func showAttribute(app *cli.App, attribute string, out *ec2.DescribeInstanceAttributeResponse) error {
	switch attribute {
	case ec2.AttributeBlockDevices:
		return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) {
			for _, d := range elements(out.BlockDevices) {
				addDevice(r, d)
			}
		}})
	case ec2.AttributeUserData:
		return showUserData(app, out)
	}
	row := []string{attribute, out.InstanceID, attributeText(attribute, out)}
	return app.Show(cli.View{
		JSON: out, Header: []string{"attribute", "instance", "value"}, Rows: [][]string{row},
		Records: func(r *cli.Records) { r.Add(row...) },
	})
}

// showUserData prints a line and then the data as it is, which may be anything.
func showUserData(app *cli.App, out *ec2.DescribeInstanceAttributeResponse) error {
	var data []byte
	if out.UserData != nil {
		var err error
		if data, err = base64.StdEncoding.DecodeString(out.UserData.Value); err != nil {
			return fmt.Errorf("user data of %s: the cloud's answer is not base64", out.InstanceID)
		}
	}
	line := ec2.AttributeUserData + "\t" + cli.Printable(out.InstanceID)
	if len(data) == 0 {
		line += "\t"
	}
	return app.Show(cli.View{JSON: out, Text: func(w io.Writer) error {
		_, err := io.WriteString(w, line+"\n"+string(data))
		if err == nil && len(data) > 0 {
			_, err = io.WriteString(w, "\n")
		}
		return err
	}})
}

// attributeText is the value of an attribute that fits in a field; nothing where the
// cloud has sent none.
func attributeText(attribute string, out *ec2.DescribeInstanceAttributeResponse) string {
	texts := map[string]*ec2.AttributeValue{
		ec2.AttributeInstanceType: out.InstanceType, ec2.AttributeKernel: out.Kernel, ec2.AttributeRamdisk: out.Ramdisk,
		ec2.AttributeRootDevice: out.RootDevice, ec2.AttributeShutdownBehavior: out.ShutdownBehavior,
	}
	flags := map[string]*ec2.AttributeBool{
		ec2.AttributeDisableTermination: out.DisableTermination, ec2.AttributeEBSOptimized: out.EBSOptimized,
		ec2.AttributeSourceDestCheck: out.SourceDestCheck,
	}
	switch {
	case attribute == ec2.AttributeGroups:
		return cli.Join(", ", elements(out.Groups), func(g ec2.GroupID) string { return g.ID })
	case attribute == ec2.AttributeProductCodes:
		return cli.Join(", ", elements(out.ProductCodes), func(c ec2.ProductCode) string { return c.Code })
	case texts[attribute] != nil:
		return texts[attribute].Value
	case flags[attribute] != nil:
		return strconv.FormatBool(flags[attribute].Value)
	}
	return ""
}

// elements are those of a list, none of one that was not sent.
func elements[T any](list *ec2.List[T]) []T {
	if list == nil {
		return nil
	}
	return *list
}
