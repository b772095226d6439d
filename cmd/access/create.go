package access

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newCreateKeyPairCmd(app *cli.App) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:     "create-keypair NAME",
		Aliases: []string{"add-keypair"},
		Short:   "Make a key pair for getting into instances",
		Long: `Create-keypair has the cloud make a key pair and prints its name, its fingerprint
and the private key. The cloud keeps only the public half: this is the one
chance to save the private key. With -f it goes into a new file that only its
owner may read. A file that exists is never written over, since it may hold the
only copy of another key; euca2ools did that.`,
		Example: "  emikit create-keypair -f mykey.private mykey\n" +
			"  emikit create-keypair mykey > mykey.private && chmod 600 mykey.private",
		Args: cli.Args(1, 1),
	}
	cmd.Flags().StringVarP(&path, "filename", "f", "", "write the private key into the new `FILE`, mode 0600")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		return runCreateKeyPair(ctx, app, client, args[0], path)
	})
}

func runCreateKeyPair(ctx context.Context, app *cli.App, client *ec2.Client, name, path string) (err error) {
	var file *keyFile
	if path != "" { // first, so that no key is made that cannot be kept
		if file, err = newKeyFile(path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.discard()) }()
	}
	out, err := client.CreateKeyPair(ctx, &ec2.CreateKeyPairRequest{KeyName: name})
	if err != nil {
		return err
	}
	key := strings.TrimRight(out.KeyMaterial, "\r\n") + "\n"
	if file != nil {
		if err := file.commit(key); err != nil {
			return lost(err, name)
		}
		key, out.KeyMaterial = "", ""
	}
	err = showNewKeyPair(app, out, key)
	if err != nil && file == nil {
		return lost(err, name)
	}
	return err
}

// lost is the error that kept a new key pair's private key from being saved.
func lost(err error, name string) error {
	return cli.WithHint(err, "the key pair exists, its private key is lost: delete-keypair "+name+" and start again")
}

// showNewKeyPair shows the record and, when it is not in a file, the key.
func showNewKeyPair(app *cli.App, out *ec2.CreateKeyPairResponse, key string) error {
	return app.Show(cli.View{JSON: out, Text: func(w io.Writer) error {
		records := cli.NewRecords(w, app.ShowEmpty)
		records.Add(record, out.KeyName, out.Fingerprint)
		if err := records.Err(); err != nil {
			return err
		}
		_, err := io.WriteString(w, key)
		return err
	}})
}
