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
		newTerminateInstancesCmd(app),
		newRebootInstancesCmd(app),
		newGetConsoleOutputCmd(app),
		newDescribeZonesCmd(app),
		newDescribeRegionsCmd(app),
	}
}
