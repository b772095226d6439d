package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// rsaBits is the key size of everything that bundles and the tools of 2009
	// deal with; they know RSA only.
	rsaBits = 2048
	// validity of every certificate made here.
	validity = 10 * 365 * 24 * time.Hour
	// renewal is how long before its end the TLS certificate is made anew.
	renewal = 60 * 24 * time.Hour
	// clockSkew is how far the clock of a client may be behind the cloud's.
	clockSkew = 24 * time.Hour
)

// openKeys loads the cloud's three key pairs from dir, or makes them.
func (s *Service) openKeys(dir string, hosts []string) error {
	if err := makePrivateDir(dir); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	cloud, err := cloudFiles(dir).open()
	if err != nil {
		return fmt.Errorf("cloud certificate: %w", err)
	}
	var isRSA bool
	if s.cloud, isRSA = cloud.key.(*rsa.PrivateKey); !isRSA {
		return fmt.Errorf("cloud certificate: %s: not an RSA key", cloudFiles(dir).key)
	}
	s.cert = cloud.cert
	if s.nodeCA, err = nodeCAFiles(dir).open(); err != nil {
		return fmt.Errorf("certificate authority of the nodes: %w", err)
	}
	if s.server, err = serverFiles(dir, hosts).open(); err != nil {
		return fmt.Errorf("TLS certificate: %w", err)
	}
	return nil
}

func cloudFiles(dir string) pairFiles {
	t := certificateFor("emikit cloud", x509.KeyUsageKeyEncipherment|x509.KeyUsageDigitalSignature)
	return pairFiles{
		key:     filepath.Join(dir, "cloud-pk.pem"),
		cert:    filepath.Join(dir, "cloud-cert.pem"),
		newKey:  newRSA,
		certify: func(key crypto.Signer) (*x509.Certificate, error) { return selfSign(t, key) },
	}
}

func nodeCAFiles(dir string) pairFiles {
	t := certificateFor("emikit node authority", x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	t.IsCA, t.MaxPathLenZero = true, true
	return pairFiles{
		key:     filepath.Join(dir, "node-ca-pk.pem"),
		cert:    filepath.Join(dir, "node-ca-cert.pem"),
		newKey:  newECDSA,
		certify: func(key crypto.Signer) (*x509.Certificate, error) { return selfSign(t, key) },
	}
}

// serverFiles describes the TLS pair. The certificate is signed by its own key
// and not by an authority: clients trust exactly this one, and a stolen key
// cannot vouch for any other name.
func serverFiles(dir string, hosts []string) pairFiles {
	t := certificateFor("emikit front end", x509.KeyUsageDigitalSignature)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	addHosts(t, hosts)
	return pairFiles{
		key:     filepath.Join(dir, "server-pk.pem"),
		cert:    filepath.Join(dir, "server-cert.pem"),
		newKey:  newECDSA,
		certify: func(key crypto.Signer) (*x509.Certificate, error) { return selfSign(t, key) },
		current: func(c *x509.Certificate) bool { return time.Until(c.NotAfter) > renewal && covers(c, t) },
	}
}

// addHosts adds the names and addresses under which a front end is reached.
func addHosts(t *x509.Certificate, hosts []string) {
	all := append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	if name, err := os.Hostname(); err == nil {
		all = append(all, name)
	}
	slices.Sort(all)
	for _, host := range slices.Compact(all) {
		ip, err := netip.ParseAddr(host)
		switch {
		case err != nil && isName(host):
			t.DNSNames = append(t.DNSNames, host)
		case err == nil && !ip.IsUnspecified():
			t.IPAddresses = append(t.IPAddresses, ip.AsSlice())
		}
	}
}

// isName reports whether a certificate can hold the name of a host.
func isName(host string) bool {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f }
	return host != "" && !strings.ContainsFunc(host, odd)
}

// covers reports whether a certificate is valid for every host of the template.
func covers(c, t *x509.Certificate) bool {
	for _, name := range t.DNSNames {
		if !slices.Contains(c.DNSNames, name) {
			return false
		}
	}
	for _, ip := range t.IPAddresses {
		if !slices.ContainsFunc(c.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}

func newRSA() (crypto.Signer, error)   { return rsa.GenerateKey(rand.Reader, rsaBits) }
func newECDSA() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// certificateFor begins a certificate of that common name.
func certificateFor(name string, usage x509.KeyUsage) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(validity),
		KeyUsage:              usage,
		BasicConstraintsValid: true,
	}
}

func selfSign(t *x509.Certificate, key crypto.Signer) (*x509.Certificate, error) {
	return certify(t, key.Public(), pair{key, t})
}

// certify makes the certificate t for a public key; the serial number is random.
func certify(t *x509.Certificate, public crypto.PublicKey, issuer pair) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, issuer.cert, public, issuer.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
