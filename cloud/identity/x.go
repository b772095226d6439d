package identity

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"time"

	"emikit/cloud/caller"
)

type rsaPair struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}
type pair struct {
	key  crypto.Signer
	cert *x509.Certificate
}

// Account is somebody who may use the cloud.
type Account struct {
	ID      string // 12 digits
	Name    string
	Admin   bool
	Created time.Time
}

func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	return Account{}, errors.ErrUnsupported
}

func (s *Service) AccountByName(ctx context.Context, name string) (Account, error) {
	return Account{}, errors.ErrUnsupported
}

func (s *Service) SecretKey(ctx context.Context, accessKey string) (string, caller.Caller, error) {
	return "", caller.Caller{}, errors.ErrUnsupported
}

// AccessKey is an access key with its secret.
type AccessKey struct{ ID, Secret string }

func (s *Service) SystemKey(ctx context.Context) (AccessKey, error) {
	return AccessKey{}, errors.ErrUnsupported
}

func (s *Service) Certificates(ctx context.Context, account string) ([]*x509.Certificate, error) {
	return nil, errors.ErrUnsupported
}

func (s *Service) NodeCA() *x509.Certificate { return s.nodeCA.cert }

func (s *Service) IssueNode(name string) (*rsa.PrivateKey, *x509.Certificate, error) {
	return nil, nil, errors.ErrUnsupported
}

// Endpoints are the addresses that credentials name.
type Endpoints struct{ EC2, S3 string }

func (s *Service) WriteCredentials(ctx context.Context, account, dir string, at Endpoints) error {
	return errors.ErrUnsupported
}

// KeyPair is the public half of an EC2 key pair.
type KeyPair struct{ Name, Fingerprint, PublicKey string }

func (s *Service) CreateKeyPair(ctx context.Context, who caller.Caller, name string) (KeyPair, string, error) {
	return KeyPair{}, "", errors.ErrUnsupported
}

func (s *Service) KeyPairs(ctx context.Context, who caller.Caller, names ...string) ([]KeyPair, error) {
	return nil, errors.ErrUnsupported
}

func (s *Service) DeleteKeyPair(ctx context.Context, who caller.Caller, name string) error {
	return errors.ErrUnsupported
}
