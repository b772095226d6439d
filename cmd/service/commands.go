package service

import (
	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// Commands returns the family's commands. linked lists the program names that
// a dialect's links may have.
func Commands(app *cli.App, linked func(cli.Family) []string) []*cobra.Command {
	return []*cobra.Command{
		newLinkCmd(app, linked),
	}
}
