package access

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/keypair"
)

func newFingerprintKeyCmd(app *cli.App) *cobra.Command {
	return &cobra.Command{
		Use:   "fingerprint-key FILE",
		Short: "Show the fingerprint that EC2 shows of a key",
		Long: `Fingerprint-key computes what describe-keypairs shows of a key, to find out which
file belongs to which key pair. Of a private key it is that of a key pair which
the cloud has made: for RSA the SHA-1 of its PKCS#8 form. Of a public key it is
that of one which was imported: for RSA the MD5 of its X.509 form. With --output
table or json both are shown of a private key. No cloud is asked.`,
		Example: "  emikit fingerprint-key mykey.private",
		Args:    cli.Args(1, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return runFingerprintKey(app, args[0]) },
	}
}

// fingerprints are those of one key. Made is empty for a public key.
type fingerprints struct {
	Made     string `json:"KeyFingerprint,omitempty"`
	Imported string `json:"ImportedKeyFingerprint"`
}

func runFingerprintKey(app *cli.App, path string) error {
	data, err := readKey(app, path)
	if err != nil {
		return err
	}
	prints, err := fingerprint(data)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
		if errors.Is(err, keypair.ErrEncrypted) {
			err = cli.WithHint(err, "'ssh-keygen -p -f "+path+"' with an empty new passphrase decrypts it; of a public key none is asked for")
		}
		return err
	}
	shown := prints.Made
	if shown == "" {
		shown = prints.Imported
	}
	return app.Show(cli.View{
		JSON:   prints,
		Header: []string{"made by the cloud", "imported"},
		Rows:   [][]string{{prints.Made, prints.Imported}},
		Text: func(w io.Writer) error {
			_, err := fmt.Fprintln(w, shown)
			return err
		},
	})
}

// fingerprint is of a private key or of a public one.
func fingerprint(data []byte) (fingerprints, error) {
	if !bytes.Contains(data, []byte("PRIVATE KEY-----")) {
		public, err := keypair.ParsePublic(data)
		if err != nil {
			return fingerprints{}, err
		}
		return fingerprints{Imported: public.Fingerprint()}, nil
	}
	private, err := keypair.ParsePrivate(data)
	if err != nil {
		return fingerprints{}, err
	}
	made, err := private.Fingerprint()
	return fingerprints{Made: made, Imported: private.Public().Fingerprint()}, err
}
