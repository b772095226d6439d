package access

import (
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newCreateKeyPairCmd(app),
		newDeleteKeyPairCmd(app),
		newDescribeKeyPairsCmd(app),
	}
}

// record is the first word of a key pair's text record.
const record = "KEYPAIR"

func showKeyPairs(app *cli.App, out *ec2.DescribeKeyPairsResponse, showEmpty bool) error {
	view := cli.View{
		JSON:   out,
		Header: []string{"key pair", "fingerprint"},
		Text: func(w io.Writer) error {
			records := cli.NewRecords(w, showEmpty)
			for _, k := range out.KeyPairs {
				records.Add(record, k.Name, k.Fingerprint)
			}
			return records.Err()
		},
	}
	for _, k := range out.KeyPairs {
		view.Rows = append(view.Rows, cli.Row(k.Name, k.Fingerprint))
	}
	return app.Show(view)
}
