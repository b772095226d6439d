package images

import (
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"emikit/cloud/caller"
	"emikit/manifest"
)

// Signatures is a cloud's policy for the signatures of manifests.
type Signatures string

const (
	// SignaturesKnown takes a manifest only if a certificate vouches for it that
	// is the account's own, the cloud's or, for an administrator, any account's.
	SignaturesKnown Signatures = "known"
	// SignaturesAny takes every manifest, also unsigned ones, and marks the image
	// of one that no such certificate vouches for.
	SignaturesAny Signatures = "any"
)

func (s Signatures) valid() bool { return s == SignaturesKnown || s == SignaturesAny }

// maxFingerprints bounds how many certificates an error lists.
const maxFingerprints = 8

// admitSignature applies the cloud's policy. It reports whether a manifest is
// taken that verifySignature would refuse.
func (s *Service) admitSignature(ctx context.Context, who caller.Caller, loc location, m *manifest.Manifest) (unverified bool, err error) {
	err = s.verifySignature(ctx, who, m)
	if s.config.Signatures != SignaturesAny || !errors.Is(err, ErrSignature) {
		return false, err
	}
	s.config.Log.Warn("nobody vouches for the manifest", "location", loc.String(), "account", who.Account, "cause", err)
	return true, nil
}

// verifySignature accepts a manifest that was signed with an active
// certificate of the caller's account, for an administrator of any account,
// or with the cloud's own: the rule by which Walrus unbundled. Registration
// of Eucalyptus left it to that later time, or out.
func (s *Service) verifySignature(ctx context.Context, who caller.Caller, m *manifest.Manifest) error {
	if len(m.Signature) == 0 {
		return refuse(ErrSignature, "the manifest is not signed; bundle the image again with your private key.")
	}
	certs, err := s.config.Trust.Certificates(ctx, who.Account)
	if err != nil {
		return err
	}
	for _, c := range append(certs, s.config.Trust.CloudCertificate()) {
		signed, err := signedWith(m, c)
		if signed || err != nil {
			return err
		}
	}
	return refuse(ErrSignature, "the manifest was changed after it was signed, or was signed with another key: "+
		"the signature fits neither %s nor the cloud's certificate; bundle again with the key of an active certificate.",
		certificateList(who, certs))
}

func signedWith(m *manifest.Manifest, c *x509.Certificate) (bool, error) {
	pub, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return false, nil
	}
	err := m.VerifySignature(pub)
	if errors.Is(err, manifest.ErrBadSignature) {
		return false, nil
	}
	return err == nil, err
}

// certificateList names the certificates that were tried, by their SHA-1
// fingerprints.
func certificateList(who caller.Caller, certs []*x509.Certificate) string {
	of := "account " + first(who.Name, who.Account)
	if who.Admin {
		of = "any account"
	}
	var prints []string
	for i, c := range certs {
		if i == maxFingerprints {
			prints = append(prints, fmt.Sprintf("and %d more", len(certs)-i))
			break
		}
		sum := sha1.Sum(c.Raw)
		prints = append(prints, "certificate SHA-1 "+hex.EncodeToString(sum[:]))
	}
	if len(prints) == 0 {
		return "a certificate of " + of + " (it has none)"
	}
	return "a certificate of " + of + " (" + strings.Join(prints, ", ") + ")"
}
