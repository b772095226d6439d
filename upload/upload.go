package upload

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"emikit/manifest"
)

// UploadRequest says which bundle goes where.
type UploadRequest struct {
	// Manifest is the path of the manifest, Dir the directory of the parts;
	// empty means the manifest's directory.
	Manifest, Dir string
	// PrivateKey finds the user's key if the manifest is encrypted. It is sent as it
	// is. nil: such a manifest is an error.
	PrivateKey manifest.KeyFinder
	To         Location
	// ACL is a canned ACL; empty means none.
	ACL string
	// BucketLocation is where the bucket must be, and is made if it does not
	// exist. Empty means that it may be anywhere, and is made in DefaultLocation.
	BucketLocation, DefaultLocation string
	// FirstPart is the index of the first part to send; FirstPartName is its name, which
	// counts if it is not empty. Those before must be in the bucket already, unless the
	// manifest is left out.
	FirstPart     int
	FirstPartName string
	// AnyFirstPart allows a FirstPart beyond all: none is sent then.
	AnyFirstPart bool
	// SkipManifest leaves the manifest out.
	SkipManifest bool
	// Progress is told of each step, from one goroutine at a time. nil is
	// allowed.
	Progress func(Event)
}

// UploadBundle sends the bundle of a manifest: it checks that every part is
// there and has its digest, makes the bucket if there is none, sends the parts,
// several at once, and then the manifest. An earlier bundle of that name loses its
// manifest before anything is sent. It returns where the manifest is, as
// BUCKET/PREFIX/NAME.manifest.xml. When it fails, the manifest was not sent.
//
// Parts that the bucket provably holds already are not sent again, and what it was
// sent is noted beside the manifest (package journal) until all of it is there. Of
// two runs at once on one machine that send the manifest to one place, the second is
// refused (lockfile.ErrLocked).
func (s *Store) UploadBundle(ctx context.Context, r UploadRequest) (path string, err error) {
	teller := &teller{fn: r.Progress}
	b, err := s.openBundle(ctx, r, teller)
	if err != nil {
		return "", err
	}
	u := &uploader{store: s, to: r.To, acl: r.ACL, teller: teller}
	if u.journal, err = s.openJournal(ctx, r, b.document); err != nil {
		return "", err
	}
	defer func() { u.leave(ctx, len(b.parts), err == nil) }()
	return u.upload(ctx, r, b)
}

// upload sends what is missing of a bundle that was checked.
func (u *uploader) upload(ctx context.Context, r UploadRequest, b *localBundle) (string, error) {
	if len(b.skipped) > 0 && !r.SkipManifest {
		if err := u.checkSkipped(ctx, b); err != nil {
			return "", err
		}
	}
	location := cmp.Or(r.BucketLocation, r.DefaultLocation)
	created, err := u.store.ensureBucket(ctx, r.To.Bucket, location, r.BucketLocation, u.teller)
	if err != nil {
		return "", err
	}
	name, old := filepath.Base(r.Manifest), earlier{listed: true}
	if changes := len(b.parts) > 0 || !r.SkipManifest; !created && changes {
		if old, err = u.retire(ctx, b.manifest, name); err != nil {
			return "", err
		}
	}
	if err := u.sendParts(ctx, b, old); err != nil {
		return "", err
	}
	if err := u.removeAll(ctx, old.stale); err != nil {
		return "", err
	}
	if !r.SkipManifest {
		if err := u.sendManifest(ctx, name, b.document); err != nil {
			return "", err
		}
	}
	return r.To.Path(name), nil
}

// localBundle is a bundle on disk that was compared with its manifest.
type localBundle struct {
	manifest *manifest.Manifest
	document []byte          // the manifest's bytes: they are what is signed and what is sent
	dir      string          // of the parts
	skipped  []manifest.Part // not to be sent, nor looked at
	parts    []manifest.Part
	checked  []checked // of parts
}

func (s *Store) openBundle(ctx context.Context, r UploadRequest, t *teller) (*localBundle, error) {
	b := &localBundle{dir: cmp.Or(r.Dir, filepath.Dir(r.Manifest))}
	var err error
	if b.manifest, b.document, err = readManifest(r.Manifest, r.PrivateKey); err != nil {
		return nil, err
	}
	s.log.DebugContext(ctx, "manifest read", "file", r.Manifest, "size", len(b.document), "parts", len(b.manifest.Parts),
		"bundled", b.manifest.BundledSize)
	if b.skipped, b.parts, err = r.partsFrom(b.manifest.Parts); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", r.Manifest, err)
	}
	t.tell(Event{Kind: Checking, Name: b.manifest.Name, Size: b.manifest.BundledSize})
	if b.checked, err = s.checkParts(ctx, b.dir, b.parts, t); err != nil {
		return nil, err
	}
	return b, b.checkSize()
}

// readManifest reads the manifest at path, and keeps its bytes.
func readManifest(path string, find manifest.KeyFinder) (*manifest.Manifest, []byte, error) {
	document, err := manifest.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	m, _, err := parseManifest(document, find)
	if err != nil {
		return nil, nil, fmt.Errorf("manifest %s: %w", path, err)
	}
	return m, document, nil
}

// checkSize compares the length of all parts with the manifest's.
func (b *localBundle) checkSize() error {
	if total := b.size(); len(b.skipped) == 0 && total != b.manifest.BundledSize {
		return fmt.Errorf("%s: %w: they hold %d bytes, the manifest says %d",
			b.manifest.Name, ErrBundledSize, total, b.manifest.BundledSize)
	}
	return nil
}

// size is the length of the parts that are not left out.
func (b *localBundle) size() (total int64) {
	for _, part := range b.checked {
		total += part.size
	}
	return total
}
