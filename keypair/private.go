package keypair

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// ErrEncrypted: the private key is of no use without its passphrase.
var ErrEncrypted = errors.New("the private key is encrypted")

// Private is a whole key pair.
type Private struct {
	key    crypto.PrivateKey
	public Public
}

// ParsePrivate reads a private key that is not encrypted, in a PEM file of PKCS#1,
// PKCS#8 or OpenSSH.
func ParsePrivate(data []byte) (Private, error) {
	if len(data) > MaxFile {
		return Private{}, fmt.Errorf("%w: more than %d bytes", ErrFormat, MaxFile)
	}
	key, err := ssh.ParseRawPrivateKey(data)
	if _, encrypted := errors.AsType[*ssh.PassphraseMissingError](err); encrypted {
		return Private{}, ErrEncrypted
	}
	if err != nil {
		return Private{}, errors.New("not a private key in a PEM file of PKCS#1, PKCS#8 or OpenSSH")
	}
	if pointer, ok := key.(*ed25519.PrivateKey); ok {
		key = *pointer
	}
	return NewPrivate(key)
}

// NewPrivate is the key pair of a key of a package below crypto.
func NewPrivate(key crypto.PrivateKey) (Private, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return Private{}, ErrKind
	}
	public, err := ssh.NewPublicKey(signer.Public())
	if err != nil {
		return Private{}, ErrKind
	}
	half, err := newPublic(public)
	return Private{key, half}, err
}

// Public is the public half.
func (p Private) Public() Public { return p.public }

// Fingerprint is what EC2 shows of a key pair that it has made.
func (p Private) Fingerprint() (string, error) {
	key, ok := p.key.(*rsa.PrivateKey)
	if !ok {
		return p.public.Fingerprint(), nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	sum := sha1.Sum(der)
	return colons(sum[:]), nil
}
