package cli

import (
	"cmp"
	"errors"

	"github.com/spf13/pflag"

	"emikit/config"
	"emikit/config/imds"
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
		f.StringVarP(&c.SecurityToken, "delegation-token", "t", "", "same as --security-token `TOKEN`")
	}
}

// Config loads the configuration with the connection's options in force.
func (c *Connection) Config(app *App) (*config.Config, error) {
	o := app.ConfigOptions()
	o.Region, o.CABundle, o.EC2URL, o.S3URL = c.Region, c.CABundle, c.URL, c.URL
	o.AccessKey, o.SecretKey, o.SessionToken = c.AccessKey, c.SecretKey, c.SecurityToken
	return config.Load(o)
}

// ConfigOptions are those of the program's surroundings, to which a command adds what
// its own options say.
func (a *App) ConfigOptions() config.Options {
	return config.Options{
		Getenv: a.Getenv, Home: a.Home(), Now: a.Now,
		IsSet: func(name string) bool {
			return a.Getenv(name) != "" || a.SetToNothing != nil && a.SetToNothing(name)
		},
		Lenient: a.Family == Euca, Amazon: a.Family == EC2,
		Eucarc: a.Era == Euca2 || a.Era == AnyEra && a.Family != EC2,
	}
}

// Keys returns the keys to sign with: those of the configuration and, where it has
// none and the program may ask for them, those of the instance that it runs on.
func (c *Connection) Keys(app *App, conf *config.Config) (config.Credentials, error) {
	keys, err := conf.Credentials()
	if c.AccessKey+c.SecretKey+c.SecurityToken != "" || !app.asksInstance(err) {
		return keys, err
	}
	found, instanceErr := app.InstanceKeys(app.context())
	switch {
	case instanceErr == nil:
		return found, nil
	case errors.Is(instanceErr, imds.ErrNone):
		app.Log().Debug("instance profile", "error", instanceErr)
		return keys, err
	}
	return keys, instanceErr
}

// asksInstance decides whether an error of the configuration's keys is one that the
// instance's would mend. No generation of euca2ools asked for these.
func (a *App) asksInstance(err error) bool {
	missing, ok := errors.AsType[*config.MissingError](err)
	euca := a.Family == Euca && a.Era != AnyEra
	return ok && missing.What == config.AccessKeyID && a.InstanceKeys != nil && !euca
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
	keys, err := c.Keys(app, conf)
	if err != nil {
		return nil, err
	}
	patience, err := conf.Patience()
	if err != nil {
		return nil, err
	}
	trusted, err := c.trust(app, conf, endpoint)
	if err != nil {
		return nil, err
	}
	client, err := ec2.NewClient(ec2.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region, Credentials: signing(keys),
		SignatureVersion: cmp.Or(c.SigVersion, app.Era.signature("ec2")), InsecureSkipVerify: trusted.any, RootCAs: trusted.roots,
		Tries: patience.Retries + 1, Timeout: patience.Timeout,
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
	keys, err := c.Keys(app, conf)
	if err != nil {
		return nil, nil, err
	}
	retries, err := c.retries(conf)
	if err != nil {
		return nil, nil, err
	}
	trusted, err := c.trust(app, conf, endpoint)
	if err != nil {
		return nil, nil, err
	}
	store, err := upload.Open(upload.Config{
		Endpoint: endpoint.URL, Region: endpoint.Region, Credentials: signing(keys),
		SignatureVersion: cmp.Or(c.SigVersion, endpoint.SignatureVersion, app.Era.signature("s3")),
		Jobs:             jobs, InsecureSkipVerify: trusted.any, RootCAs: trusted.roots,
		Addressing: c.addressing(app), Retries: retries, RetryFor: c.RetryFor,
		Log: app.Log(), Notice: func(line string) { app.Notef("%s", line) },
	})
	if err == nil {
		app.tellEndpoint("s3", endpoint, keys)
	}
	return store, conf, err
}

// retries is how often the object store is asked again, as upload.Config has it.
func (c *Connection) retries(conf *config.Config) (int, error) {
	patience, err := conf.Patience()
	switch {
	case err != nil || c.Retries != 0:
		return int(c.Retries), err
	case patience.Retries == 0:
		return -1, nil
	}
	return max(0, patience.Retries), nil
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
