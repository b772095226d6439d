package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
		Value{c.o.UserCertificate, CommandLine}, c.env("EC2_CERT", "EUCA_CERT"), v)
}

// PrivateKey returns the path of the user's private key. The file exists.
func (c *Config) PrivateKey() (Value, error) {
	v, err := c.userOption("private-key")
	if err != nil {
		return Value{}, err
	}
	return c.file("private key", "-k",
		Value{c.o.PrivateKey, CommandLine}, c.env("EC2_PRIVATE_KEY", "EUCA_PRIVATE_KEY"), v)
}

// CloudCertificate returns the path of the cloud's X.509 certificate. The file
// exists.
func (c *Config) CloudCertificate() (Value, error) {
	v, err := c.regionOption("certificate")
	if err != nil {
		return Value{}, err
	}
	return c.file("cloud certificate", "--ec2cert",
		Value{c.o.CloudCertificate, CommandLine}, c.env("EUCALYPTUS_CERT"), v, c.amitoolsCertificate())
}

// amitoolsCertificate is the certificate of Amazon's cloud that ec2-ami-tools
// bring along, if they are installed.
func (c *Config) amitoolsCertificate() Value {
	home := c.env("EC2_AMITOOL_HOME", "EC2_HOME")
	if home.Text == "" {
		return Value{}
	}
	path := filepath.Join(home.Text, "etc", "ec2", "amitools", "cert-ec2.pem")
	if _, err := os.Stat(path); err != nil {
		return Value{}
	}
	return Value{path, home.From}
}

// AccountID returns the account number, without dashes.
func (c *Config) AccountID() (Value, error) {
	v, err := c.userOption("account-id")
	if err != nil {
		return Value{}, err
	}
	v = firstOf(Value{c.o.AccountID, CommandLine}, c.env("EC2_USER_ID", "EC2_ACCOUNT_NUMBER"), v)
	if v.Text == "" {
		return Value{}, missingOption("account ID", "--user")
	}
	v.Text = strings.ReplaceAll(v.Text, "-", "")
	return v, nil
}

// file returns the first of the values as the path of a file. A pipe will do,
// so that shells can substitute a command's output.
func (c *Config) file(what, option string, values ...Value) (Value, error) {
	v := firstOf(values...)
	if v.Text == "" {
		return Value{}, missingOption(what, option)
	}
	v.Text = c.path(v.Text)
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
