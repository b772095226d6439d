package access

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newCreateKeyPairCmd(app),
		newImportKeyPairCmd(app),
		newDeleteKeyPairCmd(app),
		newDescribeKeyPairsCmd(app),
		newFingerprintKeyCmd(app),

		newCreateGroupCmd(app),
		newDeleteGroupCmd(app),
		newDescribeGroupsCmd(app),
		newAuthorizeCmd(app),
		newRevokeCmd(app),

		newAllocateAddressCmd(app),
		newAssociateAddressCmd(app),
		newDisassociateAddressCmd(app),
		newReleaseAddressCmd(app),
		newDescribeAddressesCmd(app),
	}
}

// The first words of text records.
const (
	record           = "KEYPAIR"
	groupRecord      = "GROUP"
	permissionRecord = "PERMISSION"
	addressRecord    = "ADDRESS"
)
