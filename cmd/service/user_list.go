package service

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

func newUserListCmd(app *cli.App, u *users) *cobra.Command {
	return &cobra.Command{
		Use:   "list --data DIR",
		Short: "List the accounts of a running cloud",
		Long: `List shows the accounts by name: their numbers, whether they are
administrators, and the folders of their credentials as long as these are
there.`,
		Example: "  emikit user list --data ~/cloud --output table",
		Args:    cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runUserList(cmd.Context(), app, *u)
		},
	}
}

func runUserList(ctx context.Context, app *cli.App, u users) error {
	client, err := u.client()
	if err != nil {
		return err
	}
	all, err := client.Users(ctx)
	if err != nil {
		return err
	}
	return showUsers(app, all, all...)
}
