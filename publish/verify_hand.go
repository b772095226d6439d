package publish

import (
	"cmp"
	"crypto/rsa"
	"errors"
	"fmt"

	"emikit/manifest"
)

// atHand is what there is to check a bundle with.
type atHand struct {
	private *rsa.PrivateKey // nil: none
	public  *rsa.PublicKey  // of the certificate; nil: none
}

// load loads key and certificate.
func (r VerifyRequest) load() (h atHand, err error) {
	if r.PrivateKey != "" {
		if h.private, err = manifest.LoadPrivateKey(r.PrivateKey); err != nil {
			return atHand{}, err
		}
	}
	path := r.certificate()
	if path == "" {
		return h, nil
	}
	cert, err := manifest.LoadCertificate(path)
	if err != nil {
		return atHand{}, err
	}
	if h.public, err = publicKey(cert); err != nil {
		return atHand{}, fmt.Errorf("certificate %s: %w", path, err)
	}
	return h, nil
}

// certificate is the path of the one that counts.
func (r VerifyRequest) certificate() string { return cmp.Or(r.Certificate, r.OwnCertificate) }

// findKey opens encrypted manifests, if there is a key.
func (h atHand) findKey() manifest.KeyFinder {
	if h.private == nil {
		return nil
	}
	return func() (*rsa.PrivateKey, error) { return h.private, nil }
}

// checkSignature asks who made the bundle. A signature of the private key at hand
// counts as well, unless a certificate was given.
func (v *verification) checkSignature() {
	ofCertificate, ofKey := v.signedBy(v.hand.public), error(manifest.ErrBadSignature)
	if v.hand.private != nil && v.Certificate == "" {
		ofKey = v.signedBy(&v.hand.private.PublicKey)
	}
	bound := v.hand.public != nil && !v.AnySignature
	switch {
	case ofCertificate == nil:
		v.report.pass(CheckSignature, "of the key of %s", v.certificate())
	case ofKey == nil:
		v.report.pass(CheckSignature, "of %s", v.PrivateKey)
	case errors.Is(ofCertificate, manifest.ErrUnsigned) && bound:
		v.report.fail(CheckSignature, fmt.Errorf("%w: nothing shows who made the bundle", manifest.ErrUnsigned))
	case errors.Is(ofCertificate, manifest.ErrUnsigned):
		v.report.skip(CheckSignature, "%v: nothing shows who made the bundle", manifest.ErrUnsigned)
	case bound:
		v.report.fail(CheckSignature, fmt.Errorf("%w with the key of %s: it is somebody else's, or the manifest was changed",
			manifest.ErrBadSignature, v.certificate()))
	default:
		v.report.skip(CheckSignature, "signed with a key that is not at hand")
	}
}

// signedBy is nil if the manifest's signature is of that key.
func (v *verification) signedBy(key *rsa.PublicKey) error {
	if key == nil && len(v.m.Signature) > 0 {
		return manifest.ErrBadSignature
	}
	return v.m.VerifySignature(key)
}

// checkEnvelope opens the bundling key with the one at hand.
func (v *verification) checkEnvelope() {
	if v.hand.private == nil {
		v.report.skip(CheckEnvelope, "no private key is at hand")
		return
	}
	key, err := v.m.OpenKey(v.hand.private)
	if err != nil {
		v.report.fail(CheckEnvelope, fmt.Errorf("%s: %w", v.PrivateKey, err))
		return
	}
	v.key = &key
	users := *v.m
	users.CloudKey, users.CloudIV = nil, nil
	whose := "user"
	if _, err := users.OpenKey(v.hand.private); err != nil {
		whose = "cloud"
	}
	v.report.pass(CheckEnvelope, "the %s's, which %s opens", whose, v.PrivateKey)
}
