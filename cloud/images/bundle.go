package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"emikit/bundle"
	"emikit/cloud/caller"
	"emikit/manifest"
)

// statJobs is how many parts are looked up at once.
const statJobs = 8

// storedBundle is a bundle in the object store, as it was found at one time.
type storedBundle struct {
	location location
	document []byte // the manifest's exact bytes
	hash     string // SHA-256 of document, hex
	manifest *manifest.Manifest
	parts    []Object // in the manifest's order
	// unverified is set when nobody whose word counts has signed the manifest.
	unverified bool
}

// key names the bundle for the check.
func (b *storedBundle) key() checkKey {
	return checkKey{manifest: b.hash, parts: hashParts(b.parts)}
}

func hashDocument(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:])
}

func hashParts(parts []Object) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%s\n", p.Version)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// findBundle reads the manifest at a location, verifies its signature and looks
// up the parts: that they are there and add up to the size that it gives.
func (s *Service) findBundle(ctx context.Context, who caller.Caller, loc location) (*storedBundle, error) {
	document, err := s.readManifest(ctx, loc)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Parse(document)
	if errors.Is(err, manifest.ErrEncrypted) {
		return nil, refuse(ErrManifest, "%s is encrypted, as before version 3, and only your private key opens it; "+
			"write it anew with 'emikit migrate-manifest', and upload and register that.", loc)
	}
	if err != nil {
		return nil, refuse(ErrManifest, "%s: %v", loc, err)
	}
	unverified, err := s.admitSignature(ctx, who, loc, m)
	if err != nil {
		return nil, err
	}
	if err := s.checkManifest(m, loc); err != nil {
		return nil, err
	}
	b := &storedBundle{location: loc, document: document, hash: hashDocument(document), manifest: m, unverified: unverified}
	b.parts, err = s.statParts(ctx, loc, m)
	return b, err
}

func (s *Service) readManifest(ctx context.Context, loc location) ([]byte, error) {
	_, r, err := s.config.Objects.Open(ctx, loc.bucket, loc.key)
	switch {
	case errors.Is(err, ErrNoBucket), errors.Is(err, ErrNoObject):
		return nil, refuse(ErrManifest, "there is no manifest %s.", loc)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", loc, err)
	}
	defer r.Close()
	document, err := io.ReadAll(io.LimitReader(r, manifest.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", loc, err)
	}
	if len(document) > manifest.MaxSize {
		return nil, refuse(ErrManifest, "%s is larger than the %d bytes that a manifest may have.", loc, manifest.MaxSize)
	}
	return document, nil
}

// checkManifest refuses what can be seen from the manifest alone.
func (s *Service) checkManifest(m *manifest.Manifest, loc location) error {
	modulus := s.config.Trust.EnvelopeKey().Size()
	switch {
	case len(m.Parts) == 0:
		return refuse(ErrManifest, "%s lists no parts.", loc)
	case m.Size == 0:
		return refuse(ErrManifest, "the image is empty: %s says that it has 0 bytes.", loc)
	case m.Size > s.config.MaxSize:
		return refuse(ErrManifest, "the image has %d bytes; this cloud takes images of up to %d.", m.Size, s.config.MaxSize)
	case len(m.CloudKey) == 0 || len(m.CloudIV) == 0:
		return refuse(ErrManifest, "%s holds no key for the cloud (ec2_encrypted_key); bundle again with the cloud's certificate.", loc)
	case len(m.CloudKey) != modulus || len(m.CloudIV) != modulus:
		return refuse(ErrManifest, "%s was not bundled for this cloud's certificate: its ec2_encrypted_key has %d bytes, not %d.",
			loc, len(m.CloudKey), modulus)
	}
	return nil
}

// statParts looks up the parts of a manifest, several at a time.
func (s *Service) statParts(ctx context.Context, loc location, m *manifest.Manifest) ([]Object, error) {
	parts := make([]Object, len(m.Parts))
	missing := make([]bool, len(m.Parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(statJobs)
	for i, p := range m.Parts {
		g.Go(func() error {
			obj, err := s.config.Objects.Stat(ctx, loc.bucket, loc.partKey(p.Name))
			if isMissing(err) {
				missing[i] = true
				return nil
			}
			parts[i] = obj
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("look up the parts of %s: %w", loc, err)
	}
	return parts, checkParts(m, parts, missing)
}

func checkParts(m *manifest.Manifest, parts []Object, missing []bool) error {
	var total int64
	absent, firstAbsent := 0, ""
	for i, p := range parts {
		total += p.Size
		if missing[i] {
			absent++
			firstAbsent = first(firstAbsent, m.Parts[i].Name)
		}
	}
	switch {
	case absent > 0:
		return refuse(ErrBundle, "part %s is missing; %s; upload the bundle again.", firstAbsent, others(absent-1, len(parts)))
	case total != m.BundledSize:
		return refuse(ErrBundle, "the parts have %d bytes together, but the manifest says %d; upload the bundle again.",
			total, m.BundledSize)
	}
	return nil
}

// others says how it stands with the parts beside one that is missing.
func others(missing, count int) string {
	if missing == 0 {
		return fmt.Sprintf("the other %d of %d parts are there", count-1, count)
	}
	return fmt.Sprintf("%d of %d parts are missing in all", missing+1, count)
}

func isMissing(err error) bool {
	return errors.Is(err, ErrNoObject) || errors.Is(err, ErrNoBucket)
}

// partSource reads the parts of a bundle as they were looked up. It is a
// bundle.Source.
type partSource struct {
	objects  Objects
	location location
	versions map[string]string // object version by part name
}

func (s *Service) source(b *storedBundle) *partSource {
	versions := make(map[string]string, len(b.parts))
	for i, p := range b.manifest.Parts {
		versions[p.Name] = b.parts[i].Version
	}
	return &partSource{objects: s.config.Objects, location: b.location, versions: versions}
}

// Open opens a part, provided that it is still the object that was looked up.
func (p *partSource) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	obj, r, err := p.objects.Open(ctx, p.location.bucket, p.location.partKey(part.Name))
	switch {
	case isMissing(err):
		return nil, &sourceError{errors.Join(errPartGone, fs.ErrNotExist)}
	case err != nil:
		return nil, &sourceError{err}
	case obj.Version != p.versions[part.Name]:
		return nil, &sourceError{errors.Join(errPartReplaced, r.Close())}
	}
	return sourceReader{r}, nil
}

var (
	errPartGone     = errors.New("part was deleted")
	errPartReplaced = errors.New("part was replaced")
)

// sourceError marks what went wrong in the object store, and so neither in the
// bundle nor with the key.
type sourceError struct{ error }

func (e *sourceError) Unwrap() error { return e.error }

// sourceReader marks the errors of reading a part.
type sourceReader struct{ io.ReadCloser }

func (r sourceReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = &sourceError{err}
	}
	return n, err
}

var _ bundle.Source = (*partSource)(nil)
