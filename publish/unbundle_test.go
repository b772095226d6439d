package publish_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/publish"
)

// The destination is made, but goes again when there is nothing to put there. Its
// parents are not made.
func TestUnbundleMakesDestination(t *testing.T) {
	path := bundleImage(t, request(t, writeImage(t, "disk.img", content))).ManifestPath
	r := publish.UnbundleRequest{Manifest: path, PrivateKey: keyFile("user-pk.pem"), Destination: filepath.Join(t.TempDir(), "new")}
	unbundle(t, r)

	part := filepath.Join(filepath.Dir(path), "disk.img.part.00")
	if err := os.Truncate(part, 1); err != nil {
		t.Fatal(err)
	}
	r.Destination = filepath.Join(t.TempDir(), "new")
	if _, err := publish.Unbundle(t.Context(), r); err == nil {
		t.Error("a truncated part was accepted")
	}
	if _, err := os.Stat(r.Destination); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after a failure: got %v, want %s gone again", err, r.Destination)
	}
	r.Destination = filepath.Join(r.Destination, "below")
	if _, err := publish.Unbundle(t.Context(), r); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no parent: got %v, want os.ErrNotExist", err)
	}
}

func TestUnbundleProgress(t *testing.T) {
	b := request(t, writeImage(t, "disk.img", content))
	b.PartSize = 64
	result := bundleImage(t, b)
	var last, total int64
	r := publish.UnbundleRequest{Manifest: result.ManifestPath, PrivateKey: keyFile("user-pk.pem")}
	r.Progress = func(done, of int64) {
		if done <= last {
			t.Errorf("progress went from %d to %d", last, done)
		}
		last, total = done, of
	}
	unbundle(t, r)
	if want := result.Manifest.BundledSize; last != want || total != want {
		t.Errorf("got to %d of %d, want %d", last, total, want)
	}
	if err := os.Remove(filepath.Join(b.Destination, "disk.img.part.01")); err != nil {
		t.Fatal(err)
	}
	r.Destination, last = t.TempDir(), 0
	if _, err := publish.Unbundle(t.Context(), r); !errors.Is(err, bundle.ErrMissingPart) {
		t.Errorf("got %v, want ErrMissingPart", err)
	}
}

func TestCancelUnbundle(t *testing.T) {
	b := request(t, writeImage(t, "disk.img", content))
	b.PartSize = 64
	reason := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := publish.UnbundleRequest{
		Manifest: bundleImage(t, b).ManifestPath, PrivateKey: keyFile("user-pk.pem"), Destination: t.TempDir(),
		Progress: func(int64, int64) { cancel(reason) },
	}
	if _, err := publish.Unbundle(ctx, r); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if left, err := os.ReadDir(r.Destination); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestUnbundleNotes: whose bundle it is, is noted unless it was asked to be verified.
func TestUnbundleNotes(t *testing.T) {
	signed := bundleImage(t, request(t, writeImage(t, "disk.img", content))).ManifestPath
	r := request(t, writeImage(t, "disk.img", content))
	r.UserCert, r.PrivateKey = "", ""
	unsigned := bundleImage(t, r).ManifestPath
	own, other := keyFile("user-cert.pem"), keyFile("cloud-cert.pem")
	for _, tt := range []struct {
		manifest, own, certificate string
		want                       string
	}{
		{signed, own, "", ""},
		{signed, "", "", ""},
		{signed, other, own, ""},
		{signed, other, "", "warning: " + signed + " is not signed with the key of " + other + ": the bundle is somebody else's, or the manifest was changed"},
		{signed, "nosuch.pem", "", ""},
		{unsigned, own, "", "warning: " + unsigned + " is not signed: nothing shows who made the bundle"},
	} {
		result, err := publish.Unbundle(t.Context(), publish.UnbundleRequest{
			Manifest: tt.manifest, PrivateKey: keyFile("cloud-pk.pem"), OwnCertificate: tt.own, Certificate: tt.certificate, Destination: t.TempDir(),
		})
		if got := strings.Join(result.Notes, "\n"); err != nil || got != tt.want {
			t.Errorf("own %q, certificate %q: got %q, %v, want %q", tt.own, tt.certificate, got, err, tt.want)
		}
	}
}
