package access

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/keypair"
)

// publicKeyFile is the option that import-keypair needs.
const publicKeyFile cli.Option = "-f/--public-key-file"

func newImportKeyPairCmd(app *cli.App) *cobra.Command {
	var path string
	var key []byte
	cmd := &cobra.Command{
		Use:   "import-keypair NAME -f FILE",
		Short: "Make a key pair of a public key of one's own",
		Long: `Import-keypair gives the cloud the public half of a key that you have made,
RSA or ED25519: a file of OpenSSH (id_ed25519.pub), of RFC 4716, or an X.509
public key in DER, base64 or PEM. The private half stays where it is; a file that
holds one is not sent.`,
		Example: "  emikit import-keypair laptop -f ~/.ssh/id_ed25519.pub",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) (err error) {
			if err := app.Required(publicKeyFile, path); err != nil {
				return err
			}
			key, err = readPublicKey(app, path)
			return err
		},
	}
	cmd.Flags().StringVarP(&path, "public-key-file", "f", "", "read the public key from `FILE`, - for standard input")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		out, err := client.ImportKeyPair(ctx, &ec2.ImportKeyPairRequest{KeyName: args[0], PublicKey: key})
		if err != nil {
			return err
		}
		return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(record, out.KeyName, out.Fingerprint) }})
	})
}

// readPublicKey reads a file to send. What is in it is for the cloud to judge, but a
// private key does not leave this machine.
func readPublicKey(app *cli.App, path string) ([]byte, error) {
	data, err := readKey(app, path)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(data, []byte("PRIVATE KEY-----")) {
		return nil, cli.WithHint(fmt.Errorf("%s: %w", path, keypair.ErrPrivate),
			"nothing was sent; 'ssh-keygen -y -f "+path+"' prints the public half")
	}
	return data, nil
}

// readKey reads a file, or standard input for "-", no longer than a key can be.
func readKey(app *cli.App, path string) ([]byte, error) {
	in := app.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, app.NoSuchFile(path, fmt.Errorf("%s: %w", path, cli.Cause(err)))
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, keypair.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cli.Cause(err))
	}
	if len(data) > keypair.MaxFile {
		return nil, fmt.Errorf("%s: longer than any key: more than %d bytes", path, keypair.MaxFile)
	}
	return data, nil
}
