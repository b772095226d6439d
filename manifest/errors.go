package manifest

import "errors"

// What can be wrong with a manifest that was read. Parse wraps one of these
// with the element at fault.
var (
	ErrTooLarge  = errors.New("manifest is too large")
	ErrEncrypted = errors.New("manifest is encrypted, in a format older than version 3")
	ErrSyntax    = errors.New("not well-formed XML")
	ErrForbidden = errors.New("not allowed in a manifest") // DOCTYPE, comments, CDATA, namespaces, deep nesting …
	ErrDuplicate = errors.New("element given more than once")
	ErrVersion   = errors.New("unknown manifest version")
	ErrField     = errors.New("missing or malformed")
	ErrName      = errors.New("not a plain file name")
	ErrParts     = errors.New("parts are not numbered 0 to n-1, each once")
)

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
