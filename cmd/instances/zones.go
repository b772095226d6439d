package instances

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeZonesCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:   "describe-availability-zones [verbose] [ZONE...]",
		Short: "List where instances can run",
		Long: `Describe-availability-zones lists the zones. The word verbose adds, for an
administrator of a Eucalyptus or of this program's cloud, how many instances of
each VM type there is room for, and how the nodes are.`,
		Example: "  emikit describe-availability-zones verbose",
	}
	filters.AddFlag(cmd.Flags(), "zones")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, names []string) error {
		out, err := client.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesRequest{ZoneNames: names, Filters: filters})
		if err != nil {
			return err
		}
		return showZones(app, out)
	})
}

func showZones(app *cli.App, out *ec2.DescribeAvailabilityZonesResponse) error {
	var rows [][]string
	for _, z := range out.Zones {
		messages := cli.Join(", ", z.Messages, func(m ec2.ZoneMessage) string { return m.Message })
		rows = append(rows, []string{z.Name, z.State, messages})
	}
	return app.Show(cli.View{
		JSON:    out,
		Records: cli.EachRow("AVAILABILITYZONE", rows),
		Header:  []string{"zone", "state", "messages"},
		Rows:    rows,
	})
}
