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

type createFlags struct {
	cli.EC2Flags
	file string
}

func newCreateKeyPairCmd(app *cli.App) *cobra.Command {
	var f createFlags
	cmd := &cobra.Command{
		Use:     "create-keypair NAME",
		Aliases: []string{"add-keypair"},
		Short:   "Make a key pair for getting into instances",
		Long: `Create-keypair has the cloud make a key pair and prints its name, its fingerprint
and the private key. The cloud keeps only the public half: this is the one
chance to save the private key. With -f it goes into a file that only its owner
may read, which appears once it is complete.`,
		Example: "  emikit create-keypair -f mykey.private mykey\n" +
			"  emikit create-keypair mykey > mykey.private && chmod 600 mykey.private",
		Args: cli.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCreateKeyPair(cmd.Context(), app, f, args[0])
		},
	}
	cmd.Flags().StringVarP(&f.file, "filename", "f", "", "write the private key into `FILE`, mode 0600")
	f.AddFlags(cmd.Flags())
	return cmd
}

func runCreateKeyPair(ctx context.Context, app *cli.App, f createFlags, name string) (err error) {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	var file *keyFile
	if f.file != "" { // first, so that no key is made that cannot be kept
		if file, err = newKeyFile(f.file); err != nil {
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
			return cli.WithHint(err, "the key pair exists, its private key is lost: delete-keypair "+name+" and start again")
		}
		key, out.KeyMaterial = "", ""
	}
	return showNewKeyPair(app, out, key, f.ShowEmpty)
}

// showNewKeyPair shows the record and, when it is not in a file, the key.
func showNewKeyPair(app *cli.App, out *ec2.CreateKeyPairResponse, key string, showEmpty bool) error {
	return app.Show(cli.View{JSON: out, Text: func(w io.Writer) error {
		records := cli.NewRecords(w, showEmpty)
		records.Add(record, out.KeyName, out.Fingerprint)
		if err := records.Err(); err != nil {
			return err
		}
		_, err := io.WriteString(w, key)
		return err
	}})
}
