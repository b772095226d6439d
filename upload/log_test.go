package upload

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestLog: the log tells of every request and every part, and of no secret.
func TestLog(t *testing.T) {
	for _, version := range []int{2, 4} {
		s3 := newFakeS3(t, "/services/Walrus")
		var text bytes.Buffer
		log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		store := s3.open(t, func(c *Config) { c.Log, c.SignatureVersion, c.Jobs = log, version, 1 })
		to := Location{Bucket: "bkt"}
		if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 2), To: to}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.DownloadBundle(t.Context(), DownloadRequest{From: to, Dir: t.TempDir()}); err != nil {
			t.Fatal(err)
		}
		got := text.String()
		for _, want := range []string{
			"manifest read", "parts=2", "part checked", "sha1=", "object=bkt/disk.img.part.01",
			"method=PUT url=" + s3.URL + "/services/Walrus/bkt/disk.img.part.00 ", "status=200", "took=",
			"method=GET url=" + s3.URL + "/services/Walrus/bkt/ ",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("version %d: %q is not in the log:\n%s", version, want, got)
			}
		}
		for _, secret := range []string{aliceKey.SecretKey, "Signature", "Credential", "Authorization", "?"} {
			if strings.Contains(got, secret) {
				t.Errorf("version %d: %q is in the log:\n%s", version, secret, got)
			}
		}
	}
}
