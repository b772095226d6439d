package publish_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/manifest"
	"emikit/publish"
	"emikit/upload"
)

// amazonKey is a key or certificate of another user, or another cloud.
func amazonKey(name string) string {
	return filepath.Join("../manifest/testdata/ec2-ami-tools", name)
}

// copyRequest asks for a bundle in one store to be copied to another, for another cloud.
func copyRequest(t *testing.T, from, to *bucket) publish.CopyRequest {
	t.Helper()
	if _, err := publish.BundleAndUpload(t.Context(), uploadRequest(t, from, 5000)); err != nil {
		t.Fatal(err)
	}
	from.requests = nil
	return publish.CopyRequest{
		Source: from.store(t), From: upload.Location{Bucket: "bkt"}, ManifestName: "disk.img.manifest.xml",
		Store: to.store(t), To: upload.Location{Bucket: "bkt", Prefix: "copy"},
		Migration: &publish.MigrateRequest{
			Certificate: keyFile("user-cert.pem"), PrivateKey: keyFile("user-pk.pem"), CloudCertificate: amazonKey("cloud-cert.pem"),
			IDs: func(context.Context, publish.BootIDs) (publish.BootIDs, error) {
				return publish.BootIDs{Kernel: "eki-22222222"}, nil
			},
		},
	}
}

// TestCopyBundle: the copy is the other cloud's, and the user's still; its parts are
// those of the original.
func TestCopyBundle(t *testing.T) {
	from, to := newBucket(t), newBucket(t)
	r := copyRequest(t, from, to)
	result, err := publish.CopyBundle(t.Context(), r)
	if err != nil || result.ManifestPath != "bkt/copy/disk.img.manifest.xml" || result.Manifest.KernelID != "eki-22222222" {
		t.Fatalf("got %+v, %v", result, err)
	}
	for _, key := range from.keys() {
		if same := bytes.Equal(from.objects[key], to.objects["copy/"+key]); same == strings.HasSuffix(key, ".xml") {
			t.Errorf("%s: same as before: %t", key, same)
		}
	}
	for _, key := range []string{keyFile("user-pk.pem"), amazonKey("cloud-pk.pem")} {
		var image bytes.Buffer
		_, err := publish.DownloadAndUnbundle(t.Context(), publish.DownloadRequest{
			UnbundleRequest: publish.UnbundleRequest{PrivateKey: key, Certificate: keyFile("user-cert.pem")},
			Store:           to.store(t), From: r.To, ManifestName: r.ManifestName, Output: &image,
		})
		if err != nil || image.Len() != 5000 {
			t.Errorf("with %s: got %d bytes, %v, want 5000", key, image.Len(), err)
		}
	}
}

// TestCopyBundleAsItIs: no key is needed, and the manifest has the same bytes.
func TestCopyBundleAsItIs(t *testing.T) {
	from, to := newBucket(t), newBucket(t)
	r := copyRequest(t, from, to)
	r.Migration = nil
	if _, err := publish.CopyBundle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, key := range from.keys() {
		if !bytes.Equal(from.objects[key], to.objects["copy/"+key]) {
			t.Errorf("%s is not the same", key)
		}
	}
}

// TestCopyBundleRefused: without the user's key, or with somebody else's, the store that
// the copy was to go to is not even asked.
func TestCopyBundleRefused(t *testing.T) {
	reason := errors.New("no such kernel")
	for name, tt := range map[string]struct {
		spoil func(r *publish.CopyRequest)
		want  error
	}{
		"no key":      {func(r *publish.CopyRequest) { r.Migration.PrivateKey = "nosuch.pem" }, os.ErrNotExist},
		"another's":   {func(r *publish.CopyRequest) { r.Migration.Certificate = amazonKey("cloud-cert.pem") }, manifest.ErrBadSignature},
		"another key": {func(r *publish.CopyRequest) { r.Migration.PrivateKey = amazonKey("user-pk.pem") }, manifest.ErrKeyMismatch},
		"no bundle":   {func(r *publish.CopyRequest) { r.ManifestName = "x.manifest.xml" }, upload.ErrNoManifest},
		"no such ids": {func(r *publish.CopyRequest) {
			r.Migration.IDs = func(context.Context, publish.BootIDs) (publish.BootIDs, error) { return publish.BootIDs{}, reason }
		}, reason},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := newBucket(t), newBucket(t)
			r := copyRequest(t, from, to)
			tt.spoil(&r)
			if _, err := publish.CopyBundle(t.Context(), r); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if len(to.requests) > 0 {
				t.Errorf("asked %q", to.requests)
			}
		})
	}
}

// TestCopyBundleOwner: the copy is signed by its owner, who alone can open it besides
// the other cloud.
func TestCopyBundleOwner(t *testing.T) {
	from, to := newBucket(t), newBucket(t)
	r := copyRequest(t, from, to)
	r.Owner = &publish.Owner{Certificate: amazonKey("user-cert.pem"), PrivateKey: amazonKey("user-pk.pem"), User: "444455556666"}
	result, err := publish.CopyBundle(t.Context(), r)
	if err != nil || result.Manifest.User != "444455556666" {
		t.Fatalf("got %+v, %v", result.Manifest, err)
	}
	for key, opens := range map[string]bool{keyFile("user-pk.pem"): false, amazonKey("user-pk.pem"): true, amazonKey("cloud-pk.pem"): true} {
		var image bytes.Buffer
		_, err := publish.DownloadAndUnbundle(t.Context(), publish.DownloadRequest{
			UnbundleRequest: publish.UnbundleRequest{PrivateKey: key, Certificate: amazonKey("user-cert.pem")},
			Store:           to.store(t), From: r.To, ManifestName: r.ManifestName, Output: &image,
		})
		if (err == nil) != opens || opens && image.Len() != 5000 {
			t.Errorf("with %s: got %d bytes, %v, want it to open: %t", key, image.Len(), err, opens)
		}
	}
	r.Owner.PrivateKey = keyFile("user-pk.pem")
	if _, err := publish.CopyBundle(t.Context(), r); !errors.Is(err, manifest.ErrKeyMismatch) {
		t.Errorf("with another key: got %v, want ErrKeyMismatch", err)
	}
}
