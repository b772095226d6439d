package identity

import "errors"

// Errors that callers test for.
var (
	ErrUnknownKey     = errors.New("unknown access key")
	ErrNoSuchKey      = errors.New("the account has no such access key")
	ErrLastKey        = errors.New("the only one of the first administrator; add another one before")
	ErrNoSuchAccount  = errors.New("no such account")
	ErrAccountExists  = errors.New("exists already")
	ErrBadAccountName = errors.New("not a name for an account: 1 to 63 of A-Z a-z 0-9 . _ -, the first a letter or digit, and not digits alone")
	ErrBuiltIn        = errors.New("every cloud needs this account")

	ErrNoSuchCertificate   = errors.New("the account has no such certificate")
	ErrBadCertificate      = errors.New("not a certificate that can be added")
	ErrCertificateTaken    = errors.New("is a certificate of another account")
	ErrTooManyCertificates = errors.New("the account has as many active certificates as it may have")

	ErrBadPassword   = errors.New("not a good password")
	ErrWrongPassword = errors.New("unknown name or wrong password")

	ErrAnonymous      = errors.New("only an account can have this")
	ErrKeyPairExists  = errors.New("exists already")
	ErrNoSuchKeyPair  = errors.New("does not exist")
	ErrBadKeyPairName = errors.New("not a name for a key pair")

	ErrBadPublicKey    = errors.New("the public key cannot be imported")
	ErrTooManyKeyPairs = errors.New("the account has as many key pairs as it may have")
)
