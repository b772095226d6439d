package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

var (
	errKeyMissing  = errors.New("its private key is missing")
	errKeyMismatch = errors.New("private key and certificate do not belong together")
	errNotPEM      = errors.New("no PEM block of the expected type")
)

// pair is a private key and a certificate for it.
type pair struct {
	key  crypto.Signer
	cert *x509.Certificate
}

// pairFiles says where a pair is kept and how it comes to be.
type pairFiles struct {
	key, cert string // paths
	newKey    func() (crypto.Signer, error)
	// certify makes a certificate for a key.
	certify func(crypto.Signer) (*x509.Certificate, error)
	// current reports whether a certificate will do; nil: any will.
	current func(*x509.Certificate) bool
}

// open loads the pair, or makes what is missing of it. A certificate can be
// made again from its key. A key that is gone is not made again: whatever was
// sealed or signed for it would silently become useless.
func (f pairFiles) open() (pair, error) {
	key, err := loadKey(f.key)
	if errors.Is(err, os.ErrNotExist) {
		if key, err = f.makeKey(); err != nil {
			return pair{}, err
		}
	} else if err != nil {
		return pair{}, err
	}
	cert, err := loadCertificate(f.cert)
	if err == nil && !belongTogether(key, cert) {
		return pair{}, fmt.Errorf("%s: %w", f.cert, errKeyMismatch)
	}
	if errors.Is(err, os.ErrNotExist) || err == nil && f.current != nil && !f.current(cert) {
		cert, err = f.makeCertificate(key)
	}
	return pair{key, cert}, err
}

func (f pairFiles) makeKey() (crypto.Signer, error) {
	if _, err := os.Lstat(f.cert); err == nil {
		return nil, fmt.Errorf("%s: %w: %s", f.cert, errKeyMissing, filepath.Base(f.key))
	}
	key, err := f.newKey()
	if err != nil {
		return nil, err
	}
	text, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	return key, replaceFile(f.key, text)
}

func (f pairFiles) makeCertificate(key crypto.Signer) (*x509.Certificate, error) {
	cert, err := f.certify(key)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", f.cert, err)
	}
	return cert, replaceFile(f.cert, encodeCertificate(cert))
}

func loadKey(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// parseKey reads the two forms that encodeKey writes.
func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errNotPEM
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return nil, errNotPEM
}

// encodeKey writes RSA keys in the PKCS#1 form that the tools of 2009 expect.
func encodeKey(key crypto.Signer) ([]byte, error) {
	if rsaKey, ok := key.(*rsa.PrivateKey); ok {
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}), nil
	}
	ecKey, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("encode private key: %w: %T", errors.ErrUnsupported, key)
	}
	der, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

func loadCertificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cert, err := parseCertificate(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cert, nil
}

func parseCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errNotPEM
	}
	return x509.ParseCertificate(block.Bytes)
}

func encodeCertificate(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func belongTogether(key crypto.Signer, cert *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}
