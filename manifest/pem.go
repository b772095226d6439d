package manifest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxPEM bounds a key or certificate file, in bytes.
const maxPEM = 1 << 20

// Sizes of the RSA keys that are taken, in bits. crypto/rsa refuses smaller ones.
// A larger one makes envelopes that no manifest may hold (maxHex), and a hostile
// one of a megabyte would keep a processor busy for an hour.
const (
	minBits = 1024
	maxBits = 16384
)

// LoadPrivateKey reads an RSA private key from a PEM file, PKCS #1 or PKCS #8.
func LoadPrivateKey(path string) (*rsa.PrivateKey, error) {
	data, err := readFile(path, maxPEM)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	key, err := ParsePrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	return key, nil
}

// ParsePrivateKey reads an RSA private key from PEM text, PKCS #1 or PKCS #8.
// Text around the PEM block does not matter.
func ParsePrivateKey(data []byte) (*rsa.PrivateKey, error) {
	block := findBlock(data, "RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY")
	if block == nil {
		return nil, missingBlock("private key", data)
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, hinted{fmt.Errorf("%w: it is encrypted with a passphrase", ErrKeyType),
			"write it without: openssl rsa -in KEY -out NEWKEY"}
	}
	key, err := parseKeyBlock(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrKeyType, err)
	}
	if err := checkBits(&key.PublicKey); err != nil {
		return nil, err
	}
	return key, nil
}

func parseKeyBlock(block *pem.Block) (*rsa.PrivateKey, error) {
	if block.Type == "RSA PRIVATE KEY" {
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("bundles need RSA")
	}
	return key, nil
}

// LoadCertificate reads an X.509 certificate with an RSA key from a PEM file.
func LoadCertificate(path string) (*x509.Certificate, error) {
	data, err := readFile(path, maxPEM)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", path, err)
	}
	cert, err := ParseCertificate(data)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", path, err)
	}
	return cert, nil
}

// ParseCertificate reads the first X.509 certificate in PEM text; its key must
// be RSA. Text around the PEM block does not matter, nor does the period of
// validity: a bundle's certificate only says which key is whose.
func ParseCertificate(data []byte) (*x509.Certificate, error) {
	block := findBlock(data, "CERTIFICATE", "X509 CERTIFICATE")
	if block == nil {
		return nil, missingBlock("certificate", data)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrKeyType, err)
	}
	pub, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: bundles need RSA, it is %s", ErrKeyType, cert.PublicKeyAlgorithm)
	}
	if err := checkBits(pub); err != nil {
		return nil, err
	}
	return cert, nil
}

// CheckPair returns ErrKeyMismatch unless cert certifies key.
func CheckPair(key *rsa.PrivateKey, cert *x509.Certificate) error {
	if !key.PublicKey.Equal(cert.PublicKey) {
		return ErrKeyMismatch
	}
	return nil
}

func checkBits(pub *rsa.PublicKey) error {
	if bits := pub.N.BitLen(); bits < minBits {
		return fmt.Errorf("%w: RSA of %d bits, at least %d are needed", ErrKeyType, bits, minBits)
	} else if bits > maxBits {
		return fmt.Errorf("%w: RSA of %d bits, at most %d are taken", ErrKeyType, bits, maxBits)
	}
	return nil
}

// findBlock returns the first PEM block in data whose type is one of types.
func findBlock(data []byte, types ...string) *pem.Block {
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			return nil
		}
		for _, t := range types {
			if block.Type == t {
				return block
			}
		}
	}
}

// missingBlock says what data holds instead of what was wanted.
func missingBlock(wanted string, data []byte) error {
	if block, _ := pem.Decode(data); block != nil {
		return fmt.Errorf("%w: no %s in it, but %q", ErrNoPEM, wanted, block.Type)
	}
	return fmt.Errorf("%w: no %s in it", ErrNoPEM, wanted)
}
