package bundling

import (
	"crypto/x509"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/publish"
)

// identify finds out whose bundle it is and for which cloud.
func (f ImageFlags) identify(app *cli.App, region string, r *publish.BundleRequest) error {
	c, err := config.Load(f.configOptions(app, region))
	if err != nil {
		return err
	}
	optional := f.unsigned || app.Family == cli.Euca
	for _, need := range []struct {
		option   cli.Option
		value    *string
		find     func() (config.Value, error)
		optional bool
	}{
		{"-c/--cert", &r.UserCert, c.UserCertificate, optional},
		{"-k/--privatekey", &r.PrivateKey, c.PrivateKey, optional},
		{"-u/--user", &r.User, c.AccountID, false},
		{"--ec2cert", &r.CloudCert, f.cloudCertificate(app, c, r), false},
	} {
		found, err := need.find()
		if err != nil && !(need.optional && isMissing(err)) {
			return configError(app, need.option, err)
		}
		if need.value == &r.User && app.Family == cli.Native {
			if err := checkAccount(app, found); err != nil {
				return err
			}
		}
		*need.value = found.Text
	}
	if r.PrivateKey == "" {
		app.Notef("no private key: the manifest is not signed")
	}
	return nil
}

// configOptions are those that say whose bundle it is, and who asks.
func (f ImageFlags) configOptions(app *cli.App, region string) config.Options {
	o := app.ConfigOptions()
	o.Region, o.BootstrapURL, o.AccountID = region, f.bootstrapURL, f.user
	o.UserCertificate, o.PrivateKey, o.CloudCertificate = f.cert, f.privateKey, f.cloudCert
	o.AccessKey, o.SecretKey, o.SessionToken = f.Asker.AccessKey, f.Asker.SecretKey, f.Asker.SecurityToken
	return o
}

// cloudCertificate finds the cloud's certificate as the others are found; where it is
// missing, the cloud is asked for it.
func (f ImageFlags) cloudCertificate(app *cli.App, c *config.Config, r *publish.BundleRequest) func() (config.Value, error) {
	return func() (config.Value, error) {
		v, err := c.CloudCertificate()
		if isMissing(err) {
			r.CloudCertificate, err = f.askCloud(app, c, err)
		}
		return v, err
	}
}

// askCloud asks the cloud for its certificate, which is missing. Of the tools that are
// replaced only euca2ools 3 did so; where none of them is meant exactly, all do.
func (f ImageFlags) askCloud(app *cli.App, c *config.Config, missing error) (*x509.Certificate, error) {
	if app.Era != cli.AnyEra && app.Era != cli.Euca3 {
		return nil, missing
	}
	cert, err := f.Asker.BundlingCertificate(app, c)
	switch {
	case err != nil || cert != nil:
		return cert, err
	case app.Family == cli.Euca:
		return nil, cli.Reword(missing, missing.Error()+" or use --bootstrap-url and access keys to fetch one automatically")
	}
	return nil, missing
}
