package bundling

import (
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/publish"
)

// UnbundleKeys are the options that say with whose key a bundle is opened, and
// whose it must be. Every command that unbundles has them.
type UnbundleKeys struct{ privateKey, cert string }

// AddFlags declares the options.
func (k *UnbundleKeys) AddFlags(fl *pflag.FlagSet) {
	fl.StringVarP(&k.privateKey, "privatekey", "k", "", "the private key, a PEM `FILE`")
	fl.StringVarP(&k.cert, "cert", "c", "", "also verify the manifest's signature with the certificate in `FILE`")
}

// Find completes a request by the options and the configuration of a region; "" is
// the default one.
func (k UnbundleKeys) Find(app *cli.App, region string, r *publish.UnbundleRequest) error {
	o := app.ConfigOptions()
	o.Region, o.PrivateKey = region, k.privateKey
	c, err := config.Load(o)
	if err != nil {
		return err
	}
	key, err := c.PrivateKey()
	if err != nil {
		return configError(app, "-k/--privatekey", err)
	}
	r.PrivateKey, r.Certificate = key.Text, k.cert
	if own, err := c.UserCertificate(); err == nil {
		r.OwnCertificate = own.Text
	}
	return nil
}
