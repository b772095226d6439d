package instances

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newRunInstancesCmd(app),
		newDescribeInstancesCmd(app),
		newDescribeInstanceStatusCmd(app),
		newDescribeInstanceAttributeCmd(app),
		newModifyInstanceAttributeCmd(app),
		newStartInstancesCmd(app),
		newStopInstancesCmd(app),
		newRebootInstancesCmd(app),
		newTerminateInstancesCmd(app),
		newGetConsoleOutputCmd(app),
		newGetPasswordCmd(app),
		newGetPasswordDataCmd(app),
		newConfirmProductInstanceCmd(app),
		newCreateImageCmd(app),
		newDescribeInstanceTypesCmd(app),
		newDescribeZonesCmd(app),
		newDescribeRegionsCmd(app),
		newCreateTagsCmd(app),
		newDeleteTagsCmd(app),
		newDescribeTagsCmd(app),
	}
}
