package upload

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

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
	// FirstPart is the index of the first part to send. Those before must be in the
	// bucket already, unless the manifest is left out.
	FirstPart int
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
func (s *Store) UploadBundle(ctx context.Context, r UploadRequest) (string, error) {
	teller := &teller{fn: r.Progress}
	b, err := s.openBundle(ctx, r, teller)
	if err != nil {
		return "", err
	}
	u := &uploader{store: s, to: r.To, acl: r.ACL, teller: teller}
	if len(b.skipped) > 0 && !r.SkipManifest {
		if err := u.checkSkipped(ctx, b); err != nil {
			return "", err
		}
	}
	location := cmp.Or(r.BucketLocation, r.DefaultLocation)
	created, err := s.ensureBucket(ctx, r.To.Bucket, location, r.BucketLocation, teller)
	if err != nil {
		return "", err
	}
	name := filepath.Base(r.Manifest)
	var old earlier
	if !created {
		if old, err = u.retire(ctx, b.manifest, name); err != nil {
			return "", err
		}
	}
	if err := u.sendParts(ctx, b); err != nil {
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
	sums     []sums // of parts
}

func (s *Store) openBundle(ctx context.Context, r UploadRequest, t *teller) (*localBundle, error) {
	b := &localBundle{dir: cmp.Or(r.Dir, filepath.Dir(r.Manifest))}
	var err error
	if b.manifest, b.document, err = readManifest(r.Manifest, r.PrivateKey); err != nil {
		return nil, err
	}
	s.log.DebugContext(ctx, "manifest read", "file", r.Manifest, "size", len(b.document), "parts", len(b.manifest.Parts),
		"bundled", b.manifest.BundledSize)
	if b.skipped, b.parts, err = partsFrom(b.manifest.Parts, r.FirstPart); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", r.Manifest, err)
	}
	t.tell(Event{Kind: Checking, Name: b.manifest.Name, Size: b.manifest.BundledSize})
	if b.sums, err = s.checkParts(ctx, b.dir, b.parts, t); err != nil {
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

// size is the length of the parts that are sent.
func (b *localBundle) size() (total int64) {
	for _, sums := range b.sums {
		total += sums.size
	}
	return total
}

// uploader sends the objects of one bundle.
type uploader struct {
	store  *Store
	to     Location
	acl    string
	noACL  atomic.Bool // the bucket refuses ACLs
	teller *teller
}

func (u *uploader) sendParts(ctx context.Context, b *localBundle) error {
	u.teller.tell(Event{Kind: Begin, Name: u.to.Bucket, Size: b.size()})
	for _, part := range b.skipped {
		u.teller.tell(Event{Kind: PartSkipped, Name: part.Name})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(u.store.jobs)
	for i, part := range b.parts {
		g.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err // a part failed while this one waited
			}
			f, err := openPart(b.dir, part)
			if err != nil {
				return err
			}
			defer f.Close()
			return u.sendPart(ctx, part, f, b.sums[i])
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: PartsDone, Name: u.to.Bucket})
	return nil
}

func (u *uploader) sendPart(ctx context.Context, part manifest.Part, body io.ReadSeeker, sums sums) error {
	u.teller.tell(Event{Kind: PartBegin, Name: part.Name, Size: sums.size})
	if err := u.send(ctx, part.Name, body, sums); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: PartDone, Name: part.Name, Size: sums.size})
	return nil
}

func (u *uploader) sendManifest(ctx context.Context, name string, document []byte) error {
	u.teller.tell(Event{Kind: ManifestBegin, Name: name, Size: int64(len(document))})
	body := bytes.NewReader(document)
	sums, err := u.store.sum(ctx, body)
	if err != nil {
		return err
	}
	if err := u.send(ctx, name, body, sums); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: ManifestDone, Name: name, Size: sums.size})
	return nil
}

// send stores an object, without its ACL in a bucket that takes none: there the
// owner reads what is in his bucket anyway.
func (u *uploader) send(ctx context.Context, name string, body io.ReadSeeker, sums sums) error {
	if u.acl == "" || u.noACL.Load() {
		_, err := u.store.put(ctx, u.to, name, body, sums, "", u.teller)
		return err
	}
	_, refusal := u.store.put(ctx, u.to, name, body, sums, u.acl, u.teller)
	if !mayBeACL(refusal) {
		return refusal
	}
	if _, err := u.store.put(ctx, u.to, name, body, sums, "", u.teller); err != nil {
		return err
	}
	if u.noACL.CompareAndSwap(false, true) {
		u.teller.tell(Event{Kind: ACLRefused, Name: name, Err: refusal})
	}
	return nil
}
