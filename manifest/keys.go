package manifest

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
)

// Key is the bundling key and IV.
type Key struct{ Key, IV [16]byte }

var (
	ErrUnsigned     = errors.New("manifest is not signed")
	ErrBadSignature = errors.New("signature does not match")
	ErrWrongKey     = errors.New("the private key does not open the bundling key")
	ErrKeyMismatch  = errors.New("private key does not belong to the certificate")
)

func NewKey() (Key, error)                                        { panic("soon") }
func Seal(secret [16]byte, to *rsa.PublicKey) ([]byte, error)     { panic("soon") }
func Open(envelope []byte, key *rsa.PrivateKey) ([16]byte, error) { panic("soon") }
func LoadPrivateKey(path string) (*rsa.PrivateKey, error)         { panic("soon") }
func ParsePrivateKey(data []byte) (*rsa.PrivateKey, error)        { panic("soon") }
func LoadCertificate(path string) (*x509.Certificate, error)      { panic("soon") }
func ParseCertificate(data []byte) (*x509.Certificate, error)     { panic("soon") }
func CheckPair(key *rsa.PrivateKey, cert *x509.Certificate) error { panic("soon") }
