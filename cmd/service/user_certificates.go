package service

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"emikit/cloud/admin"
	"emikit/cmd/cli"
)

type certificatesFlags struct {
	add    string
	remove string
	make   bool
}

func newUserCertificatesCmd(app *cli.App, u *users) *cobra.Command {
	var f certificatesFlags
	cmd := &cobra.Command{
		Use:   "certificates NAME --data DIR",
		Short: "List, add and revoke a user's certificates",
		Long: `Certificates lists the certificates of an account, by SHA-1 fingerprint: bundles
that are signed with the key of an active one may be registered by the account.
When a certificate expires does not matter to the cloud.

--add takes a certificate that the user has, one in a PEM file, for an RSA key
of 1024 to 8192 bits. --new makes a key and a certificate in
DIR/credentials/NAME, beside those that are there, for which the eucarc file is
written anew; it makes the folder if it is gone. --remove revokes a certificate:
bundles signed with its key cannot be registered any more; images that are
registered stay.`,
		Example: "  emikit user certificates alice --add cert.pem --data ~/cloud\n  emikit user certificates alice --new --data ~/cloud",
		Args:    cli.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runUserCertificates(cmd.Context(), app, *u, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.add, "add", "", "add the certificate in the PEM file `FILE`")
	cmd.Flags().StringVar(&f.remove, "remove", "", "revoke the certificate of that `FINGERPRINT`")
	cmd.Flags().BoolVar(&f.make, "new", false, "make a key and a certificate")
	return cmd
}

func runUserCertificates(ctx context.Context, app *cli.App, u users, name string, f certificatesFlags) error {
	if err := oneOf(map[string]bool{"--add": f.add != "", "--remove": f.remove != "", "--new": f.make}); err != nil {
		return err
	}
	client, err := u.client()
	if err != nil {
		return err
	}
	switch {
	case f.add != "":
		return addCertificate(ctx, app, client, name, f.add)
	case f.make:
		made, err := client.NewCertificate(ctx, name)
		if err != nil {
			return err
		}
		return showCertificates(app, made, made)
	case f.remove != "":
		if err := client.RevokeCertificate(ctx, name, f.remove); err != nil {
			return err
		}
		return showChange(app, admin.Certificate{Fingerprint: f.remove}, "CERTIFICATE", f.remove, stateOf(false))
	}
	all, err := client.Certificates(ctx, name)
	if err != nil {
		return err
	}
	return showCertificates(app, all, all...)
}

func addCertificate(ctx context.Context, app *cli.App, client *admin.Client, name, file string) error {
	text, err := readCertificate(file)
	if err != nil {
		return err
	}
	added, err := client.AddCertificate(ctx, name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return showCertificates(app, added, added)
}

// readCertificate reads a file that is no longer than the cloud takes.
func readCertificate(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, cli.Cause(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, admin.MaxCertificate+1))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, cli.Cause(err))
	}
	if len(text) > admin.MaxCertificate {
		return "", fmt.Errorf("%s: longer than a certificate may be, %d bytes", path, admin.MaxCertificate)
	}
	return string(text), nil
}

func showCertificates(app *cli.App, json any, all ...admin.Certificate) error {
	rows := make([][]string, len(all))
	for i, c := range all {
		rows[i] = []string{c.Fingerprint, stateOf(c.Active), when(c.Added), when(c.Expires)}
	}
	return app.Show(cli.View{
		JSON: json, Records: cli.EachRow("CERTIFICATE", rows),
		Header: []string{"fingerprint", "state", "added", "expires"}, Rows: rows,
	})
}
