package access

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

// Fingerprints of the keys in testdata, as openssl computes them: see package keypair.
const (
	made     = "bd:1e:32:25:de:54:98:c7:3a:68:85:a8:2c:47:8c:e8:38:0b:d0:ad"
	imported = "0c:a0:5d:eb:66:26:99:44:3d:7f:76:47:0f:16:fb:b9"
)

func TestFingerprintKey(t *testing.T) {
	for _, family := range []cli.Family{cli.Native, cli.Euca, cli.EC2} {
		for file, want := range map[string]string{"testdata/private": made + "\n", "testdata/public": imported + "\n"} {
			got := clitest.Run(t, Commands, family, nil, "fingerprint-key", file)
			if got != (clitest.Result{Stdout: want}) {
				t.Errorf("%s %s: got %+v, want %q", family, file, got, want)
			}
		}
	}
	got := clitest.Run(t, Commands, cli.Native, nil, "fingerprint-key", "testdata/private", "--output", "json")
	if want := "{\n  \"KeyFingerprint\": \"" + made + "\",\n  \"ImportedKeyFingerprint\": \"" + imported + "\"\n}\n"; got.Stdout != want {
		t.Errorf("got %+v, want %s", got, want)
	}
	for file, want := range map[string]string{
		"testdata/locked":  "testdata/locked: the private key is encrypted\nhint: ",
		"testdata/nothing": "testdata/nothing: no such file or directory\n",
		"keys_test.go":     "keys_test.go: not a public key in the form of OpenSSH",
	} {
		if got := clitest.Run(t, Commands, cli.Native, nil, "fingerprint-key", file); got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, want) {
			t.Errorf("%s: got %+v, want %q", file, got, want)
		}
	}
}

func TestImportKeyPair(t *testing.T) {
	key, err := os.ReadFile("testdata/public")
	if err != nil {
		t.Fatal(err)
	}
	command{
		line: "import-keypair mine -f testdata/public", action: "ImportKeyPair",
		answer: "<keyName>mine</keyName><keyFingerprint>" + imported + "</keyFingerprint>",
		form:   "KeyName=mine PublicKeyMaterial=" + base64.StdEncoding.EncodeToString(key), stdout: "KEYPAIR mine " + imported + "\n",
	}.run(t)
}
