package identity

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"

	"emikit/cloud/state"
)

// Errors that callers test for.
var (
	ErrUnknownKey      = errors.New("unknown access key")
	ErrNoSuchAccount   = errors.New("no such account")
	ErrAnonymous       = errors.New("this needs an account")
	ErrKeyPairExists   = errors.New("key pair exists already")
	ErrNoSuchKeyPair   = errors.New("no such key pair")
	ErrBadKeyPairName  = errors.New("not a key pair name")
	errDifferentAnswer = errors.New("key and certificate do not belong together")
)

// Service is the identity service. It is safe for concurrent use.
type Service struct {
	db     *state.DB
	cloud  rsaPair
	nodeCA pair
	server pair
}

// Open makes what a first start needs (the cloud's keys in DIR/keys, the admin
// account with an access key) and loads what is there. The TLS certificate is
// valid for this machine's name, loopback and the given hosts, which are names
// or addresses.
func Open(ctx context.Context, db *state.DB, dir string, hosts ...string) (*Service, error) {
	return nil, errors.ErrUnsupported
}

// EnvelopeKey opens the keys of bundles that were sealed to the cloud
// certificate. It stays inside this process.
func (s *Service) EnvelopeKey() *rsa.PrivateKey { return s.cloud.key }

// CloudCertificate is the certificate that users seal their bundles to.
func (s *Service) CloudCertificate() *x509.Certificate { return s.cloud.cert }

// ServerCertificate is the front end's TLS certificate and key.
func (s *Service) ServerCertificate() tls.Certificate { return tls.Certificate{} }
