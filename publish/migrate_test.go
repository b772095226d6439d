package publish_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/publish"
)

// golden is a manifest of ec2-ami-tools, or one of their keys.
func golden(name string) string { return filepath.Join("../manifest/testdata/ec2-ami-tools", name) }

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// migration asks for a copy of a golden manifest to be migrated with its user's keys.
func migration(t *testing.T, name string) publish.MigrateRequest {
	t.Helper()
	return publish.MigrateRequest{
		Manifest:    writeImage(t, "m.xml", []byte(read(t, golden(name)))),
		Certificate: golden("user-cert.pem"), PrivateKey: golden("user-pk.pem"),
	}
}

// ids returns what gives the new manifest these ids, whatever the old one says.
func ids(kernel, ramdisk string) func(context.Context, publish.BootIDs) (publish.BootIDs, error) {
	return func(context.Context, publish.BootIDs) (publish.BootIDs, error) {
		return publish.BootIDs{Kernel: kernel, Ramdisk: ramdisk}, nil
	}
}

// TestMigrateLikeAmazon compares with what ec2-migrate-manifest made of the same
// manifests, to the byte: its signatures are deterministic.
func TestMigrateLikeAmazon(t *testing.T) {
	for _, tt := range []struct{ from, kernel, ramdisk, want string }{
		{"machine.xml", "aki-new", "ari-new", "migrated.machine.both.xml"},
		{"machine.xml", "", "", "migrated.machine.none.xml"},
		{"multipart.xml", "aki-new", "", "migrated.multi.kernelonly.xml"},
		{"kern.xml", "", "", "migrated.kern.xml"},
		{"v3.xml", "aki-new", "", "migrated.v3.xml"},
		{"v20070829.xml", "aki-new", "", "migrated.v20070829.xml"},
		{"encrypted.manifest", "", "true", "tiny.xml"}, // it is what was encrypted
	} {
		t.Run(tt.want, func(t *testing.T) {
			r := migration(t, tt.from)
			r.IDs = ids(tt.kernel, tt.ramdisk)
			if err := os.Chmod(r.Manifest, 0o640); err != nil {
				t.Fatal(err)
			}
			result, err := publish.MigrateManifest(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read(t, golden(tt.want)), read(t, r.Manifest)); diff != "" {
				t.Errorf("other bytes than ec2-migrate-manifest:\n%s", diff)
			}
			if result.Backup != r.Manifest+".bak" || read(t, result.Backup) != read(t, golden(tt.from)) {
				t.Errorf("%s does not hold the old manifest", result.Backup)
			}
			if info, err := os.Stat(r.Manifest); err != nil || info.Mode() != 0o640 {
				t.Errorf("got mode %v, %v, want that of the old manifest, -rw-r-----", info.Mode(), err)
			}
			wantFiles(t, filepath.Dir(r.Manifest), "m.xml", "m.xml.bak")
		})
	}
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("files: got %q, want %q", got, want)
	}
}

// TestMigrateForeignHand: what euca2ools wrote, with double quotes and in another
// order, is verified as it stands.
func TestMigrateForeignHand(t *testing.T) {
	r := publish.MigrateRequest{
		Manifest:    writeImage(t, "m.xml", []byte(read(t, golden("../euca2ools/machine.xml")))),
		Certificate: golden("../euca2ools/user-cert.pem"), PrivateKey: golden("../euca2ools/user-pk.pem"),
	}
	result, err := publish.MigrateManifest(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Load(r.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	key, err := manifest.LoadPrivateKey(r.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.VerifySignature(&key.PublicKey); err != nil {
		t.Errorf("the new manifest: %v", err)
	}
	ignore := cmpopts.IgnoreFields(manifest.Manifest{}, "Signature")
	if diff := cmp.Diff(result.Manifest, m, ignore, cmpopts.IgnoreUnexported(manifest.Manifest{})); diff != "" {
		t.Errorf("what was written is not what was said:\n%s", diff)
	}
}

// TestMigrateToAnotherCloud: the new cloud opens the bundle with its key, the old one
// does not any more, and the parts were not touched.
func TestMigrateToAnotherCloud(t *testing.T) {
	bundled := bundleImage(t, request(t, writeImage(t, "disk.img", content)))
	part := filepath.Join(filepath.Dir(bundled.ManifestPath), "disk.img.part.00")
	before, old := read(t, part), read(t, bundled.ManifestPath)
	r := publish.MigrateRequest{
		Manifest: bundled.ManifestPath, To: filepath.Join(filepath.Dir(part), "other.manifest.xml"),
		Certificate: keyFile("user-cert.pem"), PrivateKey: keyFile("user-pk.pem"), CloudCertificate: golden("cloud-cert.pem"),
	}
	result, err := publish.MigrateManifest(t.Context(), r)
	if err != nil || result.Path != r.To || result.Backup != "" {
		t.Fatalf("got %+v, %v, want the manifest at %s", result, err, r.To)
	}
	for _, key := range []string{golden("cloud-pk.pem"), keyFile("user-pk.pem")} {
		image := unbundle(t, publish.UnbundleRequest{Manifest: r.To, PrivateKey: key, Certificate: keyFile("user-cert.pem")})
		if !bytes.Equal(image, content) {
			t.Errorf("with %s another image came back", key)
		}
	}
	_, err = publish.Unbundle(t.Context(), publish.UnbundleRequest{Manifest: r.To, PrivateKey: keyFile("cloud-pk.pem"), Destination: t.TempDir()})
	if !errors.Is(err, manifest.ErrWrongKey) {
		t.Errorf("with the old cloud's key: got %v, want %v", err, manifest.ErrWrongKey)
	}
	if read(t, part) != before || read(t, bundled.ManifestPath) != old {
		t.Error("the part or the old manifest has changed")
	}
}

// TestMigrateRefuses: nothing changes, and nothing is left behind.
func TestMigrateRefuses(t *testing.T) {
	refused := errors.New("no such region")
	tests := map[string]struct {
		from   string
		change func(t *testing.T, r *publish.MigrateRequest)
		want   error
	}{
		"another's certificate": {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) {
			r.Certificate, r.PrivateKey = golden("cloud-cert.pem"), golden("cloud-pk.pem")
		}, manifest.ErrBadSignature},
		"another's key":            {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) { r.PrivateKey = golden("cloud-pk.pem") }, manifest.ErrKeyMismatch},
		"another's key, encrypted": {"encrypted.manifest", func(_ *testing.T, r *publish.MigrateRequest) { r.PrivateKey = golden("cloud-pk.pem") }, manifest.ErrWrongKey},
		"changed": {"machine.xml", func(t *testing.T, r *publish.MigrateRequest) {
			rewrite(t, r.Manifest, "x86_64", "i386")
		}, manifest.ErrBadSignature},
		"unsigned": {"../euca2ools/unsigned.xml", nil, manifest.ErrUnsigned},
		"cut off":  {"machine.xml", func(t *testing.T, r *publish.MigrateRequest) { rewrite(t, r.Manifest, "</manifest>", "") }, manifest.ErrSyntax},
		"too new": {"machine.xml", func(t *testing.T, r *publish.MigrateRequest) {
			rewrite(t, r.Manifest, "2007-10-10", "2009-01-01")
		}, manifest.ErrVersion},
		"too large": {"machine.xml", func(t *testing.T, r *publish.MigrateRequest) {
			rewrite(t, r.Manifest, "</image>", "</image>"+strings.Repeat(" ", manifest.MaxSize))
		}, manifest.ErrTooLarge},
		"no such manifest":    {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) { r.Manifest += "x" }, fs.ErrNotExist},
		"no such certificate": {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) { r.CloudCertificate = "nosuch.pem" }, fs.ErrNotExist},
		"no such directory":   {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) { r.To = r.Manifest + ".d/x" }, fs.ErrNotExist},
		"over its own input":  {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) { r.To = r.Manifest }, bundle.ErrInput},
		"ids not found": {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) {
			r.IDs = func(context.Context, publish.BootIDs) (publish.BootIDs, error) { return publish.BootIDs{}, refused }
		}, refused},
		"ids that cannot be": {"machine.xml", func(_ *testing.T, r *publish.MigrateRequest) { r.IDs = ids("a\nb", "") }, manifest.ErrField},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := migration(t, tt.from)
			dir := filepath.Dir(r.Manifest)
			if tt.change != nil {
				tt.change(t, &r)
			}
			before := read(t, filepath.Join(dir, "m.xml"))
			_, err := publish.MigrateManifest(t.Context(), r)
			if !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			wantFiles(t, dir, "m.xml")
			if read(t, filepath.Join(dir, "m.xml")) != before {
				t.Error("the manifest has changed")
			}
		})
	}
}

// rewrite replaces text in a file.
func rewrite(t *testing.T, path, from, to string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Replace(read(t, path), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestMigrateKeepsBackup: what has the name of the backup is not written over.
func TestMigrateKeepsBackup(t *testing.T) {
	r := migration(t, "machine.xml")
	if _, err := publish.MigrateManifest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	_, err := publish.MigrateManifest(t.Context(), r)
	if !errors.Is(err, publish.ErrBackup) {
		t.Errorf("again: got error %v, want %v", err, publish.ErrBackup)
	}
	if read(t, r.Manifest+".bak") != read(t, golden("machine.xml")) {
		t.Error("the backup has changed")
	}
}

// TestMigrateThroughLink replaces the file that a link leads to, and leaves the link.
func TestMigrateThroughLink(t *testing.T) {
	r := migration(t, "machine.xml")
	r.IDs = ids("", "")
	file := r.Manifest
	r.Manifest = filepath.Join(t.TempDir(), "link.xml")
	if err := os.Symlink(file, r.Manifest); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	result, err := publish.MigrateManifest(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(r.Manifest); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("got %v, %v, want the link", info, err)
	}
	if info, err := os.Lstat(result.Backup); err != nil || !info.Mode().IsRegular() || read(t, result.Backup) != read(t, golden("machine.xml")) {
		t.Errorf("backup: got %v, %v, want a file with the old manifest", info, err)
	}
	if read(t, file) == read(t, golden("machine.xml")) {
		t.Errorf("%s was not replaced", file)
	}
}

// TestMigrateCancelled: a context that has ended leaves everything as it was, however
// far the work had come.
func TestMigrateCancelled(t *testing.T) {
	r := migration(t, "machine.xml")
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	r.IDs = func(_ context.Context, old publish.BootIDs) (publish.BootIDs, error) {
		cancel(stopped)
		return old, nil
	}
	if _, err := publish.MigrateManifest(ctx, r); !errors.Is(err, stopped) {
		t.Errorf("got error %v, want %v", err, stopped)
	}
	wantFiles(t, filepath.Dir(r.Manifest), "m.xml")
}

// TestUnbundleVersions unbundles bundles with manifests of every version.
func TestUnbundleVersions(t *testing.T) {
	const vectors = "../bundle/testdata/vectors/ec2-ami-tools/bundles"
	for _, tt := range []struct{ manifest, parts, like string }{
		{golden("encrypted.manifest"), "tiny", "tiny/pre.fix_1.manifest.xml"},
		{vectors + "/old/sparse.img.v3.manifest.xml", "old", "sparse/sparse.img.manifest.xml"},
		{vectors + "/old/sparse.img.v20070829.manifest.xml", "old", "sparse/sparse.img.manifest.xml"},
	} {
		r := publish.UnbundleRequest{
			Manifest: tt.manifest, Source: filepath.Join(vectors, tt.parts),
			PrivateKey: golden("user-pk.pem"), Certificate: golden("user-cert.pem"),
		}
		got := unbundle(t, r)
		want := unbundle(t, publish.UnbundleRequest{Manifest: filepath.Join(vectors, tt.like), PrivateKey: golden("user-pk.pem")})
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got an image of %d bytes, want the one of %s, %d bytes", tt.manifest, len(got), tt.like, len(want))
		}
	}
	_, err := publish.Unbundle(t.Context(), publish.UnbundleRequest{
		Manifest: golden("encrypted.manifest"), Source: vectors + "/tiny", PrivateKey: golden("cloud-pk.pem"), Destination: t.TempDir(),
	})
	if !errors.Is(err, manifest.ErrWrongKey) {
		t.Errorf("encrypted, with the cloud's key: got error %v, want %v", err, manifest.ErrWrongKey)
	}
}
