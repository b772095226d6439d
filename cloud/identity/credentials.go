package identity

import (
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Endpoints are the URLs at which the cloud is reached.
type Endpoints struct{ EC2, S3 string }

// WriteCredentials makes in dir what a user of the account needs, with the
// names that Eucalyptus gives these files: eucarc to source into a shell,
// cloud-cert.pem, and the user's key and certificate for signing bundles,
// euca2-NAME-XXXXXXXX-pk.pem and -cert.pem. A folder written before keeps its
// key and certificate; what changed, such as an endpoint, is written anew. The
// folder is readable to its owner only.
func (s *Service) WriteCredentials(ctx context.Context, account, dir string, at Endpoints) error {
	if err := s.writeCredentials(ctx, account, dir, at); err != nil {
		return fmt.Errorf("credentials %s: %w", dir, err)
	}
	return nil
}

func (s *Service) writeCredentials(ctx context.Context, account, dir string, at Endpoints) error {
	owner, err := s.Account(ctx, account)
	if err != nil {
		return err
	}
	key, err := s.accessKey(ctx, account)
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := makePrivateDir(dir); err != nil {
		return err
	}
	base, err := s.userPair(ctx, owner, dir)
	if err != nil {
		return err
	}
	if err := updateFile(filepath.Join(dir, cloudCertName), encodeCertificate(s.cert)); err != nil {
		return err
	}
	text, err := eucarc{Dir: dir, Account: owner.ID, Pair: base, Key: key, At: at}.text()
	if err != nil {
		return err
	}
	return updateFile(filepath.Join(dir, "eucarc"), text)
}

// The endings of the file names of a user's key and certificate.
const (
	keySuffix     = "-pk.pem"
	certSuffix    = "-cert.pem"
	cloudCertName = "cloud-cert.pem"
)

// userPair finds in dir the base name of a key and certificate of the account
// that the cloud accepts, or makes a pair.
func (s *Service) userPair(ctx context.Context, owner Account, dir string) (base string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		base, isKey := strings.CutSuffix(e.Name(), keySuffix)
		if !isKey || !strings.HasPrefix(base, "euca2-"+owner.Name+"-") {
			continue
		}
		if good, err := s.acceptsPair(ctx, owner, filepath.Join(dir, base)); err != nil || good {
			return base, err
		}
	}
	return s.makeUserPair(ctx, owner, dir)
}

func (s *Service) acceptsPair(ctx context.Context, owner Account, base string) (bool, error) {
	key, keyErr := loadKey(base + keySuffix)
	cert, certErr := loadCertificate(base + certSuffix)
	if keyErr != nil || certErr != nil || !belongTogether(key, cert) {
		return false, nil // an unusable pair is passed over, as one that is not there
	}
	return s.hasCertificate(ctx, owner.ID, cert)
}

func (s *Service) makeUserPair(ctx context.Context, owner Account, dir string) (base string, err error) {
	key, err := newRSA()
	if err != nil {
		return "", err
	}
	cert, err := certifyUser(owner, key)
	if err != nil {
		return "", err
	}
	text, err := encodeKey(key)
	if err != nil {
		return "", err
	}
	// The cloud learns of the certificate first: a pair that lies in the folder
	// but is unknown to the cloud is one that somebody withdrew.
	if err := s.addCertificate(ctx, owner.ID, cert); err != nil {
		return "", err
	}
	base = fmt.Sprintf("euca2-%s-%s", owner.Name, publicKeyID(cert))
	if err := replaceFile(filepath.Join(dir, base+keySuffix), text); err != nil {
		return "", err
	}
	return base, replaceFile(filepath.Join(dir, base+certSuffix), encodeCertificate(cert))
}

func certifyUser(owner Account, key crypto.Signer) (*x509.Certificate, error) {
	t := certificateFor(owner.Name, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment)
	t.Subject = pkix.Name{CommonName: owner.Name, Organization: []string{"emikit cloud"}, SerialNumber: owner.ID}
	return selfSign(t, key)
}

// publicKeyID is the part of a credential's file name that tells pairs apart:
// the first 8 hex digits of the SHA-1 of the public key's DER form.
func publicKeyID(cert *x509.Certificate) string {
	sum := sha1.Sum(cert.RawSubjectPublicKeyInfo)
	return fmt.Sprintf("%x", sum[:4])
}
