package identity

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// What a certificate that a user brings must be. Shorter keys can be broken, and
// longer ones only make the check of a signature slow; tools of 2009 made 1024
// bits.
const (
	MaxCertificateText = 64 << 10 // bytes of PEM
	minUserRSA         = 1024     // bits
	maxUserRSA         = 8192
)

// parseUserCertificate reads the one certificate in a PEM text. Comments around
// it are allowed, as openssl x509 -text writes them; a private key is not, as it
// is nobody's but its owner's. Whether the certificate has expired and who signed
// it do not matter: it stands for its key.
func parseUserCertificate(text []byte) (*x509.Certificate, error) {
	if len(text) > MaxCertificateText {
		return nil, badCertificate("it is longer than %d bytes", MaxCertificateText)
	}
	if bytes.Contains(text, []byte("PRIVATE KEY-----")) {
		return nil, badCertificate("a private key is with it; add the certificate alone")
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
		return nil, badCertificate("it has no PEM block of type CERTIFICATE")
	}
	if another, _ := pem.Decode(rest); another != nil {
		return nil, badCertificate("there is more than one PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, badCertificate("%v", err)
	}
	if err := checkUserKey(cert.PublicKey); err != nil {
		return nil, err
	}
	return cert, nil
}

func checkUserKey(public any) error {
	key, ok := public.(*rsa.PublicKey)
	switch {
	case !ok:
		return badCertificate("bundles are signed with RSA keys, and it is for another kind")
	case key.N.BitLen() < minUserRSA || key.N.BitLen() > maxUserRSA:
		return badCertificate("its key has %d bits, which is not %d to %d", key.N.BitLen(), minUserRSA, maxUserRSA)
	case key.E < 3 || key.E%2 == 0 || key.N.Bit(0) == 0:
		return badCertificate("its RSA key is unsound") // with exponent 1 anybody can sign
	}
	return nil
}

func badCertificate(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadCertificate, fmt.Sprintf(format, args...))
}
