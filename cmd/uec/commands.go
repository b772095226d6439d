package uec

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newPublishImageCmd(app),
		newPublishTarballCmd(app),
	}
}
