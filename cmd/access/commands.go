package access

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
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
