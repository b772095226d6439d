package manifest

import (
	"errors"
	"fmt"
)

// What can be wrong with a manifest that was read. Parse wraps one of these
// with the element at fault.
var (
	ErrTooLarge  = errors.New("manifest is too large")
	ErrEncrypted = errors.New("encrypted, as before version 3: only its user's private key opens it")
	ErrSyntax    = errors.New("not well-formed XML")
	ErrForbidden = errors.New("not allowed in a manifest") // DOCTYPE, comments, CDATA, namespaces, deep nesting …
	ErrDuplicate = errors.New("element given more than once")
	ErrVersion   = errors.New("unknown manifest version")
	ErrField     = errors.New("missing or malformed")
	ErrName      = errors.New("not a plain file name")
	ErrParts     = errors.New("parts are not numbered 0 to n-1, each once")

	// Of encrypted manifests:
	ErrScheme     = errors.New("encrypted in an unknown way")
	ErrCiphertext = errors.New("encrypted, and cut off or damaged")
)

// VersionError is ErrVersion with the version that the manifest gives.
type VersionError struct{ Version string }

func (e *VersionError) Error() string { return fmt.Sprintf("%v %q", ErrVersion, e.Version) }
func (e *VersionError) Unwrap() error { return ErrVersion }

// What can be wrong with signatures and keys.
var (
	ErrUnsigned     = errors.New("manifest is not signed")
	ErrBadSignature = errors.New("signature does not match the manifest")
	ErrWrongKey     = errors.New("the private key does not open the bundling key")
	ErrKeyMismatch  = errors.New("private key does not belong to the certificate")
	ErrNoPEM        = errors.New("not a PEM file of that kind")
	ErrKeyType      = errors.New("unsuitable key")
)

// hinted is an error with advice for the user.
type hinted struct {
	error
	hint string
}

// Hint returns the advice, one line.
func (h hinted) Hint() string { return h.hint }

func (h hinted) Unwrap() error { return h.error }

// foreignKey says that a key does not open an encrypted manifest, and why.
func foreignKey(format string, args ...any) error {
	return &foreignKeyError{fmt.Sprintf(format, args...)}
}

// foreignKeyError is ErrWrongKey for a whole manifest.
type foreignKeyError struct{ reason string }

func (e *foreignKeyError) Error() string {
	return "the private key does not open the encrypted manifest: " + e.reason
}
func (e *foreignKeyError) Unwrap() error { return ErrWrongKey }

// Hint says which key would.
func (e *foreignKeyError) Hint() string {
	return "use the private key of the certificate that the bundle was made with"
}
