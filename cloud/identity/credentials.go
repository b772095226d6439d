package identity

import (
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math"
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
// key and certificate, unless the cloud does not accept it any more; what
// changed, such as an endpoint, is written anew. Of several pairs and access keys
// eucarc has the newest. The folder is readable to its owner only.
func (s *Service) WriteCredentials(ctx context.Context, account, dir string, at Endpoints) error {
	return s.credentials(ctx, account, dir, at, s.pairOrNew)
}

// RenewCredentials is WriteCredentials with a new key and certificate, which the
// cloud accepts from now on beside the earlier ones.
func (s *Service) RenewCredentials(ctx context.Context, account, dir string, at Endpoints) error {
	return s.credentials(ctx, account, dir, at, s.makeUserPair)
}

// RefreshCredentials brings a folder that WriteCredentials made up to date. It
// makes no keys: a folder that is not there, or whose keys are gone or revoked,
// is left as it is. Whoever gave the folder to its user may have taken it away.
func (s *Service) RefreshCredentials(ctx context.Context, account, dir string, at Endpoints) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := s.credentials(ctx, account, dir, at, s.userPair)
	if errors.Is(err, errNoPair) || errors.Is(err, ErrUnknownKey) {
		return nil
	}
	return err
}

// credentials writes the folder, with the pair that choose finds or makes.
func (s *Service) credentials(ctx context.Context, account, dir string, at Endpoints, choose choosePair) error {
	if err := s.writeCredentials(ctx, account, dir, at, choose); err != nil {
		return fmt.Errorf("credentials %s: %w", dir, err)
	}
	return nil
}

func (s *Service) writeCredentials(ctx context.Context, account, dir string, at Endpoints, choose choosePair) error {
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
	base, err := choose(ctx, owner, dir)
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
	return updateFile(filepath.Join(dir, eucarcName), text)
}

// RemoveCredentials removes from dir what WriteCredentials makes there, and dir
// when nothing else is in it.
func RemoveCredentials(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	left := 0
	for _, e := range entries {
		name := e.Name()
		made := strings.HasPrefix(name, "euca2-") && (strings.HasSuffix(name, keySuffix) || strings.HasSuffix(name, certSuffix))
		if made || name == cloudCertName || name == eucarcName {
			err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
		} else {
			left++
		}
	}
	if err == nil && left == 0 {
		err = os.Remove(dir)
	}
	if err != nil {
		return fmt.Errorf("remove credentials: %w", err)
	}
	return nil
}

// The files of credentials: the endings of a user's key and certificate, and the
// other two.
const (
	keySuffix     = "-pk.pem"
	certSuffix    = "-cert.pem"
	cloudCertName = "cloud-cert.pem"
	eucarcName    = "eucarc"
)

// choosePair tells the base name of the key and certificate in dir that an
// account is to use.
type choosePair = func(ctx context.Context, owner Account, dir string) (base string, err error)

// errNoPair: there is no key with a certificate that the cloud accepts.
var errNoPair = errors.New("no key and certificate that the cloud accepts")

// userPair finds in dir the newest key and certificate of the account that the
// cloud accepts, or errNoPair.
func (s *Service) userPair(ctx context.Context, owner Account, dir string) (base string, err error) {
	there, err := pairsIn(dir, owner.Name)
	if err != nil {
		return "", err
	}
	accepted, err := s.activeFingerprints(ctx, owner.ID)
	if err != nil {
		return "", err
	}
	for _, print := range accepted {
		if base, ok := there[print]; ok {
			return base, nil
		}
	}
	return "", errNoPair
}

func (s *Service) pairOrNew(ctx context.Context, owner Account, dir string) (base string, err error) {
	base, err = s.userPair(ctx, owner, dir)
	if errors.Is(err, errNoPair) {
		return s.makeUserPair(ctx, owner, dir)
	}
	return base, err
}

// pairsIn finds the base names of a user's keys and certificates in dir, by the
// fingerprint of the certificate. An unusable pair is passed over, as one that is
// not there.
func pairsIn(dir, user string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range entries {
		base, isKey := strings.CutSuffix(e.Name(), keySuffix)
		if !isKey || !strings.HasPrefix(base, "euca2-"+user+"-") {
			continue
		}
		key, keyErr := loadKey(filepath.Join(dir, base+keySuffix))
		cert, certErr := loadCertificate(filepath.Join(dir, base+certSuffix))
		if keyErr == nil && certErr == nil && belongTogether(key, cert) {
			found[fingerprint(cert)] = base
		}
	}
	return found, nil
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
	if _, err := s.insertCertificate(ctx, owner.ID, cert, math.MaxInt); err != nil {
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
