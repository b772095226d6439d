package instances

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type runFlags struct {
	request ec2.RunInstancesRequest
	count   count
	groups  []string
	devices cli.BlockDevices
	data    userData
}

func newRunInstancesCmd(app *cli.App) *cobra.Command {
	f := runFlags{count: count{1, 1}}
	cmd := &cobra.Command{
		Use:   "run-instances IMAGE",
		Short: "Start instances of an image",
		Long: `Run-instances starts instances of a machine image and prints the reservation that
holds them. They are pending then; describe-instances shows what becomes of
them. A request with --client-token may be repeated: it starts nothing twice.`,
		Example: "  emikit run-instances emi-70B70EC0 -k mykey -t c1.medium\n" +
			"  emikit run-instances emi-70B70EC0 -n 2-5 -f cloud-config.yaml --kernel eki-685F1306",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) error { return f.complete(app) },
	}
	f.addFlags(cmd.Flags())
	return cli.EC2Command(app, cmd, f.run)
}

func (f *runFlags) addFlags(flags *pflag.FlagSet) {
	q := &f.request
	flags.VarP(&f.count, "instance-count", "n", "start this many instances, or as many as there is room for")
	flags.StringVarP(&q.KeyName, "key", "k", "", "put the key pair `NAME` into the instances")
	flags.StringArrayVarP(&f.groups, "group", "g", nil, "the security `GROUP`, a name or sg-… (may be repeated)")
	flags.StringVarP(&f.data.text, "user-data", "d", "", "give the instances `TEXT` as user data")
	flags.StringVar(&f.data.forced, "user-data-force", "", "same, also if `TEXT` is the name of a file")
	flags.StringVarP(&f.data.file, "user-data-file", "f", "", "give the instances the content of `FILE` as user data")
	flags.StringVar(&q.AddressingType, "addressing", "", "give the instances `public` addresses, or private ones only")
	flags.StringVarP(&q.InstanceType, "instance-type", "t", "", "run the instances as VM type `TYPE`")
	flags.StringVarP(&q.Placement.AvailabilityZone, "availability-zone", "z", "", "run the instances in `ZONE`")
	flags.StringVar(&q.KernelID, "kernel", "", "boot with the kernel `EKI`")
	flags.StringVar(&q.RamdiskID, "ramdisk", "", "boot with the ramdisk `ERI`")
	flags.VarP(&f.devices, "block-device-mapping", "b", "give the instances a device")
	flags.BoolVarP(&q.Monitoring.Enabled, "monitor", "m", false, "ask for detailed monitoring")
	flags.BoolVar(&q.DisableAPITermination, "disable-api-termination", false, "protect the instances from terminate-instances")
	flags.StringVar(&q.ShutdownBehavior, "instance-initiated-shutdown-behavior", "", "`stop` or terminate")
	flags.StringVarP(&q.InstanceProfile.Name, "iam-profile", "p", "", "give the instances the role of `PROFILE`")
	flags.StringVar(&q.ClientToken, "client-token", "", "recognize the request by `TOKEN` when it is repeated")
}

// complete makes the request of the flags.
func (f *runFlags) complete(app *cli.App) (err error) {
	in := &f.request
	in.MinCount, in.MaxCount = f.count.least, f.count.most
	in.BlockDevices = slices.Clone(f.devices)
	for _, group := range f.groups {
		if isGroupID(group) {
			in.SecurityGroupIDs = append(in.SecurityGroupIDs, group)
		} else {
			in.SecurityGroups = append(in.SecurityGroups, group)
		}
	}
	in.UserData, err = f.data.read(app)
	return err
}

func (f *runFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	in := f.request
	in.ImageID = args[0]
	out, err := client.RunInstances(ctx, &in)
	if err != nil {
		return err
	}
	return showReservations(app, out, ec2.List[ec2.Reservation]{out.Reservation})
}
