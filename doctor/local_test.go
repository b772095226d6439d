package doctor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"emikit/doctor"
	"emikit/manifest"
)

// writeFile makes a file, of which the mode is as given whatever the umask.
func writeFile(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// certificate makes one of the user's key, valid between two days from now.
func certificate(t *testing.T, env map[string]string, from, until int) string {
	t.Helper()
	key, err := manifest.LoadPrivateKey(env["EC2_PRIVATE_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().AddDate(0, 0, from), NotAfter: time.Now().AddDate(0, 0, until),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o600)
}

// ellipticCertificate is one that bundles cannot be made with.
func ellipticCertificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o600)
}

func TestBundling(t *testing.T) {
	const encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	env := environment(t, "", "")
	private := readFile(t, env["EC2_PRIVATE_KEY"])
	other := filepath.Join(filepath.Dir(env["EC2_PRIVATE_KEY"]), "other-pk.pem")
	for name, tt := range map[string]struct {
		variable, value string
		want            []want
	}{
		"all is well": {"EC2_PRIVATE_KEY", writeFile(t, private, 0o600), []want{
			{"configuration", doctor.OK, "EC2_PRIVATE_KEY", ""}, {"account", doctor.OK, "123456789012 (EC2_USER_ID)", ""},
			{"user certificate", doctor.OK, "(EC2_CERT): RSA, until ", ""}, {"private key", doctor.OK, "nobody else may open it", ""},
			{"key pair", doctor.OK, "the certificate's", ""}, {"cloud certificate", doctor.OK, "(EUCALYPTUS_CERT): RSA", ""},
			{"disk space", doctor.OK, "iB free in ", ""},
		}},
		"dashes":            {"EC2_USER_ID", "1234-5678-9012", []want{{"account", doctor.OK, "123456789012", ""}}},
		"no account":        {"EC2_USER_ID", "", []want{{"account", doctor.Failed, "missing account ID", "eucarc"}, {"key pair", doctor.OK, "", ""}}},
		"an access key":     {"EC2_USER_ID", "AKIALICE", []want{{"account", doctor.Failed, "AKIALICE (EC2_USER_ID) is not an account number", "EC2_USER_ID"}}},
		"no certificate":    {"EC2_CERT", "", []want{{"user certificate", doctor.Failed, "missing user certificate", "eucarc"}, {"key pair", doctor.NotChecked, "user certificate", ""}, {"cloud certificate", doctor.OK, "", ""}}},
		"lost certificate":  {"EC2_CERT", "/nosuch/cert.pem", []want{{"user certificate", doctor.Failed, "/nosuch/cert.pem", "EC2_CERT"}}},
		"expired":           {"EC2_CERT", certificate(t, env, -20, -10), []want{{"user certificate", doctor.Warning, "has expired", "new one"}, {"key pair", doctor.OK, "", ""}}},
		"not valid yet":     {"EC2_CERT", certificate(t, env, 10, 20), []want{{"user certificate", doctor.Warning, "not valid before", "clock"}}},
		"a key as such":     {"EC2_CERT", env["EC2_PRIVATE_KEY"], []want{{"user certificate", doctor.Failed, "no certificate in it", "EC2_CERT"}}},
		"not RSA":           {"EUCALYPTUS_CERT", ellipticCertificate(t), []want{{"cloud certificate", doctor.Failed, "bundles need RSA", "EUCALYPTUS_CERT"}}},
		"no cloud":          {"EUCALYPTUS_CERT", "", []want{{"cloud certificate", doctor.Failed, "missing cloud certificate", "eucarc"}}},
		"passphrase":        {"EC2_PRIVATE_KEY", writeFile(t, encrypted, 0o600), []want{{"private key", doctor.Failed, "passphrase", "openssl rsa"}, {"key pair", doctor.NotChecked, "private key", ""}}},
		"somebody else's":   {"EC2_PRIVATE_KEY", other, []want{{"key pair", doctor.Failed, "does not belong to the certificate", "one eucarc"}}},
		"nothing to use up": {"EC2_PRIVATE_KEY", os.DevNull, []want{{"private key", doctor.NotChecked, "use it up", ""}, {"key pair", doctor.NotChecked, "private key", ""}}},
		"rubbish":           {"EC2_PRIVATE_KEY", writeFile(t, secret, 0o600), []want{{"private key", doctor.Failed, "not a PEM file", "EC2_PRIVATE_KEY"}}},
	} {
		t.Run(name, func(t *testing.T) {
			env := environment(t, "", "")
			env[tt.variable] = tt.value
			found := examine(t, request(t, env, doctor.Bundling))
			for _, w := range tt.want {
				w.in(t, found)
			}
		})
	}
}

func TestOpenKey(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes of files mean something else there")
	}
	env := environment(t, "", "")
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		env["EC2_PRIVATE_KEY"] = writeFile(t, readFile(t, environment(t, "", "")["EC2_PRIVATE_KEY"]), mode)
		want{"private key", doctor.Warning, "others may open it", "chmod 600 "}.in(t, examine(t, request(t, env, doctor.Bundling)))
	}
}

func TestConfiguration(t *testing.T) {
	found := examine(t, request(t, nil, doctor.Bundling))
	want{"configuration", doctor.Failed, "nothing on the command line", "source the eucarc"}.in(t, found)
	want{"account", doctor.NotChecked, "configuration", ""}.in(t, found)
	want{"disk space", doctor.OK, "", ""}.in(t, found)

	r := request(t, map[string]string{"EUCA_CONFIG_PATH": writeFile(t, "[user x]\nsecret-key "+secret+"\n", 0o600)}, doctor.S3)
	want{"configuration", doctor.Failed, "line 2 is neither", "mend the file"}.in(t, examine(t, r))
}

func TestAccessKey(t *testing.T) {
	env := environment(t, "", "")
	env["EC2_SECRET_KEY"] = secret + "\r"
	want{"access key", doctor.Warning, "AKIALICE (EC2_ACCESS_KEY)", "a line end"}.in(t, examine(t, request(t, env, doctor.S3)))
}

func TestDisk(t *testing.T) {
	file := writeFile(t, strings.Repeat("x", 5000), 0o600)
	packed := writeFile(t, "\x1f\x8b\x08"+strings.Repeat("x", 5000), 0o600)
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		dir, image string
		want       want
	}{
		"room":           {dir, file, want{"disk space", doctor.OK, "a bundle of " + file + " takes about ", ""}},
		"room, packed":   {dir, packed, want{"disk space", doctor.OK, "or more: it is compressed", ""}},
		"to be made":     {filepath.Join(dir, "new"), "", want{"disk space", doctor.OK, " free in " + dir, ""}},
		"nowhere":        {filepath.Join(dir, "no", "such"), "", want{"disk space", doctor.Failed, "no such file", "-d"}},
		"a file":         {file, "", want{"disk space", doctor.Failed, "not a directory", "-d"}},
		"no image":       {dir, filepath.Join(dir, "disk.img"), want{"disk space", doctor.Failed, "disk.img", "path of the image"}},
		"no size":        {dir, os.DevNull, want{"disk space", doctor.Failed, "not a file", "path of the image"}},
		"not an image":   {dir, dir, want{"disk space", doctor.Failed, "not a file", "path of the image"}},
		"an empty image": {dir, writeFile(t, "", 0o600), want{"disk space", doctor.OK, "about 0 bytes at most", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("nothing is known of free space there")
			}
			r := request(t, environment(t, "", ""), doctor.Bundling)
			r.Dir, r.Image = tt.dir, tt.image
			tt.want.in(t, examine(t, r))
		})
	}
}

// Whatever is there, the line of what runs instances says that nothing does yet.
func TestInstances(t *testing.T) {
	bin := t.TempDir()
	env := map[string]string{"PATH": "/nosuch" + string(filepath.ListSeparator) + bin}
	want{"instances", doctor.NotChecked, "no qemu-system-x86_64", ""}.in(t, examine(t, request(t, env, doctor.Instances)))
	program := filepath.Join(bin, "qemu-system-x86_64")
	if err := os.WriteFile(program, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		want{"instances", doctor.NotChecked, "boots nothing; of this machine: ", ""}.in(t, examine(t, request(t, env, doctor.Instances)))
		want{"instances", doctor.NotChecked, "QEMU is " + program, ""}.in(t, examine(t, request(t, env, doctor.Instances)))
	}
}
