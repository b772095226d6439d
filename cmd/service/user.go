package service

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"emikit/cloud/admin"
	"emikit/cmd/cli"
)

// users says for which cloud the commands below 'user' are.
type users struct{ dir string }

// client speaks to the cloud that runs on the data directory.
func (u users) client() (*admin.Client, error) {
	if u.dir == "" {
		return nil, cli.Usagef("missing --data: where does the running cloud keep its state?")
	}
	return admin.NewClient(u.dir), nil
}

func newUserCmd(app *cli.App) *cobra.Command {
	var u users
	cmd := &cobra.Command{
		Use:   "user COMMAND --data DIR",
		Short: "Administer the accounts of a running cloud",
		Long: `User adds, lists and removes the accounts of the cloud that runs on DIR, and
what they prove themselves with: access keys, certificates and passwords. What
is revoked stops working at once.

The commands speak to the cloud over DIR/admin.sock, which only the user who
runs the cloud may open. They need no credentials.`,
		Args: unknownUserCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.PersistentFlags().StringVar(&u.dir, "data", "", "administer the cloud that runs on `DIR` (required)")
	cmd.AddCommand(newUserAddCmd(app, &u), newUserListCmd(app, &u), newUserRemoveCmd(app, &u),
		newUserKeysCmd(app, &u), newUserCertificatesCmd(app, &u), newUserPasswordCmd(app, &u))
	return cmd
}

func unknownUserCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := cli.Usagef("no such command: %s %s", cmd.Name(), args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return cli.WithHint(err, "did you mean '"+cmd.CommandPath()+" "+near[0]+"'?")
	}
	return err
}

// showUsers shows accounts: as JSON list when they are a list, else the only one.
func showUsers(app *cli.App, json any, all ...admin.User) error {
	rows := make([][]string, len(all))
	for i, u := range all {
		rows[i] = []string{u.Name, u.Account, role(u), u.Credentials}
	}
	return app.Show(cli.View{
		JSON: json, Records: cli.EachRow("USER", rows),
		Header: []string{"name", "account", "role", "credentials"}, Rows: rows,
	})
}

func role(u admin.User) string {
	if u.Admin {
		return "admin"
	}
	return "user"
}

// showChange tells what was done with an account, a key or a certificate.
func showChange(app *cli.App, json any, word string, fields ...string) error {
	return app.Show(cli.View{JSON: json, Records: func(r *cli.Records) {
		r.Add(append([]string{word}, fields...)...)
	}})
}

// stateOf is the word for whether a key or certificate is accepted.
func stateOf(active bool) string {
	if active {
		return "active"
	}
	return "revoked"
}

func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// oneOf refuses more than one of some options, by those that were given.
func oneOf(given map[string]bool) error {
	var names []string
	for name, is := range given {
		if is {
			names = append(names, name)
		}
	}
	if len(names) > 1 {
		return cli.Usagef("%s: only one of these at a time", strings.Join(slices.Sorted(slices.Values(names)), ", "))
	}
	return nil
}
