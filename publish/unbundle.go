package publish

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"emikit/bundle"
	"emikit/manifest"
)

// UnbundleRequest says which bundle to turn back into an image. Paths are the
// user's own.
type UnbundleRequest struct {
	// Manifest is the manifest's path. It may be encrypted, if PrivateKey is the user's.
	Manifest string
	// PrivateKey is the PEM file of the user's or the cloud's private key.
	PrivateKey string
	// Certificate, if not "", is the PEM file of the certificate that the
	// manifest's signature must verify against.
	Certificate string
	// OwnCertificate, if not "", is the PEM file of the certificate that the user
	// signs with. A manifest with a signature of somebody else is noted, not refused.
	OwnCertificate string
	// Source is the directory of the parts; "" means the manifest's own, or with Here
	// the current one if the first part is there: the old tools look nowhere else.
	Source string
	Here   bool
	// Destination is the directory for the image; "" means the current one. It is
	// made if missing, its parents are not. The image's file name comes from the
	// manifest.
	Destination string
	// KeepTime gives the image the time of the one that was bundled, if the bundle tells
	// it: those of ec2-ami-tools do.
	KeepTime bool
	// Progress, if not nil, is told how many bytes of the parts, of how many, have
	// been read. It is called from one goroutine at a time and must return quickly.
	Progress func(done, total int64)
	// Log receives debug lines about the files that are read and written; never a
	// key. nil means no log.
	Log *slog.Logger
}

// UnbundleResult says what Unbundle made.
type UnbundleResult struct {
	ImagePath string
	Manifest  *manifest.Manifest
	// Notes are whole lines that the user should see.
	Notes []string
}

// Unbundle turns a bundle in a directory back into its image. The image appears
// under its name only when all of it has been checked.
func Unbundle(ctx context.Context, r UnbundleRequest) (UnbundleResult, error) {
	opened, err := await(ctx, r.open)
	if err != nil {
		return UnbundleResult{}, err
	}
	remove, err := makeDir(r.Destination)
	if err != nil {
		return UnbundleResult{}, err
	}
	m, log := opened.manifest, logOr(r.Log)
	log.DebugContext(ctx, "manifest read", "file", r.Manifest, "parts", len(m.Parts), "size", m.Size, "bundled", m.BundledSize,
		"key", r.PrivateKey)
	path := filepath.Join(r.Destination, m.Name) // a plain file name, or Parse had refused it
	write := bundle.UnbundleFile
	if r.KeepTime {
		write = bundle.RestoreFile
	}
	if err := write(ctx, m, opened.key, r.parts(m), path, r.inputs(m)...); err != nil {
		remove()
		return UnbundleResult{}, err
	}
	log.DebugContext(ctx, "image written", "file", path, "size", m.Size, "digest", m.Digest)
	return UnbundleResult{ImagePath: path, Manifest: m, Notes: r.notes(m, r.Manifest)}, nil
}

// notes says what the user cannot rely on, unless it was verified as asked. path is
// the manifest's.
func (r UnbundleRequest) notes(m *manifest.Manifest, path string) []string {
	if r.Certificate != "" {
		return nil
	}
	if len(m.Signature) == 0 {
		return []string{fmt.Sprintf("warning: %s is not signed: nothing shows who made the bundle", path)}
	}
	if err := verifySignature(m, path, r.OwnCertificate); errors.Is(err, manifest.ErrBadSignature) {
		return []string{fmt.Sprintf("warning: %s is not signed with the key of %s: the bundle is somebody else's, or the manifest was changed",
			path, r.OwnCertificate)}
	}
	return nil
}

// opened is a bundle that can be read.
type opened struct {
	manifest *manifest.Manifest
	key      manifest.Key
}

// open reads the manifest and opens the bundling key in it.
func (r UnbundleRequest) open() (opened, error) {
	return r.unlock(r.Manifest, func(find manifest.KeyFinder) (*manifest.Manifest, error) {
		return manifest.LoadWithKey(r.Manifest, find)
	})
}

// unlock opens the bundling key in the manifest that load gives. path is that one's.
func (r UnbundleRequest) unlock(path string, load func(manifest.KeyFinder) (*manifest.Manifest, error)) (opened, error) {
	private, err := manifest.LoadPrivateKey(r.PrivateKey)
	if err != nil {
		return opened{}, err
	}
	m, err := load(func() (*rsa.PrivateKey, error) { return private, nil })
	if err != nil {
		return opened{}, err
	}
	if err := verifySignature(m, path, r.Certificate); err != nil {
		return opened{}, err
	}
	key, err := m.OpenKey(private)
	if err != nil {
		return opened{}, fmt.Errorf("%s: %w", r.PrivateKey, err)
	}
	return opened{m, key}, nil
}

// parts is where the bundle's parts are read.
func (r UnbundleRequest) parts(m *manifest.Manifest) bundle.Source {
	return r.watched(bundle.OpenDir(r.source(m)), m)
}

// watched tells Progress and Log of what is read.
func (r UnbundleRequest) watched(parts bundle.Source, m *manifest.Manifest) bundle.Source {
	logged := &loggedSource{parts, logOr(r.Log)}
	if r.Progress == nil {
		return logged
	}
	return &watchedSource{Source: logged, total: m.BundledSize, progress: r.Progress}
}

func (r UnbundleRequest) source(m *manifest.Manifest) string {
	if r.Source != "" {
		return r.Source
	}
	if r.Here && len(m.Parts) > 0 {
		if _, err := os.Stat(m.Parts[0].Name); err == nil {
			return "."
		}
	}
	return filepath.Dir(r.Manifest)
}

// inputs are the files that the image must not replace.
func (r UnbundleRequest) inputs(m *manifest.Manifest) []string {
	inputs := []string{r.Manifest, r.PrivateKey, r.Certificate, r.OwnCertificate}
	for _, part := range m.Parts {
		inputs = append(inputs, filepath.Join(r.source(m), part.Name))
	}
	return inputs
}

// makeDir makes the directory at path unless there is one. remove takes it away
// again if it was made, and nobody else has put anything there.
func makeDir(path string) (remove func(), err error) {
	err = os.Mkdir(path, 0o777)
	if path == "" || errors.Is(err, fs.ErrExist) {
		return func() {}, nil
	}
	return func() { os.Remove(path) }, err
}

// A watchedSource tells how far its parts have been read. They are read one after
// the other.
type watchedSource struct {
	bundle.Source
	done, total int64
	progress    func(done, total int64)
}

func (s *watchedSource) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	body, err := s.Source.Open(ctx, part)
	if err != nil {
		return nil, err
	}
	return &watchedPart{body, s}, nil
}

type watchedPart struct {
	io.ReadCloser
	source *watchedSource
}

func (p *watchedPart) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if p.source.done += int64(n); n > 0 {
		p.source.progress(p.source.done, p.source.total)
	}
	return n, err
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
	public, err := publicKey(cert)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", certificate, err)
	}
	if err := m.VerifySignature(public); err != nil {
		return fmt.Errorf("%s, %s: %w", path, certificate, err)
	}
	return nil
}
