package transfer

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/publish"
	"emikit/upload"
)

// copyTarget are the options that say where a copy goes.
type copyTarget struct {
	destination string
	to          cli.Connection // what of the first connection does not hold for the second
	owner       publish.Owner  // of the copy
}

func (t *copyTarget) addFlags(fl *pflag.FlagSet) {
	fl.StringVar(&t.destination, "to", "", "copy it to `BUCKET[/PREFIX]` (required)")
	fl.StringVar(&t.to.URL, "to-url", "", "in the object store at `URL` (default the one that it is in)")
	fl.StringVar(&t.to.Region, "to-region", "", "in the region `[USER@]REGION` of the configuration files")
	fl.StringVar(&t.to.AccessKey, "to-access-key-id", "", "use the access key `ID` there")
	fl.StringVar(&t.to.SecretKey, "to-secret-key", "", "use the secret `KEY` there")
	fl.StringVar(&t.to.SecurityToken, "to-security-token", "", "use a session's `TOKEN` with these keys")
	fl.StringVar(&t.owner.Certificate, "to-cert", "", "sign the copy as the user who has this certificate there, a PEM `FILE`")
	fl.StringVar(&t.owner.PrivateKey, "to-privatekey", "", "the private key that belongs to it, a PEM `FILE`")
	fl.StringVar(&t.owner.User, "to-user", "", "the copy belongs to `ACCOUNT` there")
	fl.IntVar(&t.to.SigVersion, "to-sigv", 0, "sign with version `2|4` there (default 4)")
}

// check refuses values of options of which one can see that they are wrong.
func (t *copyTarget) check(app *cli.App) (upload.Location, error) {
	if err := app.Required("--to", t.destination); err != nil {
		return upload.Location{}, err
	}
	switch {
	case t.to.AccessKey == "" && t.to.SecretKey+t.to.SecurityToken != "":
		return upload.Location{}, cli.Usagef("argument --to-access-key-id is required")
	case t.to.AccessKey != "" && t.to.SecretKey == "":
		return upload.Location{}, cli.Usagef("argument --to-secret-key is required")
	case t.owner.Certificate == "" && t.owner.PrivateKey+t.owner.User != "":
		return upload.Location{}, cli.Usagef("argument --to-cert is required")
	case t.owner.Certificate != "" && t.owner.PrivateKey == "":
		return upload.Location{}, cli.Usagef("argument --to-privatekey is required")
	}
	return destination(t.destination)
}

// destination reads the place of a copy.
func destination(value string) (upload.Location, error) {
	to, err := upload.ParseLocation(value)
	if err != nil {
		return to, &cli.UsageError{Err: err}
	}
	return to, nil
}

// elsewhere says whether the copy goes to another cloud.
func (t *copyTarget) elsewhere() bool { return t.to.URL != "" || t.to.Region != "" }

// otherStore is where a copy goes: where in it buckets are made, the certificate of its
// cloud, if one is configured, and who has the copy there.
type otherStore struct {
	store                 *upload.Store
	location, certificate string
	owner                 *publish.Owner
}

// open opens the store, and finds what is configured for its cloud.
func (t *copyTarget) open(app *cli.App, from cli.Connection, jobs int) (other otherStore, err error) {
	view, conn := t.connection(app, from)
	store, conf, err := conn.Store(view, jobs)
	if err != nil {
		return other, err
	}
	endpoint, err := conf.S3()
	if err != nil {
		return other, err
	}
	other = otherStore{store: store, location: endpoint.BucketLocation}
	if t.owner.Certificate != "" {
		other.owner = &t.owner
	}
	if t.to.Region == "" {
		return other, nil
	}
	cloud, err := conf.CloudCertificate()
	if err != nil && !isMissing(err) {
		return other, err
	}
	other.certificate = cloud.Text
	if other.owner == nil {
		other.owner, err = ownerIn(conf)
	}
	return other, err
}

// ownerIn is who has a copy by the configuration; nil where it does not say it.
func ownerIn(conf *config.Config) (*publish.Owner, error) {
	cert, err := conf.UserCertificate()
	if err == nil {
		var key config.Value
		if key, err = conf.PrivateKey(); err == nil {
			account, _ := conf.AccountID() // one is not needed
			return &publish.Owner{Certificate: cert.Text, PrivateKey: key.Text, User: account.Text}, nil
		}
	}
	if isMissing(err) {
		return nil, nil
	}
	return nil, err
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*config.MissingError](err)
	return missing
}

// connection is what is known of the second store. What the environment says of the
// first holds for the second only as far as it says who asks, and not even that where
// the configuration files know who asks in the other region.
func (t *copyTarget) connection(app *cli.App, from cli.Connection) (*cli.App, *cli.Connection) {
	conn := from
	if t.to.AccessKey != "" {
		conn.AccessKey, conn.SecretKey, conn.SecurityToken = t.to.AccessKey, t.to.SecretKey, t.to.SecurityToken
	}
	if t.to.SigVersion != 0 {
		conn.SigVersion = t.to.SigVersion
	}
	if !t.elsewhere() {
		return app, &conn
	}
	conn.URL, conn.Region, conn.SigVersion = t.to.URL, t.to.Region, t.to.SigVersion
	if t.to.AccessKey == "" && t.to.Region != "" {
		own := conn
		own.AccessKey, own.SecretKey, own.SecurityToken = "", "", ""
		if view := without(app, append(placeVariables(), keyVariables()...)); hasKeys(view, own) {
			return view, &own
		}
	}
	return without(app, placeVariables()), &conn
}

func hasKeys(app *cli.App, conn cli.Connection) bool {
	var keys config.Credentials
	conf, err := conn.Config(app)
	if err == nil {
		keys, err = conf.Credentials()
	}
	return err == nil && keys.AccessKey != ""
}

// placeVariables are those that say where a cloud is, and whose it is.
func placeVariables() []string {
	return []string{
		"S3_URL", "EC2_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_EC2",
		"EUCA_DEFAULT_REGION", "EUCA_REGION", "AWS_DEFAULT_REGION", "AWS_REGION",
		"EUCALYPTUS_CERT", "EC2_AMITOOL_HOME", "EC2_HOME",
		"EC2_CERT", "EUCA_CERT", "EC2_PRIVATE_KEY", "EUCA_PRIVATE_KEY", "EC2_USER_ID", "EC2_ACCOUNT_NUMBER",
	}
}

// keyVariables are those that say who asks.
func keyVariables() []string {
	return []string{
		"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN",
		"AWS_SECURITY_TOKEN", "EC2_ACCESS_KEY", "EC2_SECRET_KEY", "AWS_CREDENTIAL_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
	}
}

// without is app in an environment in which these variables are not set; AWS's own
// files are empty if they are among them.
func without(app *cli.App, variables []string) *cli.App {
	view := *app
	view.Getenv = func(name string) string {
		switch {
		case !slices.Contains(variables, name):
			return app.Getenv(name)
		case name == "AWS_SHARED_CREDENTIALS_FILE", name == "AWS_CONFIG_FILE":
			return os.DevNull
		}
		return ""
	}
	return &view
}
