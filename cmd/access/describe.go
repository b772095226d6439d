package access

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeKeyPairsCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:     "describe-keypairs [NAME...]",
		Short:   "List key pairs",
		Long:    `Describe-keypairs lists the given key pairs, or all of the account.`,
		Example: "  emikit describe-keypairs",
	}
	filters.AddFlag(cmd.Flags(), "key pairs")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, names []string) error {
		out, err := client.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsRequest{KeyNames: names, Filters: filters})
		if err != nil {
			return err
		}
		return showKeyPairs(app, out)
	})
}

func showKeyPairs(app *cli.App, out *ec2.DescribeKeyPairsResponse) error {
	var rows [][]string
	for _, k := range out.KeyPairs {
		rows = append(rows, []string{k.Name, k.Fingerprint})
	}
	return app.Show(cli.View{
		JSON:    out,
		Records: cli.EachRow(record, rows),
		Header:  []string{"key pair", "fingerprint"},
		Rows:    rows,
	})
}
