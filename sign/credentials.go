package sign

import (
	"errors"
	"fmt"
	"log/slog"
)

// ErrNoCredentials is returned when something is to be signed without an
// access key or without its secret key.
var ErrNoCredentials = errors.New("no access key and secret key to sign with")

// Credentials are an access key and its secret. Printing or logging them shows
// the access key only.
type Credentials struct {
	AccessKey string
	SecretKey string
	// SessionToken accompanies temporary credentials; otherwise it is empty.
	SessionToken string
}

// Scope is the part of the world that a Version 4 signature is valid for.
type Scope struct {
	Region string
	// Service is "ec2", "s3" and so on. For "s3" the path is encoded once, for
	// every other service twice, as Signature Version 4 has it.
	Service string
}

// String shows the access key only.
func (c Credentials) String() string { return "credentials of " + c.AccessKey }

// GoString shows the access key only, so that %#v is harmless as well.
func (c Credentials) GoString() string {
	return fmt.Sprintf("sign.Credentials{AccessKey:%q}", c.AccessKey)
}

// LogValue shows the access key only.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Credentials) check() error {
	if c.AccessKey == "" || c.SecretKey == "" {
		return ErrNoCredentials
	}
	return nil
}
