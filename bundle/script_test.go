package bundle_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"emikit/bundle"
)

// TestVerifyBundleScript has openssl, gzip, tar and sha1sum look at what this
// package makes, and makes sure that they would notice.
func TestVerifyBundleScript(t *testing.T) {
	for _, tool := range []string{"bash", "openssl", "gzip", "tar", "sha1sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	image := &holey{size: 3*mib + 123, runs: []run{{0, mib / 2}, {2 * mib, 99}}}
	user, cloud, other := keyFile("user-pk.pem"), keyFile("cloud-pk.pem"), keyFile("other-pk.pem")
	userCert, cloudCert := keyFile("user-cert.pem"), keyFile("cloud-cert.pem")
	inPart := func(spoil func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) { spoilFile(t, filepath.Join(dir, "a & b.img.part.01"), spoil) }
	}
	inManifest := func(from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			spoilFile(t, filepath.Join(dir, "a & b.img.manifest.xml"), func(document []byte) []byte {
				return bytes.Replace(document, []byte(from), []byte(to), 1)
			})
		}
	}
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir string)
		keys  []string
		want  string // what it says, in one line
	}{
		"user's key":      {nil, []string{user, userCert}, ": good: "},
		"cloud's key":     {nil, []string{cloud}, ": good: "},
		"other key":       {nil, []string{other}, "does not open the bundling key"},
		"other signer":    {nil, []string{user, cloudCert}, "signature is not that of"},
		"tampered part":   {inPart(func(b []byte) []byte { b[100] ^= 1; return b }), []string{user}, "part.01: SHA-1 is"},
		"truncated part":  {inPart(func(b []byte) []byte { return b[:len(b)-1] }), []string{user}, "part.01: SHA-1 is"},
		"missing part":    {inPart(func([]byte) []byte { return nil }), []string{user}, "part.01: part is missing"},
		"size":            {inManifest("<size>3145851<", "<size>3145850<"), []string{user}, "the manifest says"},
		"bundled size":    {inManifest("<bundled_size>", "<bundled_size>1"), []string{user}, "the manifest says"},
		"digest":          {inManifest("<digest algorithm='SHA1'>", "<digest algorithm='SHA1'>0"), []string{user}, "the manifest says"},
		"signed elements": {inManifest("x86_64", "i386"), []string{user, userCert}, "signature is not that of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			image := *image
			path := writeBundle(t, dir, "a & b.img", &image)
			if tt.spoil != nil {
				tt.spoil(t, dir)
			}
			out, err := verifyBundle(append([]string{path}, tt.keys...)...)
			good := tt.want == ": good: "
			if (err == nil) != good || !strings.Contains(out, tt.want) || strings.Count(out, "\n") != 1 {
				t.Errorf("got %v and %q, want one line about %q", err, out, tt.want)
			}
		})
	}
}

// spoilFile changes what a file holds; nil removes it.
func spoilFile(t *testing.T, path string, spoil func([]byte) []byte) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if body = spoil(body); body != nil {
		rewrite(t, path, body)
	} else if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func keyFile(name string) string { return filepath.Join(keys, name) }

// writeBundle bundles image into dir and returns the manifest's path.
func writeBundle(t *testing.T, dir, name string, image *holey) string {
	t.Helper()
	o := options(t, 2000)
	o.Manifest.Name, o.Signer, o.UserCert = name, userKey(t), userCert(t)
	sink := newSink(t, dir, name)
	_, document, err := bundle.Create(t.Context(), image, image.size, o, sink)
	if err != nil {
		t.Fatal(err)
	}
	return commit(t, sink, string(document))
}

func verifyBundle(args ...string) (output string, err error) {
	out, err := exec.Command("../scripts/verify-bundle", args...).CombinedOutput()
	return string(out), err
}

func rewrite(t *testing.T, path string, body []byte) {
	t.Helper()
	if err := os.WriteFile(path, body, 0o666); err != nil {
		t.Fatal(err)
	}
}
