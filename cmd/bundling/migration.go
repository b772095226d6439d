package bundling

import (
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/publish"
)

// Migration are the options that say how a manifest is written anew, for another cloud
// or region. The commands that copy bundles have them, as migrate-manifest has.
type Migration struct {
	flags migrateFlags
	ids   *bootIDs // of the last request
}

// AddFlags declares the options.
func (m *Migration) AddFlags(fl *pflag.FlagSet) { m.flags.addChanges(fl) }

// Asked says whether any option asks for a manifest that says something else.
func (m *Migration) Asked() bool {
	f := m.flags
	return f.cloudCert != "" || f.kernel != "" || f.ramdisk != "" || f.noMapping
}

// CloudCertificate is the path of the new cloud's certificate, if it is given.
func (m *Migration) CloudCertificate() string { return m.flags.cloudCert }

// PrivateKey is the path of the user's private key, if it is given.
func (m *Migration) PrivateKey() string { return m.flags.privateKey }

// Request completes the options by the configuration of region ("" is the default
// one). ec2 is where kernel and ramdisk are looked for; its own region is the new one,
// "" to leave them as they are.
func (m *Migration) Request(app *cli.App, ec2 cli.Connection, region string) (*publish.MigrateRequest, error) {
	m.flags.Connection = ec2
	m.ids = &bootIDs{app: app, flags: m.flags}
	r := &publish.MigrateRequest{Log: app.Log(), IDs: m.ids.choose}
	return r, m.flags.complete(app, region, r)
}

// Failed gives an error of a request the words and the exit code of the dialect.
func (m *Migration) Failed(app *cli.App, err error) error { return m.flags.failed(app, err) }

// Warn tells what may keep the image of the new manifest, if there is one, from booting.
func (m *Migration) Warn() {
	if m.ids != nil {
		m.ids.warn()
	}
}
