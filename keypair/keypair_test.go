package keypair

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"emikit/internal/seeds"
)

// Fingerprints of the keys in testdata, as openssl and ssh-keygen compute them.
const (
	rsaMade     = "bd:1e:32:25:de:54:98:c7:3a:68:85:a8:2c:47:8c:e8:38:0b:d0:ad"
	rsaImported = "0c:a0:5d:eb:66:26:99:44:3d:7f:76:47:0f:16:fb:b9"
	edwards     = "YhcUuemfXeheX2G1L3hdGR0OWVZPQsb8ykHwn5U12Hs="
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// line is the key of a file as OpenSSH writes it, without its comment.
func line(t *testing.T, name string) string {
	t.Helper()
	fields := strings.Fields(string(read(t, name)))
	return fields[0] + " " + fields[1]
}

func TestPublicForms(t *testing.T) {
	crlf := func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) }
	for name, want := range map[string]string{
		"rsa.pub": rsaImported, "rsa.rfc4716.pub": rsaImported, "rsa.x509.pem": rsaImported, "rsa.pkcs1.pem": rsaImported,
		"rsa.x509.base64": rsaImported, "ed25519.pub": edwards, "ed25519.rfc4716.pub": edwards,
	} {
		data := read(t, name)
		for what, data := range map[string][]byte{
			"": data, "CRLF": crlf(data), "blank lines": []byte("\n  \n" + string(data) + "\n\n"), "no end": bytes.TrimSpace(data),
		} {
			key, err := ParsePublic(data)
			if err != nil {
				t.Errorf("%s %s: %v", name, what, err)
				continue
			}
			kind, _, _ := strings.Cut(name, ".")
			if got := key.Line(); got != line(t, kind+".pub") {
				t.Errorf("%s %s: got line %q", name, what, got)
			}
			if got := key.Fingerprint(); got != want {
				t.Errorf("%s %s: got fingerprint %s, want %s", name, what, got, want)
			}
		}
	}
}

func TestPublicComments(t *testing.T) {
	data := "# my key\n\n" + string(read(t, "ed25519.pub"))
	if _, err := ParsePublic([]byte(data)); err != nil {
		t.Errorf("a comment before the key: %v", err)
	}
}

func TestRefusedPublicKeys(t *testing.T) {
	one := string(read(t, "ed25519.pub"))
	for name, test := range map[string]struct {
		data string
		want error
	}{
		"nothing":               {"", ErrFormat},
		"words":                 {"not a key", ErrFormat},
		"base64 of nothing":     {"AAAA", ErrFormat},
		"a private key":         {string(read(t, "rsa.pem")), ErrPrivate},
		"OpenSSH's private key": {string(read(t, "ed25519")), ErrPrivate},
		"two keys":              {one + string(read(t, "rsa.pub")), ErrFormat},
		"junk before":           {"junk\n" + one, ErrFormat},
		"options":               {`command="reboot" ` + one, ErrFormat},
		"an ECDSA key":          {string(read(t, "ecdsa.pub")), ErrKind},
		"512 bits":              {string(read(t, "tiny.x509.pem")), ErrSize},
		"an even exponent":      {string(read(t, "even.x509")), ErrFormat},
		"cut off":               {one[:40], ErrFormat},
		"no end":                {strings.TrimSuffix(strings.TrimSpace(string(read(t, "rsa.rfc4716.pub"))), ssh2End), ErrFormat},
		"another's base64":      {strings.Replace(string(read(t, "rsa.rfc4716.pub")), "AAAAB3", "!!!!B3", 1), ErrFormat},
		"a certificate":         {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", ErrFormat},
		"too long":              {one + strings.Repeat("\n", MaxFile), ErrFormat},
	} {
		if key, err := ParsePublic([]byte(test.data)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, %v; want %v", name, key, err, test.want)
		}
	}
}

func TestPrivateForms(t *testing.T) {
	for name, want := range map[string]string{"rsa.pem": rsaMade, "rsa.pkcs8.pem": rsaMade, "ed25519": edwards} {
		key, err := ParsePrivate(read(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := key.Fingerprint()
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, want)
		}
		kind, _, _ := strings.Cut(name, ".")
		if got := key.Public().Line(); got != line(t, kind+".pub") {
			t.Errorf("%s: got public half %q", name, got)
		}
	}
}

func TestRefusedPrivateKeys(t *testing.T) {
	for name, want := range map[string]error{"locked": ErrEncrypted, "ecdsa": ErrKind, "tiny.pem": ErrSize, "rsa.pub": nil} {
		_, err := ParsePrivate(read(t, name))
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if _, err := ParsePrivate(bytes.Repeat([]byte("x"), MaxFile+1)); !errors.Is(err, ErrFormat) {
		t.Errorf("too long: got %v, want %v", err, ErrFormat)
	}
}

// FuzzParsePublic holds that what is taken is a key that OpenSSH knows as well, and
// the same one again.
func FuzzParsePublic(f *testing.F) {
	for _, data := range seeds.Files(f, "testdata/*", 10) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := ParsePublic(data)
		if err != nil {
			return
		}
		again, err := ParsePublic([]byte(key.Line()))
		if err != nil || again.Fingerprint() != key.Fingerprint() {
			t.Errorf("%q reads as %q, and that as %v", data, key.Line(), err)
		}
		if _, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(key.Line())); err != nil || len(options)+len(rest) > 0 {
			t.Errorf("%q: options %q, rest %q, %v", key.Line(), options, rest, err)
		}
	})
}
