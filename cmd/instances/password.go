package instances

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/manifest"
)

// optionLaunchKey is the option for the private half of an instance's key pair.
const optionLaunchKey = cli.Option("-k/--priv-launch-key")

func newGetPasswordCmd(app *cli.App) *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "get-password INSTANCE",
		Short: "Show the administrator's password of a Windows instance",
		Long: `Get-password asks for the password that a Windows instance has made for its
administrator when it booted first, decrypts it with the private key of the key
pair that the instance was run with, and prints it.`,
		Example: "  emikit get-password i-3F170798 -k mykey.private",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) error { return app.Required(optionLaunchKey, key) },
	}
	cmd.Flags().StringVarP(&key, "priv-launch-key", "k", "", "the private key in `FILE`, of the instance's key pair (required)")
	return passwordCommand(app, cmd, &key)
}

func newGetPasswordDataCmd(app *cli.App) *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "get-password-data INSTANCE",
		Short: "Show the encrypted password of a Windows instance",
		Long: `Get-password-data prints the administrator's password of a Windows instance as
the cloud has it: encrypted for the instance's key pair, in base64. It prints
nothing when there is none yet. With -k it prints what get-password does.`,
		Example: "  emikit get-password-data i-3F170798",
		Args:    cli.Args(1, 1),
	}
	cmd.Flags().StringVarP(&key, "priv-launch-key", "k", "", "decrypt it with the private key in `FILE`")
	return passwordCommand(app, cmd, &key)
}

// passwordCommand asks for a password and decrypts it if there is a key file. The
// key is read first: one that is of no use makes no request.
func passwordCommand(app *cli.App, cmd *cobra.Command, keyFile *string) *cobra.Command {
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		var key *rsa.PrivateKey
		if *keyFile != "" {
			var err error
			if key, err = manifest.LoadPrivateKey(*keyFile); err != nil {
				return err
			}
		}
		out, err := client.GetPasswordData(ctx, &ec2.GetPasswordDataRequest{InstanceID: args[0]})
		if err != nil {
			return err
		}
		if key == nil {
			return showPassword(app, out, out.PasswordData)
		}
		password, err := decryptPassword(out.PasswordData, key)
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		return showPassword(app, struct {
			InstanceID string `json:"InstanceId"`
			Timestamp  string
			Password   string
		}{out.InstanceID, out.Timestamp, password}, password)
	})
}

var errNoPassword = errors.New("no password data found for this instance")

// decryptPassword opens what a Windows instance has encrypted: PKCS #1 v1.5 under
// the key pair's public half.
func decryptPassword(data string, key *rsa.PrivateKey) (string, error) {
	text := strings.Join(strings.Fields(data), "")
	if text == "" {
		return "", cli.WithHint(errNoPassword, "it makes one when it boots first, which takes some minutes")
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("the password data is not base64")
	}
	//lint:ignore SA1019 Windows instances of EC2 encrypt so
	password, err := rsa.DecryptPKCS1v15(nil, key, sealed)
	if err != nil {
		return "", cli.WithHint(errors.New("the password cannot be decrypted with this key"),
			"-k takes the private key of the key pair that the instance was run with")
	}
	return string(password), nil
}

// showPassword prints a password, or nothing for none. whole is for programs.
func showPassword(app *cli.App, whole any, password string) error {
	return app.Show(cli.View{JSON: whole, Text: func(w io.Writer) error {
		if password == "" {
			return nil
		}
		_, err := io.WriteString(w, cli.Printable(password)+"\n")
		return err
	}})
}
