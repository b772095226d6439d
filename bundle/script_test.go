package bundle_test

import (
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
	dir := t.TempDir()
	image := &holey{size: 3*mib + 123, runs: []run{{0, mib / 2}, {2 * mib, 99}}}
	path := writeBundle(t, dir, "a & b.img", image)
	user, cloud, other := keyFile("user-pk.pem"), keyFile("cloud-pk.pem"), keyFile("other-pk.pem")
	cert := keyFile("user-cert.pem")

	for _, args := range [][]string{{path, user, cert}, {path, cloud}} {
		if out, err := verifyBundle(args...); err != nil || !strings.Contains(out, ": good: ") {
			t.Errorf("verify-bundle %v: %v\n%s", args, err, out)
		}
	}
	expectBad(t, "does not open the bundling key", path, other)
	expectBad(t, "signature is not that of", path, user, keyFile("cloud-cert.pem"))

	part := filepath.Join(dir, "a & b.img.part.01")
	body, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	body[100] ^= 1
	rewrite(t, part, body)
	expectBad(t, "part.01: SHA-1 is", path, user)
	body[100] ^= 1
	rewrite(t, part, body[:len(body)-1])
	expectBad(t, "part.01: SHA-1 is", path, user)
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	expectBad(t, "part.01: part is missing", path, user)
	rewrite(t, part, body)

	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"<size>3145851</size>": "<size>3145850</size>", "<bundled_size>": "<bundled_size>1", "<digest algorithm='SHA1'>": "<digest algorithm='SHA1'>0",
	} {
		rewrite(t, path, []byte(strings.Replace(string(document), from, to, 1)))
		expectBad(t, "the manifest says", path, user)
	}
	rewrite(t, path, []byte(strings.Replace(string(document), "x86_64", "i386", 1)))
	expectBad(t, "signature is not that of", path, user, cert)
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

func expectBad(t *testing.T, want string, args ...string) {
	t.Helper()
	out, err := verifyBundle(args...)
	if err == nil || !strings.Contains(out, want) || strings.Count(out, "\n") != 1 {
		t.Errorf("verify-bundle %v: got %v and %q, want one line about %q", args, err, out, want)
	}
}

func rewrite(t *testing.T, path string, body []byte) {
	t.Helper()
	if err := os.WriteFile(path, body, 0o666); err != nil {
		t.Fatal(err)
	}
}
