package access

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// allocationID begins the ids that addresses have in virtual private clouds.
const allocationID = "eipalloc-"

func newAllocateAddressCmd(app *cli.App) *cobra.Command {
	var request ec2.AllocateAddressRequest
	cmd := &cobra.Command{
		Use:   "allocate-address",
		Short: "Take a public address to keep",
		Long: `Allocate-address takes a public address, an elastic one, and prints it. It belongs
to the account until release-address gives it back; associate-address gives it to
an instance.`,
		Example: "  emikit allocate-address",
		Args:    cli.Args(0, 0),
		PreRunE: func(*cobra.Command, []string) error {
			if request.Domain != "" && request.Domain != ec2.DomainVPC {
				return app.BadChoice("-d/--domain", request.Domain, ec2.DomainVPC)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&request.Domain, "domain", "d", "", "`vpc`: take an address for virtual private clouds")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, _ []string) error {
		out, err := client.AllocateAddress(ctx, &request)
		if err != nil {
			return err
		}
		fields := []string{addressRecord, out.PublicIP, cmp.Or(out.Domain, ec2.DomainStandard), out.AllocationID}
		if app.Era == cli.Euca2 {
			fields = fields[:2]
		}
		return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(fields...) }})
	})
}

func newReleaseAddressCmd(app *cli.App) *cobra.Command {
	var request ec2.ReleaseAddressRequest
	cmd := &cobra.Command{
		Use:   "release-address [ADDRESS]",
		Short: "Give an address back",
		Long: `Release-address gives an elastic address back; others may get it from then on. An
instance that has it gets another.`,
		Example: "  emikit release-address 192.0.2.7",
		Args:    cli.Args(0, 1),
		PreRunE: func(_ *cobra.Command, args []string) error {
			return oneOf("-a/--allocation-id", request.AllocationID, args, &request.PublicIP)
		},
	}
	cmd.Flags().StringVarP(&request.AllocationID, "allocation-id", "a", "", "the address of a virtual private cloud has the id `ALLOC`")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, _ []string) error {
		out, err := client.ReleaseAddress(ctx, &request)
		if err != nil {
			return err
		}
		fields := []string{addressRecord, request.PublicIP, request.AllocationID}
		if app.Era == cli.Euca2 {
			fields = fields[:2]
		}
		return showAddress(app, "release", out, fields)
	})
}

func newDisassociateAddressCmd(app *cli.App) *cobra.Command {
	var request ec2.DisassociateAddressRequest
	cmd := &cobra.Command{
		Use:   "disassociate-address [ADDRESS]",
		Short: "Take an address from its instance",
		Long: `Disassociate-address takes an elastic address from the instance that has it. The
address stays the account's; the instance gets another.`,
		Example: "  emikit disassociate-address 192.0.2.7",
		Args:    cli.Args(0, 1),
		PreRunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && strings.HasPrefix(args[0], "eipassoc") {
				return cli.Usagef("VPC elastic IP association IDs must be specified with -a/--association-id")
			}
			return oneOf("-a/--association-id", request.AssociationID, args, &request.PublicIP)
		},
	}
	cmd.Flags().StringVarP(&request.AssociationID, "association-id", "a", "", "the association in a virtual private cloud has the id `ASSOC`")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, _ []string) error {
		out, err := client.DisassociateAddress(ctx, &request)
		if err != nil {
			return err
		}
		return showAddress(app, "disassociate", out, []string{addressRecord, cmp.Or(request.PublicIP, request.AssociationID)})
	})
}

// oneOf takes an address from the arguments; there must be one, unless an option
// names what is meant.
func oneOf(option cli.Option, value string, args []string, address *string) error {
	switch {
	case len(args) > 0 && value != "":
		return cli.Usagef("argument %s: not allowed with an IP address", option)
	case len(args) == 0 && value == "":
		return cli.Usagef("argument %s or an IP address is required", option)
	case len(args) > 0:
		*address = args[0]
	}
	return nil
}

// showAddress shows the record of an address that something was done to.
func showAddress(app *cli.App, what string, out *ec2.ReturnResponse, fields []string) error {
	if !out.Return {
		return fmt.Errorf("%s %s: the cloud did not", what, cmp.Or(fields[1:]...))
	}
	return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(fields...) }})
}
