package instances

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeRegionsCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:     "describe-regions [REGION...]",
		Short:   "List the cloud's regions and their endpoints",
		Long:    `Describe-regions lists the regions of the cloud, each with its EC2 endpoint.`,
		Example: "  emikit describe-regions",
	}
	filters.AddFlag(cmd.Flags(), "regions")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, names []string) error {
		out, err := client.DescribeRegions(ctx, &ec2.DescribeRegionsRequest{RegionNames: names, Filters: filters})
		if err != nil {
			return err
		}
		return showRegions(app, out)
	})
}

func showRegions(app *cli.App, out *ec2.DescribeRegionsResponse) error {
	var rows [][]string
	for _, r := range out.Regions {
		rows = append(rows, []string{r.Name, r.Endpoint})
	}
	return app.Show(cli.View{
		JSON:    out,
		Records: cli.EachRow("REGION", rows),
		Header:  []string{"region", "endpoint"},
		Rows:    rows,
	})
}
