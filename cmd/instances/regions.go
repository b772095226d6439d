package instances

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeRegionsCmd(app *cli.App) *cobra.Command {
	var f describeFlags
	cmd := &cobra.Command{
		Use:     "describe-regions [REGION...]",
		Short:   "List the cloud's regions and their endpoints",
		Long:    `Describe-regions lists the regions of the cloud, each with its EC2 endpoint.`,
		Example: "  emikit describe-regions",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDescribeRegions(cmd.Context(), app, f, args)
		},
	}
	cmd.Flags().Var(&f.filters, "filter", "list regions for which NAME is VALUE (may be repeated)")
	f.AddFlags(cmd.Flags())
	return cmd
}

func runDescribeRegions(ctx context.Context, app *cli.App, f describeFlags, names []string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.DescribeRegions(ctx, &ec2.DescribeRegionsRequest{RegionNames: names, Filters: f.filters})
	if err != nil {
		return err
	}
	view := cli.View{
		JSON:   out,
		Header: []string{"region", "endpoint"},
		Text: func(w io.Writer) error {
			records := cli.NewRecords(w, f.ShowEmpty)
			for _, r := range out.Regions {
				records.Add("REGION", r.Name, r.Endpoint)
			}
			return records.Err()
		},
	}
	for _, r := range out.Regions {
		view.Rows = append(view.Rows, cli.Row(r.Name, r.Endpoint))
	}
	return app.Show(view)
}
