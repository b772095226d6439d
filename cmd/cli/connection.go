package cli

import (
	"github.com/spf13/pflag"

	"emikit/config"
	"emikit/ec2"
	"emikit/sign"
	"emikit/upload"
)

// KeyLetters chooses the short options that give the access and secret key:
// euca2ools changed them between versions, and on EC2 commands -a and -s mean
// other things (facts of euca2ools 1.x to 3.4.1 and ec2-ami-tools).
type KeyLetters int

// The choices of key options.
const (
	// UpperKeys takes -I and -S only: commands that talk to EC2.
	UpperKeys KeyLetters = iota
	// BothKeys takes -a and -s as well: bundling and transfer commands.
	BothKeys
)

// Connection holds the options that say where a service is and who asks. The
// zero value takes everything from the environment and the configuration
// files. Commands embed it in their own flags.
type Connection struct {
	AccessKey     string
	SecretKey     string
	SecurityToken string
	URL           string
	Region        string
	SigVersion    int
	CABundle      string
	NoVerifySSL   bool
	// Patience is of the commands that talk to an object store.
	Patience

	told bool // that certificates are not verified
}

// AddFlags declares the connection's options.
func (c *Connection) AddFlags(f *pflag.FlagSet, letters KeyLetters) {
	f.StringVarP(&c.AccessKey, "access-key-id", "I", "", "use the access key `ID`")
	f.StringVarP(&c.SecretKey, "secret-key", "S", "", "use the secret `KEY`")
	f.StringVar(&c.SecurityToken, "security-token", "", "use a session's `TOKEN` with the keys")
	f.StringVarP(&c.URL, "url", "U", "", "talk to the service at `URL`")
	f.StringVar(&c.Region, "region", "", "use the region `[USER@]REGION` of the configuration files")
	f.IntVar(&c.SigVersion, "sigv", 0, "sign with version `2|4` (default 4)")
	f.StringVar(&c.CABundle, "ca-bundle", "", "trust the certificates in `FILE`, instead of the system's (default AWS_CA_BUNDLE)")
	f.BoolVar(&c.NoVerifySSL, "no-verify-ssl", false, "take whatever certificate the server shows")
	if letters == BothKeys {
		f.StringVarP(&c.AccessKey, "access-key", "a", "", "same as --access-key-id `ID`")
		f.StringVarP(&c.SecretKey, "secret", "s", "", "same as --secret-key `KEY`")
	}
}

// Config loads the configuration with the connection's options in force.
func (c *Connection) Config(app *App) (*config.Config, error) {
	return config.Load(config.Options{
		Getenv: app.Getenv, Home: app.Home(), Region: c.Region,
		AccessKey: c.AccessKey, SecretKey: c.SecretKey, SessionToken: c.SecurityToken,
		EC2URL: c.URL, S3URL: c.URL, CABundle: c.CABundle,
	})
}

// EC2 returns a client for the compute service.
func (c *Connection) EC2(app *App) (*ec2.Client, error) {
	conf, err := c.Config(app)
	if err != nil {
		return nil, err
	}
	endpoint, err := conf.EC2()
	if err != nil {
		return nil, err
	}
	keys, err := conf.Credentials()
	if err != nil {
		return nil, err
	}
	trusted, err := c.trust(app, conf, endpoint)
	if err != nil {
		return nil, err
	}
	client, err := ec2.NewClient(ec2.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region, Credentials: signing(keys),
		SignatureVersion: c.SigVersion, InsecureSkipVerify: trusted.any, RootCAs: trusted.roots,
		UserAgent: "emikit/" + app.Version, Log: app.Log(), Notice: func(line string) { app.Notef("%s", line) },
	})
	if err == nil {
		app.tellEndpoint("ec2", endpoint, keys)
	}
	return client, err
}

// Store returns the object store, and the configuration it was found in. jobs
// is how many parts move at once; 0 leaves the choice to the store.
func (c *Connection) Store(app *App, jobs int) (*upload.Store, *config.Config, error) {
	if err := c.Patience.check(app); err != nil {
		return nil, nil, err
	}
	conf, err := c.Config(app)
	if err != nil {
		return nil, nil, err
	}
	endpoint, err := conf.S3()
	if err != nil {
		return nil, nil, err
	}
	keys, err := conf.Credentials()
	if err != nil {
		return nil, nil, err
	}
	trusted, err := c.trust(app, conf, endpoint)
	if err != nil {
		return nil, nil, err
	}
	store, err := upload.Open(upload.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region, Credentials: signing(keys),
		SignatureVersion: c.SigVersion, Jobs: jobs, InsecureSkipVerify: trusted.any, RootCAs: trusted.roots,
		Addressing: upload.Addressing(c.AddressingStyle), Retries: int(c.Retries), RetryFor: c.RetryFor,
		Log: app.Log(), Notice: func(line string) { app.Notef("%s", line) },
	})
	if err == nil {
		app.tellEndpoint("s3", endpoint, keys)
	}
	return store, conf, err
}

// tellEndpoint logs where a service is and who asks, and how that is known. The
// client has made sure that there is no password in the URL.
func (a *App) tellEndpoint(service string, e config.Endpoint, keys config.Credentials) {
	a.Log().Debug("endpoint", "service", service, "url", e.URL, "from", e.From, "region", e.Region,
		"key", keys.AccessKey, "key-from", keys.From)
}

func signing(c config.Credentials) sign.Credentials {
	return sign.Credentials{AccessKey: c.AccessKey, SecretKey: c.SecretKey, SessionToken: c.SessionToken}
}
