package instances

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type runFlags struct {
	request ec2.RunInstancesRequest
	count   string
	network runNetwork
	devices cli.BlockDevices
	data    userData
	profile string
}

func newRunInstancesCmd(app *cli.App) *cobra.Command {
	var f runFlags
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
	flags.StringVarP(&f.count, "instance-count", "n", "1", "start `N` instances, or MIN-MAX: as many as there is room for")
	flags.StringVarP(&q.KeyName, "key", "k", "", "put the key pair `NAME` into the instances")
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
	flags.StringVarP(&f.profile, "iam-profile", "p", "", "give the instances the role of `PROFILE`, a name or an ARN")
	flags.StringVar(&q.Placement.GroupName, "placement-group", "", "run the instances in the placement group `NAME`")
	flags.StringVar(&q.Placement.Tenancy, "tenancy", "", "`default`, or dedicated for machines of one's own")
	flags.BoolVar(&q.EBSOptimized, "ebs-optimized", false, "ask for a network of their own for volumes")
	flags.StringVar(&q.ClientToken, "client-token", "", "recognize the request by `TOKEN` when it is repeated")
	f.network.addFlags(flags)
}

// complete makes the request of the flags.
func (f *runFlags) complete(app *cli.App) (err error) {
	in := &f.request
	if in.MinCount, in.MaxCount, err = parseCount(app, f.count); err != nil {
		return err
	}
	if err := f.checkChoices(app); err != nil {
		return err
	}
	in.BlockDevices = slices.Clone(f.devices)
	in.InstanceProfile = ec2.InstanceProfileRequest{Name: f.profile}
	if strings.HasPrefix(f.profile, "arn:") {
		in.InstanceProfile = ec2.InstanceProfileRequest{ARN: f.profile}
	}
	if err := f.network.complete(in); err != nil {
		return err
	}
	in.UserData, err = f.data.read(app)
	return err
}

// checkChoices refuses values of options that have a few only.
func (f *runFlags) checkChoices(app *cli.App) error {
	for _, o := range []struct {
		option  cli.Option
		value   string
		choices []string
	}{
		{"--addressing", f.request.AddressingType, []string{"public", "private"}},
		{"--instance-initiated-shutdown-behavior", f.request.ShutdownBehavior, []string{"stop", "terminate"}},
		{"--tenancy", f.request.Placement.Tenancy, []string{"default", "dedicated"}},
	} {
		if o.value != "" && !slices.Contains(o.choices, o.value) {
			return app.BadChoice(o.option, o.value, o.choices...)
		}
	}
	return nil
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
