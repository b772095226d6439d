package service

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands. linked lists the program names that
// a dialect's links may have; program runs a command line for the demo.
func Commands(app *cli.App, linked func(cli.Family) []string, program Program) []*cobra.Command {
	return []*cobra.Command{
		newDemoCmd(app, program),
		newCloudCmd(app),
		newUserCmd(app),
		newMetadataCmd(app),
		newLinkCmd(app, linked),
		newGendocCmd(app),
	}
}
