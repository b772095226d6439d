package instances

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// modifyFlags are the flags of modify-instance-attribute. The first of their names that
// was given decides what is changed.
type modifyFlags struct {
	choice   cli.OneOf
	chosen   string
	request  ec2.ModifyInstanceAttributeRequest
	protect  string
	ebs      string
	behavior string
	vmType   string
	kernel   string
	ramdisk  string
	groups   []string
	data     userData
}

func newModifyInstanceAttributeCmd(app *cli.App) *cobra.Command {
	var f modifyFlags
	cmd := &cobra.Command{
		Use:   "modify-instance-attribute INSTANCE",
		Short: "Change an attribute of an instance",
		Long: `Modify-instance-attribute changes one attribute of an instance, and prints it. Most
can be changed only while the instance is stopped; that it is protected from
terminate-instances, always.`,
		Example: "  emikit modify-instance-attribute i-3F170798 --disable-api-termination=false\n" +
			"  emikit modify-instance-attribute i-3F170798 -t c1.medium",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) error { return f.complete(app) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.protect, "disable-api-termination", "", "whether it is protected from terminate-instances, `true|false`")
	flags.StringVar(&f.behavior, "instance-initiated-shutdown-behavior", "", "`stop|terminate` when it shuts itself down")
	flags.StringVar(&f.ebs, "ebs-optimized", "", "whether volumes have a network of their own, `true|false`")
	for _, name := range []string{"disable-api-termination", "ebs-optimized"} {
		flags.Lookup(name).NoOptDefVal = "true"
	}
	flags.StringArrayVarP(&f.groups, "group", "g", nil, "put it into the security group `ID` alone (may be repeated)")
	flags.StringVarP(&f.vmType, "instance-type", "t", "", "make it one of VM type `TYPE`")
	flags.StringVar(&f.kernel, "kernel", "", "boot it with the kernel `EKI`")
	flags.StringVar(&f.ramdisk, "ramdisk", "", "boot it with the ramdisk `ERI`")
	flags.StringVarP(&f.data.text, "user-data", "d", "", "give it `TEXT` as user data")
	flags.StringVar(&f.data.forced, "user-data-force", "", "same, also if `TEXT` is the name of a file")
	flags.StringVarP(&f.data.file, "user-data-file", "f", "", "give it the content of `FILE` as user data")
	f.choice = cli.NewOneOf(flags, "disable-api-termination", "instance-initiated-shutdown-behavior", "ebs-optimized", "group",
		"instance-type", "kernel", "ramdisk", "user-data", "user-data-force", "user-data-file")
	return cli.EC2Command(app, cmd, f.run)
}

// complete makes the request of the flags.
func (f *modifyFlags) complete(app *cli.App) (err error) {
	if f.chosen, err = f.choice.Chosen(); err != nil {
		return err
	}
	q := &f.request
	switch f.chosen {
	case "disable-api-termination":
		q.DisableTermination.Value, err = parseFlag(app, f.chosen, f.protect)
	case "ebs-optimized":
		q.EBSOptimized.Value, err = parseFlag(app, f.chosen, f.ebs)
	case "instance-initiated-shutdown-behavior":
		if f.behavior != "stop" && f.behavior != "terminate" {
			return app.BadChoice(cli.Option("--"+f.chosen), f.behavior, "stop", "terminate")
		}
		q.ShutdownBehavior.Value = &f.behavior
	case "group":
		q.Groups = f.groups
	case "instance-type":
		q.InstanceType.Value = &f.vmType
	case "kernel":
		q.Kernel.Value = &f.kernel
	case "ramdisk":
		q.Ramdisk.Value = &f.ramdisk
	default:
		var data []byte
		data, err = f.data.read(app)
		q.UserData.Value = new(base64.StdEncoding.EncodeToString(data))
	}
	return err
}

func parseFlag(app *cli.App, name, text string) (*bool, error) {
	value, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return nil, app.BadChoice(cli.Option("--"+name), text, "true", "false")
	}
	return &value, nil
}

func (f *modifyFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	in := f.request
	in.InstanceID = args[0]
	out, err := client.ModifyInstanceAttribute(ctx, &in)
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("modify %s: the cloud did not", args[0])
	}
	attribute, value := changeOf(&in)
	row := []string{attribute, args[0], value}
	return app.Show(cli.View{
		JSON: out, Header: []string{"attribute", "instance", "value"}, Rows: [][]string{row},
		Records: func(r *cli.Records) { r.Add(row...) },
	})
}

// changeOf names the attribute that a request changes, and its new value; of user data
// nothing is shown.
func changeOf(q *ec2.ModifyInstanceAttributeRequest) (attribute, value string) {
	same := func(text string) string { return text }
	switch {
	case q.DisableTermination.Value != nil:
		return ec2.AttributeDisableTermination, cli.Optional(q.DisableTermination.Value, strconv.FormatBool)
	case q.EBSOptimized.Value != nil:
		return ec2.AttributeEBSOptimized, cli.Optional(q.EBSOptimized.Value, strconv.FormatBool)
	case q.ShutdownBehavior.Value != nil:
		return ec2.AttributeShutdownBehavior, *q.ShutdownBehavior.Value
	case q.InstanceType.Value != nil:
		return ec2.AttributeInstanceType, *q.InstanceType.Value
	case q.Kernel.Value != nil:
		return ec2.AttributeKernel, *q.Kernel.Value
	case q.Ramdisk.Value != nil:
		return ec2.AttributeRamdisk, *q.Ramdisk.Value
	case len(q.Groups) > 0:
		return ec2.AttributeGroups, cli.Join(", ", q.Groups, same)
	}
	return ec2.AttributeUserData, ""
}
