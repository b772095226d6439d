package transfer

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newUploadBundleCmd(app),
		newDownloadBundleCmd(app),
		newDeleteBundleCmd(app),
		newBundleAndUploadImageCmd(app),
		newDownloadAndUnbundleCmd(app),
		newVerifyCmd(app),
		newInspectCmd(app),
		newInstallImageCmd(app),
		newDoctorCmd(app),
		newCopyBundleCmd(app),
		newMigrateBundleCmd(app),
	}
}
