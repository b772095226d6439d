package instances

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeZonesCmd(app *cli.App) *cobra.Command {
	var f describeFlags
	cmd := &cobra.Command{
		Use:   "describe-availability-zones [verbose] [ZONE...]",
		Short: "List where instances can run",
		Long: `Describe-availability-zones lists the zones. The word verbose adds, for an
administrator of a Eucalyptus or of this program's cloud, how many instances of
each VM type there is room for, and how the nodes are.`,
		Example: "  emikit describe-availability-zones verbose",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDescribeZones(cmd.Context(), app, f, args)
		},
	}
	cmd.Flags().Var(&f.filters, "filter", "list zones for which NAME is VALUE (may be repeated)")
	f.AddFlags(cmd.Flags())
	return cmd
}

func runDescribeZones(ctx context.Context, app *cli.App, f describeFlags, names []string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesRequest{ZoneNames: names, Filters: f.filters})
	if err != nil {
		return err
	}
	view := cli.View{
		JSON:   out,
		Header: []string{"zone", "state", "messages"},
		Text: func(w io.Writer) error {
			records := cli.NewRecords(w, f.ShowEmpty)
			for _, z := range out.Zones {
				records.Add("AVAILABILITYZONE", z.Name, z.State, messages(z))
			}
			return records.Err()
		},
	}
	for _, z := range out.Zones {
		view.Rows = append(view.Rows, cli.Row(z.Name, z.State, messages(z)))
	}
	return app.Show(view)
}

func messages(z ec2.AvailabilityZone) string {
	return cli.Join(", ", z.Messages, func(m ec2.ZoneMessage) string { return m.Message })
}
