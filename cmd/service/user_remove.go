package service

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

func newUserRemoveCmd(app *cli.App, u *users) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME --data DIR",
		Short: "Remove an account from a running cloud",
		Long: `Remove takes an account's access keys, certificates, password and key pairs
away, which stop working at once, and removes its credentials from
DIR/credentials/NAME. Other files that are there stay.

An account that owns buckets, images or instances that have not ended is not
removed: they would belong to nobody. Its number is never given again; its
name may be. The first administrator cannot be removed.`,
		Example: "  emikit user remove alice --data ~/cloud",
		Args:    cli.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runUserRemove(cmd.Context(), app, *u, args[0])
		},
	}
}

func runUserRemove(ctx context.Context, app *cli.App, u users, name string) error {
	client, err := u.client()
	if err != nil {
		return err
	}
	user, err := client.RemoveUser(ctx, name)
	if err != nil {
		return err
	}
	if user.Credentials != "" {
		app.Notef("note: %s holds other files and was left", user.Credentials)
	}
	return showChange(app, user, "USER", user.Name, user.Account, "removed")
}
