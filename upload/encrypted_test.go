package upload

import (
	"crypto/rsa"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"emikit/manifest"
)

// vectors are what ec2-ami-tools made: tiny is a bundle, encrypted its manifest in
// the form of before version 3.
const (
	tiny      = "../bundle/testdata/vectors/ec2-ami-tools/bundles/tiny/pre.fix_1"
	encrypted = "../manifest/testdata/ec2-ami-tools/encrypted.manifest"
)

// encryptedBundle is that bundle, with the encrypted manifest, and its user's key.
func encryptedBundle(t *testing.T) (path string, find manifest.KeyFinder) {
	t.Helper()
	dir := t.TempDir()
	for name, from := range map[string]string{"pre.fix_1.part.0": tiny + ".part.0", "pre.fix_1.manifest.xml": encrypted} {
		body, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		rewrite(t, dir, name, string(body))
	}
	key, err := manifest.LoadPrivateKey("../manifest/testdata/ec2-ami-tools/user-pk.pem")
	return filepath.Join(dir, "pre.fix_1.manifest.xml"), func() (*rsa.PrivateKey, error) { return key, err }
}

func TestEncryptedManifest(t *testing.T) {
	path, find := encryptedBundle(t)
	s3, to := newFakeS3(t, ""), Location{Bucket: "bkt", Prefix: "p"}
	store := s3.open(t)
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to, PrivateKey: find}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var seen recorder
	get := DownloadRequest{From: to, ManifestName: "pre.fix_1.manifest.xml", Dir: dir, PrivateKey: find, Progress: seen.record}
	if _, err := store.DownloadBundle(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(tiny + ".manifest.xml")
	if err != nil {
		t.Fatal(err)
	}
	want := files(t, filepath.Dir(path))
	want["pre.fix_1.manifest.xml.plaintext"] = string(plain)
	if got := files(t, dir); !maps.Equal(got, want) {
		t.Errorf("got the files %q, want %q, the manifest as it was and its plaintext", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if seen.count(Decrypting) != 1 {
		t.Errorf("events: %v", seen.events)
	}

	// A bundle whose manifest is not encrypted takes its place.
	s3.replace("bkt", "p/pre.fix_1.manifest.xml", plain)
	if _, err := store.DownloadBundle(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	delete(want, "pre.fix_1.manifest.xml.plaintext")
	if got := slices.Sorted(maps.Keys(files(t, dir))); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("after a plain one: got the files %q, want no plaintext of the one before", got)
	}
}

// TestEncryptedManifestWithoutKey: nothing is sent or written.
func TestEncryptedManifestWithoutKey(t *testing.T) {
	path, find := encryptedBundle(t)
	missing := errors.New("no key is configured")
	other := func() (*rsa.PrivateKey, error) {
		return manifest.LoadPrivateKey("../manifest/testdata/ec2-ami-tools/cloud-pk.pem")
	}
	for name, tt := range map[string]struct {
		find manifest.KeyFinder
		want error
	}{
		"nobody to ask": {nil, manifest.ErrEncrypted},
		"no key":        {func() (*rsa.PrivateKey, error) { return nil, missing }, missing},
		"wrong key":     {other, manifest.ErrWrongKey},
	} {
		t.Run(name, func(t *testing.T) {
			s3, to := newFakeS3(t, ""), Location{Bucket: "bkt"}
			store := s3.open(t)
			if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to, PrivateKey: tt.find}); !errors.Is(err, tt.want) {
				t.Errorf("upload: got error %v, want %v", err, tt.want)
			}
			if len(s3.requests) > 0 {
				t.Errorf("upload: got requests %q, want none", s3.requests)
			}
			if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to, PrivateKey: find}); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			get := DownloadRequest{From: to, ManifestName: "pre.fix_1.manifest.xml", Dir: dir, PrivateKey: tt.find}
			if _, err := store.DownloadBundle(t.Context(), get); !errors.Is(err, tt.want) {
				t.Errorf("download: got error %v, want %v", err, tt.want)
			}
			if left := files(t, dir); len(left) > 0 {
				t.Errorf("download: left %q", slices.Sorted(maps.Keys(left)))
			}
		})
	}
}
