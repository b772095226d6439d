package publish

import (
	"context"
	"crypto/rsa"

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
	// FindKey finds the user's private key if a manifest is encrypted that is copied as
	// it is; nil: such a manifest is an error.
	FindKey manifest.KeyFinder
	// Events, if not nil, is told of each step, from one goroutine at a time.
	Events func(upload.Event)
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
	var keys migrationKeys
	find := r.FindKey
	if r.Migration != nil {
		var err error
		if keys, err = await(ctx, r.Migration.loadKeys); err != nil {
			return CopyResult{}, err
		}
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

// migrate makes of m what the copy's manifest shall say, and returns its bytes.
func (r CopyRequest) migrate(ctx context.Context, m *manifest.Manifest, keys migrationKeys) ([]byte, error) {
	if err := r.Migration.verify(m, keys, r.From.Path(r.ManifestName)); err != nil {
		return nil, err
	}
	if err := r.Migration.change(ctx, m, keys); err != nil {
		return nil, err
	}
	document, err := manifest.Sign(m, keys.private)
	m.Version = manifest.Version
	return document, err
}
