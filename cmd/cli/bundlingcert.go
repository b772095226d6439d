package cli

import (
	"crypto/x509"
	"errors"
	"strings"

	"emikit/config"
	"emikit/ec2"
)

// BundlingCertificate asks the cloud for the certificate that bundles for it are sealed
// to, where it is of a kind that tells it. A nil certificate means that it does not, or
// that nobody can ask: there is no endpoint, or there are no keys. A bootstrap service
// that somebody has named must answer.
func (c *Connection) BundlingCertificate(app *App, conf *config.Config) (*x509.Certificate, error) {
	endpoint, keys, err := c.bootstrap(app, conf)
	if err != nil || endpoint.URL == "" {
		return nil, err
	}
	trusted, err := c.trust(app, conf, endpoint)
	if err != nil {
		return nil, err
	}
	client, err := ec2.NewClient(ec2.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region, Service: "bootstrap", Credentials: signing(keys),
		InsecureSkipVerify: trusted.any, RootCAs: trusted.roots, UserAgent: "emikit/" + app.Version, Log: app.Log(),
	})
	if err != nil {
		return nil, err
	}
	app.tellEndpoint("bootstrap", endpoint, keys)
	cert, err := client.BundlingCertificate(app.context())
	switch {
	case err == nil:
		app.tellCertificate(cert, endpoint)
		return cert, nil
	case endpoint.Guessed && app.context().Err() == nil:
		app.Log().Debug("the cloud does not tell its certificate", "url", endpoint.URL, "error", err)
		return nil, nil
	}
	if unreachable, ok := errors.AsType[*ec2.ConnectError](err); ok {
		return nil, WithHint(err, strings.Replace(unreachable.Hint(), "--url or EC2_URL", "--bootstrap-url or EUCA_BOOTSTRAP_URL", 1))
	}
	return nil, err
}

// bootstrap finds whom to ask, and as whom. The endpoint has no URL where that is not
// configured.
func (c *Connection) bootstrap(app *App, conf *config.Config) (config.Endpoint, config.Credentials, error) {
	endpoint, err := conf.Bootstrap()
	if err != nil || endpoint.URL == "" {
		return config.Endpoint{}, config.Credentials{}, unlessMissing(err)
	}
	keys, err := conf.Credentials()
	if err != nil {
		return config.Endpoint{}, config.Credentials{}, unlessMissing(err)
	}
	return endpoint, keys, nil
}

func unlessMissing(err error) error {
	if _, missing := errors.AsType[*config.MissingError](err); missing {
		return nil
	}
	return err
}

// tellCertificate says which certificate a bundle is going to be sealed to: it decides
// who can read it.
func (a *App) tellCertificate(cert *x509.Certificate, from config.Endpoint) {
	if a.Family == Native {
		a.Notef("cloud certificate: of %s, SHA-256 %s", from.URL, ec2.Fingerprint(cert))
		return
	}
	a.Log().Debug("cloud certificate", "url", from.URL, "sha256", ec2.Fingerprint(cert))
}
