package admin

import (
	"context"
	"time"

	"emikit/cloud/identity"
)

// MaxCertificate is the longest certificate that can be added, in bytes of PEM.
const MaxCertificate = identity.MaxCertificateText

// User is an account as its administrator sees it.
type User struct {
	Name    string    `json:"name"`
	Account string    `json:"account"` // 12 digits
	Admin   bool      `json:"admin"`
	Created time.Time `json:"created"`
	// HasPassword is set when a password opens the account.
	HasPassword bool `json:"hasPassword"`
	// Credentials is the folder with the user's eucarc file, empty when there is
	// none.
	Credentials string `json:"credentials,omitempty"`
}

// Key is an access key.
type Key struct {
	ID      string    `json:"id"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
	// Secret is there for a key that was just made, and never again.
	Secret string `json:"secret,omitempty"`
}

// Certificate is one whose key may sign an account's bundles.
type Certificate struct {
	Fingerprint string    `json:"fingerprint"` // SHA-1 of the DER form, lower-case hex
	Active      bool      `json:"active"`
	Added       time.Time `json:"added"`
	Expires     time.Time `json:"expires"` // told only; the cloud does not ask for it
}

// Users is what the door asks of the cloud, and what a [Client] offers. Users are
// given by name. Implementations are safe for concurrent use.
type Users interface {
	// Users lists the accounts by name, without the cloud's own.
	Users(ctx context.Context) ([]User, error)
	// AddUser makes an account, an access key and a folder of credentials.
	AddUser(ctx context.Context, name string, admin bool) (User, error)
	// RemoveUser removes an account that owns nothing, and its credentials. What
	// the user has put beside these stays; the answer's Credentials names the
	// folder then.
	RemoveUser(ctx context.Context, name string) (User, error)
	// SetPassword sets the password.
	SetPassword(ctx context.Context, name, password string) (User, error)

	Keys(ctx context.Context, name string) ([]Key, error)
	// AddKey makes a key and tells its secret.
	AddKey(ctx context.Context, name string) (Key, error)
	// RevokeKey makes a key useless for good.
	RevokeKey(ctx context.Context, name, id string) error

	Certificates(ctx context.Context, name string) ([]Certificate, error)
	// AddCertificate takes a certificate of the user's own, as PEM.
	AddCertificate(ctx context.Context, name, pem string) (Certificate, error)
	// NewCertificate makes a key and a certificate in the folder of credentials.
	NewCertificate(ctx context.Context, name string) (Certificate, error)
	// RevokeCertificate makes the cloud refuse what its key signs.
	RevokeCertificate(ctx context.Context, name, fingerprint string) error
}
