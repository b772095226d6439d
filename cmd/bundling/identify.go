package bundling

import (
	"emikit/cmd/cli"
	"emikit/config"
	"emikit/publish"
)

// identify finds out whose bundle it is and for which cloud.
func (f ImageFlags) identify(app *cli.App, region string, r *publish.BundleRequest) error {
	c, err := config.Load(config.Options{
		Getenv: app.Getenv, Home: app.Home(), Region: region,
		UserCertificate: f.cert, PrivateKey: f.privateKey, CloudCertificate: f.cloudCert, AccountID: f.user,
	})
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
		{"--ec2cert", &r.CloudCert, c.CloudCertificate, false},
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
