package identity

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"path/filepath"

	"emikit/cloud/state"
)

// Service is the identity service. It is safe for concurrent use.
type Service struct {
	db     *state.DB
	cloud  *rsa.PrivateKey
	cert   *x509.Certificate // of cloud
	nodeCA pair
	server pair
	hasher *hasher
}

// Open makes what a first start needs (the cloud's keys in DIR/keys, the admin
// account and its access key) and loads what is there already. The TLS
// certificate of the front end is valid for loopback, this machine's name and
// hosts, which are names or addresses; it is made anew, for the same key, when
// it lacks one of them.
func Open(ctx context.Context, db *state.DB, dir string, hosts ...string) (*Service, error) {
	s := &Service{db: db, hasher: newHasher()}
	if err := s.openKeys(filepath.Join(dir, "keys"), hosts); err != nil {
		return nil, err
	}
	err := db.Update(ctx, func(tx *sql.Tx) error {
		for _, a := range []Account{adminAccount(), systemAccount()} {
			if err := ensureAccount(ctx, tx, a); err != nil {
				return fmt.Errorf("account %s: %w", a.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// EnvelopeKey opens the keys of bundles that were sealed to the cloud
// certificate. It must not leave this process.
func (s *Service) EnvelopeKey() *rsa.PrivateKey { return s.cloud }

// CloudCertificate is the certificate that users seal their bundles to.
func (s *Service) CloudCertificate() *x509.Certificate { return s.cert }

// ServerCertificate is the front end's TLS certificate and key.
func (s *Service) ServerCertificate() tls.Certificate {
	return tls.Certificate{
		Certificate: [][]byte{s.server.cert.Raw},
		PrivateKey:  s.server.key,
		Leaf:        s.server.cert,
	}
}
