package service

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

func newUserAddCmd(app *cli.App, u *users) *cobra.Command {
	var isAdmin bool
	cmd := &cobra.Command{
		Use:   "add NAME --data DIR",
		Short: "Add an account to a running cloud",
		Long: `Add makes an account with a number of twelve digits and an access key, and
leaves its credentials in DIR/credentials/NAME: give that folder to the user,
who sources the eucarc file in it. It holds the user's private key and secret.

NAME has 1 to 63 letters, digits, dots, underscores and dashes, the first of
them a letter or digit. It must differ from all other names in more than case.

An ordinary user sees and changes what is the account's own, and runs public
images. An administrator sees and changes everything.`,
		Example: "  emikit user add alice --data ~/cloud\n  emikit user add root2 --admin --data ~/cloud",
		Args:    cli.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runUserAdd(cmd.Context(), app, *u, args[0], isAdmin)
		},
	}
	cmd.Flags().BoolVar(&isAdmin, "admin", false, "make the user an administrator")
	return cmd
}

func runUserAdd(ctx context.Context, app *cli.App, u users, name string, isAdmin bool) error {
	client, err := u.client()
	if err != nil {
		return err
	}
	user, err := client.AddUser(ctx, name, isAdmin)
	if err != nil {
		return err
	}
	return showUsers(app, user, user)
}
