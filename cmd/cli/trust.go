package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"emikit/config"
)

// maxBundle bounds a file of certificates, in bytes: the one of a system, with all
// that browsers trust, has less than one MiB.
const maxBundle = 16 << 20

// trusted is whose certificates a connection takes.
type trusted struct {
	roots *x509.CertPool // nil: the system's
	any   bool
}

// trust finds out whose certificates are taken for an endpoint. That any is taken is
// said once.
func (c *Connection) trust(app *App, conf *config.Config, e config.Endpoint) (t trusted, err error) {
	t.any = c.NoVerifySSL || !e.VerifyTLS
	if c.NoVerifySSL && !c.told && strings.HasPrefix(e.URL, "https:") {
		c.told = true
		app.Notef("the server's certificate is not verified (--no-verify-ssl)")
	}
	file := conf.CABundle()
	if file.Text == "" || t.any {
		return t, nil
	}
	if t.roots, err = certificates(file.Text); err != nil {
		return t, fmt.Errorf("%s: certificates to trust: %w", file.From, err)
	}
	app.Log().Debug("certificates to trust", "file", file.Text, "from", file.From)
	return t, nil
}

// Trust is whose certificates are taken for an endpoint: those that roots signed (nil:
// those whom the system trusts), or any.
func (c *Connection) Trust(app *App, conf *config.Config, e config.Endpoint) (roots *x509.CertPool, any bool, err error) {
	t, err := c.trust(app, conf, e)
	return t.roots, t.any, err
}

// certificates reads the certificates in a file of PEM blocks.
func certificates(path string) (*x509.CertPool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBundle+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxBundle:
		return nil, fmt.Errorf("%s: longer than %d bytes", path, maxBundle)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: %w", path, errNoCertificate)
	}
	return roots, nil
}

var errNoCertificate = errors.New("no certificate (PEM) is in it")
