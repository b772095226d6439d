package publish

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"

	"emikit/manifest"
)

// MigrateRequest says which manifest to write anew, and for whom. Paths are the
// user's own.
type MigrateRequest struct {
	// Manifest is the manifest's path. It may be encrypted. Its signature must be of
	// Certificate.
	Manifest string
	// To is the path of the new manifest; one that is there is replaced. "" puts it in
	// the place of the old one, which is kept under its name and BackupSuffix.
	To string
	// Certificate and PrivateKey are PEM files of the user's.
	Certificate, PrivateKey string
	// CloudCertificate, if not "", is the PEM file of the cloud that shall be able to
	// open the bundle, instead of the one that can now.
	CloudCertificate string
	// IDs, if not nil, is given what the manifest names to boot with and returns what
	// the new one shall name. It is called once, before anything is written.
	IDs func(ctx context.Context, old BootIDs) (BootIDs, error)
	// Log receives debug lines about the files that are read and written; never a
	// key. nil means no log.
	Log *slog.Logger
}

// BootIDs are the ids of the kernel and the ramdisk that an image boots with; ""
// for none. "true" says of the image that it is one itself.
type BootIDs struct{ Kernel, Ramdisk string }

// MigrateResult says what MigrateManifest made.
type MigrateResult struct {
	// Path is the new manifest's, Backup the old one's, if it was replaced.
	Path, Backup string
	// Manifest is the new one.
	Manifest *manifest.Manifest
}

// BackupSuffix ends the name under which MigrateManifest keeps what it replaces, as
// ec2-migrate-manifest does.
const BackupSuffix = ".bak"

// ErrBackup: there is a file already where the old manifest would be kept.
var ErrBackup = errors.New("already exists")

// A BadManifestError says that a manifest cannot be read, or that its signature is
// not the user's.
type BadManifestError struct {
	Path string
	Err  error
}

func (e *BadManifestError) Error() string { return fmt.Sprintf("manifest %s: %v", e.Path, e.Err) }
func (e *BadManifestError) Unwrap() error { return e.Err }

// archOfVersion3 is the architecture of the images that have none in their manifest:
// there was no other when version 3 was written.
const archOfVersion3 = "i386"

// MigrateManifest writes a manifest anew, in the version that manifest.Sign writes:
// signed again, with other ids of kernel and ramdisk, or with the bundling key sealed
// for another cloud. The parts of the bundle are as good for it as they are. The
// file gets its name when all of it is on disk; on an error nothing has changed.
func MigrateManifest(ctx context.Context, r MigrateRequest) (MigrateResult, error) {
	keys, err := await(ctx, r.loadKeys)
	if err != nil {
		return MigrateResult{}, err
	}
	m, err := await(ctx, func() (*manifest.Manifest, error) { return r.read(keys) })
	if err != nil {
		return MigrateResult{}, err
	}
	target, err := r.target()
	if err != nil {
		return MigrateResult{}, err
	}
	if err := r.change(ctx, m, keys); err != nil {
		return MigrateResult{}, err
	}
	document, err := manifest.Sign(m, keys.private)
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = target.write(document)
	}
	if err != nil {
		return MigrateResult{}, err
	}
	m.Version = manifest.Version
	logOr(r.Log).DebugContext(ctx, "manifest written", "file", target.path, "size", len(document), "backup", target.backup)
	return MigrateResult{Path: target.path, Backup: target.backup, Manifest: m}, nil
}

// migrationKeys are the user's certificate and key, and the new cloud's public key,
// nil for none.
type migrationKeys struct {
	certificate *x509.Certificate
	private     *rsa.PrivateKey
	cloud       *rsa.PublicKey
}

func (r MigrateRequest) loadKeys() (k migrationKeys, err error) {
	if k.certificate, err = manifest.LoadCertificate(r.Certificate); err != nil {
		return k, err
	}
	if k.private, err = manifest.LoadPrivateKey(r.PrivateKey); err != nil {
		return k, err
	}
	if r.CloudCertificate == "" {
		return k, nil
	}
	cloud, err := manifest.LoadCertificate(r.CloudCertificate)
	if err != nil {
		return k, err
	}
	k.cloud, err = publicKey(cloud)
	return k, err
}

// read reads the manifest, and makes sure that it is the user's: what he signs here
// he has signed before.
func (r MigrateRequest) read(k migrationKeys) (*manifest.Manifest, error) {
	data, err := manifest.ReadFile(r.Manifest)
	if err != nil {
		return nil, err
	}
	bad := func(err error) error { return &BadManifestError{r.Manifest, err} }
	document, err := manifest.Plaintext(data, func() (*rsa.PrivateKey, error) { return k.private, nil })
	if err != nil {
		return nil, bad(err)
	}
	m, err := manifest.Parse(document)
	if err != nil {
		return nil, bad(err)
	}
	if err := r.verify(m, k, r.Manifest); err != nil {
		return nil, err
	}
	logOr(r.Log).Debug("manifest read", "file", r.Manifest, "version", m.Version, "encrypted", manifest.IsEncrypted(data))
	return m, nil
}

// verify makes sure that the manifest at path is the user's.
func (r MigrateRequest) verify(m *manifest.Manifest, k migrationKeys, path string) error {
	public, err := publicKey(k.certificate)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", r.Certificate, err)
	}
	if err := m.VerifySignature(public); err != nil {
		return &BadManifestError{path, fmt.Errorf("%w (with %s)", err, r.Certificate)}
	}
	if err := manifest.CheckPair(k.private, k.certificate); err != nil {
		return fmt.Errorf("%s, %s: %w", r.PrivateKey, r.Certificate, err)
	}
	return nil
}

// change makes of m what the new manifest shall say.
func (r MigrateRequest) change(ctx context.Context, m *manifest.Manifest, k migrationKeys) error {
	if m.Arch == "" && m.Version == "3" {
		m.Arch = archOfVersion3
	}
	if k.cloud != nil {
		if err := m.Reseal(k.private, k.cloud); err != nil {
			return fmt.Errorf("%s: %w", r.PrivateKey, err)
		}
	}
	if r.IDs == nil {
		return nil
	}
	ids, err := r.IDs(ctx, BootIDs{m.KernelID, m.RamdiskID})
	m.KernelID, m.RamdiskID = ids.Kernel, ids.Ramdisk
	return err
}

func publicKey(cert *x509.Certificate) (*rsa.PublicKey, error) {
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: not RSA", manifest.ErrKeyType)
	}
	return public, nil
}
