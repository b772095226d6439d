package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// associateFlags are the options of associate-address.
type associateFlags struct {
	in        ec2.AssociateAddressRequest
	again, no bool
}

func newAssociateAddressCmd(app *cli.App) *cobra.Command {
	var f associateFlags
	cmd := &cobra.Command{
		Use:   "associate-address [ADDRESS] -i INSTANCE",
		Short: "Give an instance an address",
		Long: `Associate-address gives a running instance an elastic address, in place of the
public address that it has. Another instance that has the elastic one gets another.`,
		Example: "  emikit associate-address 192.0.2.7 -i i-2ECA052C",
		Args:    cli.Args(0, 1),
		PreRunE: func(_ *cobra.Command, args []string) error { return f.complete(args) },
	}
	f.addFlags(cmd.Flags())
	return cli.EC2Command(app, cmd, f.run)
}

func (f *associateFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&f.in.InstanceID, "instance-id", "i", "", "give the address to `INSTANCE`")
	flags.StringVarP(&f.in.AllocationID, "allocation-id", "a", "", "the address of a virtual private cloud has the id `ALLOC`")
	flags.StringVarP(&f.in.NetworkInterfaceID, "network-interface", "n", "", "give it to `INTERFACE` there")
	flags.StringVarP(&f.in.PrivateIPAddress, "private-ip-address", "p", "", "give it to the private `ADDRESS` of the interface")
	flags.BoolVar(&f.again, "allow-reassociation", false, "also if something else has the address there")
	flags.BoolVar(&f.no, "no-allow-reassociation", false, "only if nothing else has the address there")
}

func (f *associateFlags) complete(args []string) error {
	switch {
	case f.in.InstanceID != "" && f.in.NetworkInterfaceID != "":
		return cli.Usagef("argument -n/--network-interface: not allowed with argument -i/--instance-id")
	case f.in.InstanceID == "" && f.in.NetworkInterfaceID == "":
		return cli.Usagef("one of the arguments -i/--instance-id -n/--network-interface is required")
	case f.again && f.no:
		return cli.Usagef("argument --no-allow-reassociation: not allowed with argument --allow-reassociation")
	case f.again || f.no:
		f.in.AllowReassociation = &f.again
	}
	if len(args) > 0 && strings.HasPrefix(args[0], allocationID) && f.in.AllocationID == "" {
		f.in.AllocationID = args[0]
		return nil
	}
	return oneOf("-a/--allocation-id", f.in.AllocationID, args, &f.in.PublicIP)
}

func (f *associateFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, _ []string) error {
	out, err := client.AssociateAddress(ctx, &f.in)
	if err != nil {
		return err
	}
	if out.Return != nil && !*out.Return {
		return fmt.Errorf("associate %s: the cloud did not", f.in.PublicIP)
	}
	fields := []string{addressRecord, f.in.PublicIP, f.in.InstanceID}
	if f.in.AllocationID != "" {
		fields = []string{addressRecord, f.in.InstanceID, f.in.AllocationID, out.AssociationID, f.in.PrivateIPAddress}
	}
	return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(fields...) }})
}
