package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// NodeCA is the certificate authority that vouches for nodes.
func (s *Service) NodeCA() *x509.Certificate { return s.nodeCA.cert }

// IssueNode makes a key and a certificate for a node of that name, good for
// both ends of mutual TLS and for sealing bundling keys to the node. Nothing of
// it is kept here: the node in the front end's own process gets a new pair at
// each start.
func (s *Service) IssueNode(name string) (*rsa.PrivateKey, *x509.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, nil, fmt.Errorf("key of node %s: %w", name, err)
	}
	t := certificateFor(name, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment)
	t.DNSNames = []string{name}
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	cert, err := certify(t, key.Public(), s.nodeCA)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate of node %s: %w", name, err)
	}
	return key, cert, nil
}
