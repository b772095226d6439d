package publish

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"emikit/manifest"
	"emikit/upload"
)

// CopyRequest says which bundle in an object store to copy, and where to.
type CopyRequest struct {
	// Source is the store that the bundle is in, From where in it, and ManifestName the
	// name of its manifest there.
	Source       *upload.Store
	From         upload.Location
	ManifestName string
	// Store is the one that it goes to; the number of its jobs is that of the parts
	// that are copied at once.
	Store *upload.Store
	// To, ACL, BucketLocation and DefaultLocation are those of upload.CopyRequest.
	To                              upload.Location
	ACL                             string
	BucketLocation, DefaultLocation string
	// Migration, if not nil, is how the manifest is written anew for the copy; its
	// Manifest and To are of no account. nil copies the manifest as it is.
	Migration *MigrateRequest
	// Owner, if not nil, is who has the copy, if the manifest is written anew. nil is
	// the user who has the bundle.
	Owner *Owner
	// FindKey finds the user's private key if a manifest is encrypted that is copied as
	// it is; nil: such a manifest is an error.
	FindKey manifest.KeyFinder
	// Events, if not nil, is told of each step, from one goroutine at a time.
	Events func(upload.Event)
}

// Owner is a user as another cloud knows him: who signs a copy there, and can open it.
type Owner struct {
	// Certificate and PrivateKey are PEM files.
	Certificate, PrivateKey string
	// User is the account; "" keeps the one in the manifest.
	User string
}

// CopyResult says what CopyBundle made.
type CopyResult struct {
	// ManifestPath is where the manifest of the copy is, as BUCKET/PREFIX/NAME.manifest.xml,
	// and Manifest what it says.
	ManifestPath string
	Manifest     *manifest.Manifest
	// ByStore is the number of parts that the store has copied itself.
	ByStore int
}

// CopyBundle copies a bundle within an object store or from one to another, with
// nothing on disk. The parts stay what they are; the manifest may be written anew, for
// another cloud. Keys, manifest and parts are looked at before anything is changed, and
// when it fails there is no bundle of that name where it was to go; see
// upload.Store.CopyBundle.
func CopyBundle(ctx context.Context, r CopyRequest) (CopyResult, error) {
	keys, err := await(ctx, r.loadKeys)
	if err != nil {
		return CopyResult{}, err
	}
	find := r.FindKey
	if r.Migration != nil {
		find = func() (*rsa.PrivateKey, error) { return keys.private, nil }
	}
	m, document, err := r.Source.ManifestDocument(ctx, r.From, r.ManifestName, find, r.Events)
	if err != nil {
		return CopyResult{}, err
	}
	if r.Migration != nil {
		if document, err = r.migrate(ctx, m, keys); err != nil {
			return CopyResult{}, err
		}
	}
	copied, err := r.Store.CopyBundle(ctx, upload.CopyRequest{
		Source: r.Source, From: r.From, Name: r.ManifestName, Document: document, Manifest: m,
		To: r.To, ACL: r.ACL, BucketLocation: r.BucketLocation, DefaultLocation: r.DefaultLocation, Progress: r.Events,
	})
	return CopyResult{ManifestPath: copied.Path, Manifest: m, ByStore: copied.ByStore}, err
}

// copyKeys are those of the bundle, and of who has the copy: nil for the same user.
type copyKeys struct {
	migrationKeys
	ownCertificate *x509.Certificate
	ownPrivate     *rsa.PrivateKey
}

// loadKeys loads the keys that are needed.
func (r CopyRequest) loadKeys() (k copyKeys, err error) {
	if r.Migration == nil {
		return k, nil
	}
	if k.migrationKeys, err = r.Migration.loadKeys(); err != nil || r.Owner == nil {
		return k, err
	}
	if k.ownCertificate, err = manifest.LoadCertificate(r.Owner.Certificate); err != nil {
		return k, err
	}
	if k.ownPrivate, err = manifest.LoadPrivateKey(r.Owner.PrivateKey); err != nil {
		return k, err
	}
	if err := manifest.CheckPair(k.ownPrivate, k.ownCertificate); err != nil {
		return k, fmt.Errorf("%s, %s: %w", r.Owner.PrivateKey, r.Owner.Certificate, err)
	}
	return k, nil
}

// migrate makes of m what the copy's manifest shall say, and returns its bytes.
func (r CopyRequest) migrate(ctx context.Context, m *manifest.Manifest, keys copyKeys) ([]byte, error) {
	if err := r.Migration.verify(m, keys.migrationKeys, r.From.Path(r.ManifestName)); err != nil {
		return nil, err
	}
	if err := r.Migration.change(ctx, m, keys.migrationKeys); err != nil {
		return nil, err
	}
	signer := keys.private
	if r.Owner != nil {
		if err := r.handOver(m, keys); err != nil {
			return nil, err
		}
		signer = keys.ownPrivate
	}
	document, err := manifest.Sign(m, signer)
	m.Version = manifest.Version
	return document, err
}

// handOver seals the bundling key for the owner of the copy.
func (r CopyRequest) handOver(m *manifest.Manifest, keys copyKeys) error {
	secret, err := m.OpenKey(keys.private)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Migration.PrivateKey, err)
	}
	public, err := publicKey(keys.ownCertificate)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", r.Owner.Certificate, err)
	}
	if m.UserKey, err = manifest.Seal(secret.Key, public); err != nil {
		return err
	}
	m.UserIV, err = manifest.Seal(secret.IV, public)
	m.User = cmp.Or(r.Owner.User, m.User)
	return err
}
