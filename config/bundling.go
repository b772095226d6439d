package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// UserCertificate returns the path of the user's X.509 certificate. The file
// exists.
func (c *Config) UserCertificate() (Value, error) {
	v, err := c.userOption("certificate")
	if err != nil {
		return Value{}, err
	}
	return c.file("user certificate", "-c",
		Value{c.o.UserCertificate, CommandLine}, c.over(v, "EC2_CERT", "EUCA_CERT"))
}

// PrivateKey returns the path of the user's private key. The file exists.
func (c *Config) PrivateKey() (Value, error) {
	v, err := c.userOption("private-key")
	if err != nil {
		return Value{}, err
	}
	return c.file("private key", "-k",
		Value{c.o.PrivateKey, CommandLine}, c.over(v, "EC2_PRIVATE_KEY", "EUCA_PRIVATE_KEY"))
}

// CloudCertificate returns the path of the cloud's X.509 certificate. The file
// exists.
func (c *Config) CloudCertificate() (Value, error) {
	v, err := c.regionOption("certificate")
	if err != nil {
		return Value{}, err
	}
	return c.file(cloudCertificate, "--ec2cert",
		Value{c.o.CloudCertificate, CommandLine}, c.over(firstOf(v, c.amitoolsCertificate()), "EUCALYPTUS_CERT"))
}

// AccountID returns the account number, without dashes.
func (c *Config) AccountID() (Value, error) {
	v, err := c.userOption("account-id")
	if err != nil {
		return Value{}, err
	}
	v = firstOf(Value{c.o.AccountID, CommandLine}, c.over(v, "EC2_USER_ID", "EC2_ACCOUNT_NUMBER"))
	if v.Text == "" {
		return Value{}, missingOption("account ID", "--user")
	}
	v.Text = strings.ReplaceAll(v.Text, "-", "")
	return v, nil
}

// cloudCertificate is what the cloud's certificate is called in messages.
const cloudCertificate = "cloud certificate"

// over returns what the first of the variables that is set says, be it nothing, and v
// if none is set: euca2ools take EC2_CERT= for "no certificate".
func (c *Config) over(v Value, names ...string) Value {
	for _, name := range names {
		if c.o.IsSet(name) {
			return Value{c.o.Getenv(name), name}
		}
	}
	return firstOf(c.fromEucarc(names...), v)
}

// expanded is the path of a file, with the variables of the environment that it
// names; the shell has put in those of the command line.
func (c *Config) expanded(v Value) string {
	if v.From == CommandLine {
		return c.path(v.Text)
	}
	return c.path(os.Expand(v.Text, func(name string) string {
		if text := c.o.Getenv(name); text != "" {
			return text
		}
		return "$" + name
	}))
}

// missingFile is missingOption with what helps for the certificate of Amazon's cloud.
func (c *Config) missingFile(what, option string) error {
	err := missingOption(what, option)
	if what == cloudCertificate && (c.o.Amazon || isAmazonName(c.who.region.Text)) {
		err.hint = fmt.Sprintf("Amazon's comes with ec2-ami-tools, as etc/ec2/amitools/%s: give its path, "+
			"or name the tools' folder in EC2_AMITOOL_HOME", amazonCertificate(c.who.region.Text))
	}
	return err
}

// file returns the first of the values as the path of a file. A pipe will do,
// so that shells can substitute a command's output.
func (c *Config) file(what, option string, values ...Value) (Value, error) {
	v := firstOf(values...)
	if v.Text == "" {
		return Value{}, c.missingFile(what, option)
	}
	v.Text = c.expanded(v)
	info, err := os.Stat(v.Text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Value{}, &FileError{Value: v, what: what, cause: "does not exist", err: fs.ErrNotExist}
	case err != nil:
		return Value{}, &FileError{Value: v, what: what, cause: "cannot be read", err: err}
	case info.IsDir():
		return Value{}, &FileError{Value: v, what: what, cause: "is not a file", err: errors.ErrUnsupported}
	}
	return v, nil
}
