package images

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"emikit/manifest"
	"emikit/node"
)

// Artifact is what a node needs to fetch and recover an image: where each part
// can be read without credentials, and the bundling key and IV sealed to the
// node's certificate. It is a secret between the cloud and that node.
func (s *Service) Artifact(ctx context.Context, id string, to *x509.Certificate) (node.Artifact, error) {
	pub, ok := to.PublicKey.(*rsa.PublicKey)
	if !ok {
		return node.Artifact{}, fmt.Errorf("certificate of the node: no RSA key")
	}
	r, err := s.load(ctx, id)
	if err != nil {
		return node.Artifact{}, err
	}
	if err := r.available(); err != nil {
		return node.Artifact{}, err
	}
	b, err := r.bundle()
	if err != nil {
		return node.Artifact{}, err
	}
	m := b.manifest
	a := node.Artifact{
		ImageID: r.ID, Location: r.Location, Name: m.Name, Digest: m.Digest,
		Size: m.Size, BundledSize: m.BundledSize, CacheKey: r.key.manifest,
	}
	if a.Parts, err = s.partURLs(ctx, b); err != nil {
		return node.Artifact{}, fmt.Errorf("parts of %s: %w", r.ID, err)
	}
	if a.Key, a.IV, err = s.reseal(m, pub); err != nil {
		return node.Artifact{}, fmt.Errorf("key of %s: %w", r.ID, err)
	}
	return a, nil
}

func (s *Service) partURLs(ctx context.Context, b *storedBundle) ([]node.PartURL, error) {
	urls := make([]node.PartURL, len(b.parts))
	for i, p := range b.manifest.Parts {
		url, err := s.config.Presign(ctx, b.location.bucket, b.location.partKey(p.Name), s.config.URLLife)
		if err != nil {
			return nil, err
		}
		urls[i] = node.PartURL{Name: p.Name, URL: url, Size: b.parts[i].Size, Digest: p.Digest}
	}
	return urls, nil
}

// reseal opens the cloud's envelopes and seals the same key and IV to another
// RSA key.
func (s *Service) reseal(m *manifest.Manifest, to *rsa.PublicKey) (key, iv []byte, err error) {
	secret := m.OpenCloudKey(s.config.Trust.EnvelopeKey())
	if key, err = manifest.Seal(secret.Key, to); err != nil {
		return nil, nil, err
	}
	iv, err = manifest.Seal(secret.IV, to)
	return key, iv, err
}
