package publish_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"emikit/manifest"
	"emikit/publish"
)

// TestLog: the log tells of every file and part, and never of a key.
func TestLog(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	image := writeImage(t, "disk.img", content)
	r := request(t, image)
	r.Key, r.Log = new(manifest.Key), log
	copy(r.Key.Key[:], "0123456789abcdef")
	result := bundleImage(t, r)
	dir := t.TempDir()
	unbundle(t, publish.UnbundleRequest{Manifest: result.ManifestPath, PrivateKey: keyFile("user-pk.pem"), Destination: dir, Log: log})
	part := result.Manifest.Parts[0]
	for _, want := range []string{
		"image opened", "image=" + image, "format=raw size=450000", "certificate=" + keyFile("user-cert.pem"),
		"part made", "part=" + part.Name + " size=", "sha1=" + part.Digest.String(),
		"manifest written", "file=" + result.ManifestPath, "manifest read", "part read",
		"image written", "file=" + filepath.Join(dir, "disk.img"),
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, text.String())
		}
	}
	for _, secret := range []string{"0123456789abcdef", "30313233", "PRIVATE", "MII"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, text.String())
		}
	}
}
