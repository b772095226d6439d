package service

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cloud/admin"
	"emikit/cmd/cli"
)

type keysFlags struct {
	add    bool
	remove string
}

func newUserKeysCmd(app *cli.App, u *users) *cobra.Command {
	var f keysFlags
	cmd := &cobra.Command{
		Use:   "keys NAME --data DIR",
		Short: "List, add and revoke a user's access keys",
		Long: `Keys lists the access keys of an account: their ids, whether they are active or
revoked, and when they were made. Secrets are never listed.

--add makes one more and shows its secret, this once. --remove revokes one for
good: requests that are signed with it are refused at once, and its secret is
forgotten. The eucarc file in DIR/credentials/NAME, as long as it is there,
always has the newest active key. The first administrator keeps one at least.`,
		Example: "  emikit user keys alice --data ~/cloud\n  emikit user keys alice --remove AKIEXAMPLEEXAMPLEEX --data ~/cloud",
		Args:    cli.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runUserKeys(cmd.Context(), app, *u, args[0], f)
		},
	}
	cmd.Flags().BoolVar(&f.add, "add", false, "make a new access key")
	cmd.Flags().StringVar(&f.remove, "remove", "", "revoke the access key `ID`")
	return cmd
}

func runUserKeys(ctx context.Context, app *cli.App, u users, name string, f keysFlags) error {
	if err := oneOf(map[string]bool{"--add": f.add, "--remove": f.remove != ""}); err != nil {
		return err
	}
	client, err := u.client()
	switch {
	case err != nil:
		return err
	case f.add:
		key, err := client.AddKey(ctx, name)
		if err != nil {
			return err
		}
		return showChange(app, key, "KEY", key.ID, stateOf(key.Active), when(key.Created), key.Secret)
	case f.remove != "":
		if err := client.RevokeKey(ctx, name, f.remove); err != nil {
			return err
		}
		return showChange(app, admin.Key{ID: f.remove}, "KEY", f.remove, stateOf(false))
	}
	all, err := client.Keys(ctx, name)
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, k := range all {
		rows[i] = []string{k.ID, stateOf(k.Active), when(k.Created)}
	}
	return app.Show(cli.View{
		JSON: all, Records: cli.EachRow("KEY", rows), Header: []string{"key", "state", "created"}, Rows: rows,
	})
}
