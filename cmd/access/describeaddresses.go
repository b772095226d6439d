package access

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeAddressesCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:   "describe-addresses [ADDRESS...]",
		Short: "List the addresses that one keeps",
		Long: `Describe-addresses lists the given elastic addresses, or all of the account, and
the instances that have them. "verbose" as the address lists everybody's for an
administrator of the cloud.`,
		Example: "  emikit describe-addresses",
		Args:    cli.Args(0, cli.Any),
	}
	filters.AddFlag(cmd.Flags(), "addresses")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, addresses []string) error {
		request := &ec2.DescribeAddressesRequest{Filters: filters}
		for _, address := range slices.Compact(slices.Sorted(slices.Values(addresses))) {
			if strings.HasPrefix(address, allocationID) {
				request.AllocationIDs = append(request.AllocationIDs, address)
			} else {
				request.PublicIPs = append(request.PublicIPs, address)
			}
		}
		out, err := client.DescribeAddresses(ctx, request)
		if err != nil {
			return err
		}
		return showAddresses(app, out)
	})
}

func showAddresses(app *cli.App, out *ec2.DescribeAddressesResponse) error {
	var records, rows [][]string
	for _, a := range out.Addresses {
		domain := cmp.Or(a.Domain, ec2.DomainStandard)
		fields := []string{a.PublicIP, a.InstanceID, domain, a.AllocationID, a.AssociationID, a.NetworkInterfaceID, a.PrivateIPAddress}
		if app.Era == cli.Euca2 {
			fields = fields[:2]
		}
		records = append(records, fields)
		rows = append(rows, []string{a.PublicIP, a.InstanceID, domain})
	}
	return app.Show(cli.View{
		JSON:    out,
		Records: cli.EachRow(addressRecord, records),
		Header:  []string{"address", "instance", "domain"},
		Rows:    rows,
	})
}
