package manifest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSealOpen(t *testing.T) {
	secret := [16]byte{0: 0, 1: 0xab, 15: 0xff}
	envelope, err := Seal(secret, &userKey(t).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(envelope, userKey(t)); err != nil || got != secret {
		t.Errorf("got %x, %v, want %x", got, err, secret)
	}
	for name, envelope := range map[string][]byte{
		"nil": nil, "short": envelope[:100], "long": append(bytes.Clone(envelope), 0),
		"tampered": append([]byte{envelope[0] ^ 1}, envelope[1:]...),
		"raw key":  seal(t, secret[:]),
		"not hex":  seal(t, bytes.Repeat([]byte("g"), 32)),
	} {
		_, err := Open(envelope, userKey(t))
		if !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: got %v, want %v", name, err, ErrWrongKey)
		}
	}
	_, err = Open(envelope, otherKey(t))
	wantError(t, err, ErrWrongKey)
}

// seal encrypts any text for the user.
func seal(t *testing.T, text []byte) []byte {
	t.Helper()
	//lint:ignore SA1019 the bundle format prescribes PKCS #1 v1.5
	envelope, err := rsa.EncryptPKCS1v15(rand.Reader, &userKey(t).PublicKey, text)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func TestOpenKeyWrong(t *testing.T) {
	m := sample(t)
	_, err := m.OpenKey(otherKey(t))
	wantError(t, err, ErrWrongKey)
	var h interface{ Hint() string }
	if !errors.As(err, &h) || h.Hint() == "" {
		t.Errorf("%v has no hint", err)
	}
	m.UserIV, m.CloudIV = nil, nil
	_, err = m.OpenKey(userKey(t))
	wantError(t, err, ErrWrongKey)
}

// TestOpenCloudKeyNeverFails gives envelopes that are wrong in every way; each
// must open to a key that nobody can foresee.
func TestOpenCloudKeyNeverFails(t *testing.T) {
	good, err := Seal([16]byte{1}, &userKey(t).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[16]byte]string{{}: "zero"}
	for name, envelope := range map[string][]byte{
		"nil": nil, "short": good[:10], "long": append(bytes.Clone(good), 1),
		"tampered": append([]byte{good[0] ^ 1}, good[1:]...),
		"zeros":    make([]byte, 256),
		"raw key":  seal(t, make([]byte, 16)),
		"too long": seal(t, []byte(strings.Repeat("0", 34))),
		"one bad":  seal(t, []byte("0000000000000000000000000000000g")),
		"NUL":      seal(t, make([]byte, 32)),
	} {
		m := &Manifest{CloudKey: envelope, CloudIV: envelope}
		k := m.OpenCloudKey(userKey(t))
		for _, secret := range [][16]byte{k.Key, k.IV} {
			if other, ok := seen[secret]; ok {
				t.Errorf("%s: opens to the same secret as %s", name, other)
			}
			seen[secret] = name
		}
	}
	if k := (&Manifest{CloudKey: good, CloudIV: good}).OpenCloudKey(userKey(t)); k.Key != [16]byte{1} {
		t.Errorf("good envelope: got %x", k.Key)
	}
}

// TestOpenCloudKeyRepeats: a bad envelope opens to the same key each time, or
// asking twice would tell it from a good one. The key is the private key's
// secret.
func TestOpenCloudKeyRepeats(t *testing.T) {
	m := &Manifest{CloudKey: make([]byte, 256), CloudIV: seal(t, []byte("no hexadecimal digits at all ...."))}
	first, again := m.OpenCloudKey(userKey(t)), m.OpenCloudKey(userKey(t))
	if first != again {
		t.Errorf("opened twice: got %x, then %x", first.Key[:], again.Key[:])
	}
	if other := m.OpenCloudKey(otherKey(t)); other.Key == first.Key || other.IV == first.IV {
		t.Errorf("another private key opens to the same %x", other.Key[:])
	}
}

func TestHexDigit(t *testing.T) {
	for c := range 256 {
		want, err := hex.DecodeString("0" + string([]byte{byte(c)}))
		value, ok := hexDigit(byte(c))
		if (ok == 1) != (err == nil) || err == nil && value != int(want[0]) {
			t.Errorf("hexDigit(%q): got %d, %d, want %v, %v", rune(c), value, ok, want, err)
		}
	}
}

func TestKeyIsHidden(t *testing.T) {
	k := Key{Key: [16]byte{0xde, 0xad, 0xbe, 0xef}}
	var log bytes.Buffer
	timeless := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey { // whose digits may be those of a secret
			return slog.Attr{}
		}
		return a
	}}
	slog.New(slog.NewJSONHandler(&log, timeless)).Info("x", "key", k, "all", struct{ K Key }{k})
	slog.New(slog.NewTextHandler(&log, timeless)).Info("x", "key", k)
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	out := log.String() + string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		out += fmt.Sprintf(verb, k) + fmt.Sprintf(verb, &k) + fmt.Sprintf(verb, []Key{k})
	}
	for _, secret := range []string{"dead", "DEAD", "222", "0xde"} {
		if strings.Contains(out, secret) {
			t.Errorf("%q shows in %s", secret, out)
		}
	}
}

func TestNewKey(t *testing.T) {
	a, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if a.Key == b.Key || a.IV == b.IV || a.Key == a.IV {
		t.Error("two keys have something in common")
	}
}

func TestPairs(t *testing.T) {
	for _, family := range []string{"ec2-ami-tools", "euca2ools"} {
		for _, owner := range []string{"user", "cloud"} {
			dir := filepath.Join("testdata", family)
			cert, err := LoadCertificate(filepath.Join(dir, owner+"-cert.pem"))
			if err != nil {
				t.Fatal(err)
			}
			if err := CheckPair(loadKey(t, filepath.Join(dir, owner+"-pk.pem")), cert); err != nil {
				t.Errorf("%s %s: %v", family, owner, err)
			}
			wantError(t, CheckPair(otherKey(t), cert), ErrKeyMismatch)
		}
	}
}

func TestUnusablePEM(t *testing.T) {
	key, cert := readTestdata(t, "user-pk.pem"), readTestdata(t, "user-cert.pem")
	tests := map[string]struct {
		parse func([]byte) error
		data  []byte
		want  error
	}{
		"empty key":             {parseKey, nil, ErrNoPEM},
		"certificate for a key": {parseKey, cert, ErrNoPEM},
		"key for a certificate": {parseCertificate, key, ErrNoPEM},
		"garbled key":           {parseKey, pemBlock("RSA PRIVATE KEY", []byte("x")), ErrKeyType},
		"garbled PKCS #8":       {parseKey, pemBlock("PRIVATE KEY", []byte("x")), ErrKeyType},
		"garbled certificate":   {parseCertificate, pemBlock("CERTIFICATE", []byte("x")), ErrKeyType},
		"elliptic key":          {parseKey, openssl(t, "ecparam", "-name", "prime256v1", "-genkey", "-noout"), ErrNoPEM},
		"elliptic PKCS #8":      {parseKey, openssl(t, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), ErrKeyType},
		"short key":             {parseKey, openssl(t, "genrsa", "512"), ErrKeyType},
		"encrypted PKCS #8":     {parseKey, pemBlock("ENCRYPTED PRIVATE KEY", nil), ErrKeyType},
		"encrypted PKCS #1": {parseKey, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY",
			Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}}), ErrKeyType},
		"text around the key":         {parseKey, slicesJoin("Bag Attributes\n", key, "\ntrailing"), nil},
		"text around the certificate": {parseCertificate, slicesJoin("Certificate:\n", cert, "trailing"), nil},
		"key after the certificate":   {parseKey, slicesJoin(string(cert), key, ""), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.data == nil && name != "empty key" {
				t.Skip("openssl is not on PATH")
			}
			if err := test.parse(test.data); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func parseKey(data []byte) error         { _, err := ParsePrivateKey(data); return err }
func parseCertificate(data []byte) error { _, err := ParseCertificate(data); return err }

func pemBlock(name string, data []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: name, Bytes: data})
}

func slicesJoin(before string, data []byte, after string) []byte {
	return []byte(before + string(data) + after)
}

func readTestdata(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/euca2ools", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// openssl returns what a run of openssl prints, nil if there is no openssl.
func openssl(t *testing.T, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		return nil
	}
	out, err := exec.CommandContext(t.Context(), "openssl", args...).Output()
	if err != nil {
		t.Fatalf("openssl %v: %v", args, err)
	}
	return out
}

func TestMissingFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nosuch.pem")
	_, keyErr := LoadPrivateKey(path)
	_, certErr := LoadCertificate(path)
	_, err := Load(path)
	for _, err := range []error{keyErr, certErr, err} {
		wantError(t, err, os.ErrNotExist)
		if err != nil && strings.Count(err.Error(), path) != 1 {
			t.Errorf("%q names the file %d times", err, strings.Count(err.Error(), path))
		}
	}
}

// TestOpenSSLVerifies lets openssl check a signature and open an envelope of
// ours.
func TestOpenSSLVerifies(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not on PATH")
	}
	document := signed(t, sample(t), userKey(t))
	m, err := Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	start, end := bytes.Index(document, []byte("<machine_configuration>")), bytes.Index(document, []byte("<signature>"))
	public := write("public.pem", openssl(t, "x509", "-in", "testdata/euca2ools/user-cert.pem", "-pubkey", "-noout"))
	openssl(t, "dgst", "-sha1", "-verify", public, "-signature", write("signature", m.Signature),
		write("signed", document[start:end]))
	got := openssl(t, "pkeyutl", "-decrypt", "-inkey", "testdata/euca2ools/cloud-pk.pem",
		"-in", write("envelope", m.CloudKey))
	if want := "00010200000000000000000000000000"; string(got) != want {
		t.Errorf("openssl opens the envelope to %q, want %q", got, want)
	}
}

func TestCertificateOfOtherKind(t *testing.T) {
	block := openssl(t, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-subj", "/CN=ec", "-keyout", os.DevNull)
	if block == nil {
		t.Skip("openssl is not on PATH")
	}
	_, err := ParseCertificate(block)
	wantError(t, err, ErrKeyType)
}

// TestExpiredCertificate: a bundle's certificate only says whose key it is.
func TestExpiredCertificate(t *testing.T) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "old"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &userKey(t).PublicKey, userKey(t))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ParseCertificate(pemBlock("CERTIFICATE", der))
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckPair(userKey(t), cert); err != nil {
		t.Error(err)
	}
}

// TestReseal: another cloud opens the bundling key, the one before does not, and the
// user still does.
func TestReseal(t *testing.T) {
	m := sample(t)
	want := keyText(m.OpenCloudKey(cloudKey(t)))
	if err := m.Reseal(userKey(t), &otherKey(t).PublicKey); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*rsa.PrivateKey{"the new cloud's": otherKey(t), "the user's": userKey(t)} {
		if got, err := m.OpenKey(key); err != nil || keyText(got) != want {
			t.Errorf("with %s key: got %s, %v, want %s", name, keyText(got), err, want)
		}
	}
	if got := keyText(m.OpenCloudKey(cloudKey(t))); got == want {
		t.Error("the cloud before opens it still")
	}
	wantError(t, m.Reseal(cloudKey(t), &otherKey(t).PublicKey), ErrWrongKey)
}
