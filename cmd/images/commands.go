package images

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newRegisterCmd(app),
		newDeregisterCmd(app),
		newDescribeImagesCmd(app),
		newDescribeImageAttributeCmd(app),
		newModifyImageAttributeCmd(app),
		newResetImageAttributeCmd(app),
	}
}
