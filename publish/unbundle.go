package publish

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"emikit/bundle"
	"emikit/manifest"
)

// UnbundleRequest says which bundle to turn back into an image. Paths are the
// user's own.
type UnbundleRequest struct {
	// Manifest is the manifest's path.
	Manifest string
	// PrivateKey is the PEM file of the user's or the cloud's private key.
	PrivateKey string
	// Certificate, if not "", is the PEM file of the certificate that the
	// manifest's signature must verify against.
	Certificate string
	// Source is the directory of the parts; "" means the manifest's own.
	Source string
	// Destination is the directory for the image; "" means the current one. The
	// image's file name comes from the manifest.
	Destination string
}

// UnbundleResult says what Unbundle made.
type UnbundleResult struct {
	ImagePath string
	Manifest  *manifest.Manifest
}

// Unbundle turns a bundle in a directory back into its image. The image appears
// under its name only when all of it has been checked.
func Unbundle(ctx context.Context, r UnbundleRequest) (UnbundleResult, error) {
	private, err := manifest.LoadPrivateKey(r.PrivateKey)
	if err != nil {
		return UnbundleResult{}, err
	}
	m, err := readManifest(r.Manifest)
	if err != nil {
		return UnbundleResult{}, err
	}
	if err := verifySignature(m, r.Manifest, r.Certificate); err != nil {
		return UnbundleResult{}, err
	}
	key, err := m.OpenKey(private)
	if err != nil {
		return UnbundleResult{}, fmt.Errorf("%s: %w", r.PrivateKey, err)
	}
	source := r.Source
	if source == "" {
		source = filepath.Dir(r.Manifest)
	}
	path := filepath.Join(r.Destination, m.Name) // a plain file name, or Parse had refused it
	if err := bundle.UnbundleFile(ctx, m, key, bundle.OpenDir(source), path); err != nil {
		return UnbundleResult{}, err
	}
	return UnbundleResult{ImagePath: path, Manifest: m}, nil
}

// readManifest reads no more of a file than a manifest may have.
func readManifest(path string) (*manifest.Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	document, err := io.ReadAll(io.LimitReader(f, manifest.MaxSize+1))
	if err != nil {
		return nil, err
	}
	m, err := manifest.Parse(document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// verifySignature does so if there is a certificate to do it with.
func verifySignature(m *manifest.Manifest, path, certificate string) error {
	if certificate == "" {
		return nil
	}
	cert, err := manifest.LoadCertificate(certificate)
	if err != nil {
		return err
	}
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("%s: %w: not RSA", certificate, manifest.ErrKeyType)
	}
	if err := m.VerifySignature(public); err != nil {
		return fmt.Errorf("%s, %s: %w", path, certificate, err)
	}
	return nil
}
