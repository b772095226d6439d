package access

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----\n"

func TestReplay(t *testing.T) {
	clitest.Replay(t, Commands, "create-keypair", "create-keypair-file")
}

func TestAlias(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "create-keypair"))
	if got := clitest.Run(t, Commands, cli.EC2, tape.Env, "add-keypair", "mykey"); !strings.HasSuffix(got.Stdout, pem) {
		t.Errorf("got %+v, want the key", got)
	}
}

func TestKeyFile(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "create-keypair"))
	dir := t.TempDir()
	path := filepath.Join(dir, "k.private")
	got := clitest.Run(t, Commands, cli.Native, tape.Env, "create-keypair", "mykey", "-f", path, "--output", "json")
	if got.Code != 0 || strings.Contains(got.Stdout, "PRIVATE KEY") {
		t.Errorf("got %+v, want success without the key", got)
	}
	data, err := os.ReadFile(path)
	if err != nil || string(data) != pem {
		t.Errorf("got key %q, %v, want %q", data, err, pem)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v, %v, want %v", info.Mode(), err, fs.FileMode(0o600))
	}
	wantFiles(t, dir, "k.private")
}

// TestKeyFileExists holds that no other key is written over, whatever the
// dialect, and that no key pair is made then.
func TestKeyFileExists(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "create-keypair"))
	dir := t.TempDir()
	path := filepath.Join(dir, "other.private")
	if err := os.WriteFile(path, []byte("other key"), 0o600); err != nil {
		t.Fatal(err)
	}
	dangling := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err != nil {
		t.Fatal(err)
	}
	for _, family := range []cli.Family{cli.Native, cli.Euca, cli.EC2} {
		for _, target := range []string{path, dangling} {
			got := clitest.Run(t, Commands, family, tape.Env, "create-keypair", "mykey", "-f", target)
			if got.Code != 1 || !strings.Contains(got.Stderr, target+": exists, and a private key is never written over\n") {
				t.Errorf("%s: got %+v, want a refusal that names %s", family, got, target)
			}
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "other key" {
		t.Errorf("got %q, %v, want the other key", data, err)
	}
	if forms := tape.Forms(); len(forms) > 0 {
		t.Errorf("the cloud was asked %v", forms)
	}
}

// TestKeyFileFirst holds that no key is made that cannot be kept, and that a
// refusal leaves nothing behind.
func TestKeyFileFirst(t *testing.T) {
	dir := t.TempDir()
	tape := clitest.Play(t, clitest.Case(t, "create-keypair"))
	for _, path := range []string{filepath.Join(dir, "no", "k"), dir} {
		got := clitest.Run(t, Commands, cli.Native, tape.Env, "create-keypair", "mykey", "-f", path)
		if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, path+": ") {
			t.Errorf("%s: got %+v, want a refusal that names it", path, got)
		}
	}
	if forms := tape.Forms(); len(forms) > 0 {
		t.Errorf("the cloud was asked %v", forms)
	}
	refused := clitest.Play(t, clitest.Case(t, "error-auth"))
	got := clitest.Run(t, Commands, cli.Native, refused.Env, "create-keypair", "mykey", "-f", filepath.Join(dir, "k"))
	if got.Code != 1 {
		t.Errorf("got %+v, want a refusal", got)
	}
	wantFiles(t, dir)
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) || len(want) == 1 && entries[0].Name() != want[0] {
		t.Errorf("got files %v, want %v", entries, want)
	}
}

func TestWithoutKeysOrCloud(t *testing.T) {
	for _, env := range []map[string]string{
		{},
		{"EC2_URL": "http://127.0.0.1:1/"},
		{"EC2_URL": "http://127.0.0.1:1/", "AWS_ACCESS_KEY": "a", "AWS_SECRET_KEY": "b"},
	} {
		got := clitest.Run(t, Commands, cli.Native, env, "describe-keypairs")
		if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "\nhint: ") {
			t.Errorf("%v: got %+v, want code 1 and a hint", env, got)
		}
	}
}
