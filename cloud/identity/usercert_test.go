package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// certFor makes a certificate for any public key, signed by cloudKey.
func certFor(t testing.TB, public crypto.PublicKey) []byte {
	t.Helper()
	key, err := cloudKey()
	if err != nil {
		t.Fatal(err)
	}
	template := certificateFor("somebody", x509.KeyUsageDigitalSignature)
	cert, err := certify(template, public, pair{key, template})
	if err != nil {
		t.Fatal(err)
	}
	return encodeCertificate(cert)
}

// oddRSA is a public key of that many bits, which nobody has the other half of.
func oddRSA(bits, exponent int) *rsa.PublicKey {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: exponent}
}

func TestAddCertificate(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	alice, bob := newAccount(t, s, "alice"), newAccount(t, s, "bob")
	text := certFor(t, oddRSA(1024, 65537))
	surrounded := append(append([]byte("Certificate:\n    Data:\n"), text...), "\n\n"...)
	c, err := s.AddCertificate(ctx, alice.ID, surrounded)
	if err != nil || !c.Active || c.Added.IsZero() || c.Subject.CommonName != "somebody" {
		t.Fatalf("got %+v, %v", c, err)
	}
	if _, err := s.AddCertificate(ctx, bob.ID, text); !errors.Is(err, ErrCertificateTaken) {
		t.Errorf("for another account: got %v, want %v", err, ErrCertificateTaken)
	}
	if err := s.RevokeCertificate(ctx, bob.ID, c.Fingerprint); !errors.Is(err, ErrNoSuchCertificate) {
		t.Errorf("revoked by another account: got %v, want %v", err, ErrNoSuchCertificate)
	}
	active := func() (n int) {
		t.Helper()
		certs, err := s.Certificates(ctx, alice.ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(certs)
	}
	for _, want := range []int{0, 1} { // revoked, then added again
		if want == 0 {
			err = s.RevokeCertificate(ctx, alice.ID, withColons(c.Fingerprint))
		} else {
			_, err = s.AddCertificate(ctx, alice.ID, text)
		}
		own, listErr := s.OwnCertificates(ctx, alice.ID)
		if got := active(); got != want || err != nil || listErr != nil || len(own) != 1 || own[0].Active != (want == 1) {
			t.Errorf("got %d active (%v), listed %v (%v); want %d", got, err, own, listErr, want)
		}
	}
	if _, err := s.AddCertificate(ctx, "123456789012", certFor(t, oddRSA(1024, 3))); !errors.Is(err, ErrNoSuchAccount) {
		t.Errorf("for nobody: got %v, want %v", err, ErrNoSuchAccount)
	}
}

func withColons(print string) string {
	var b strings.Builder
	for i := 0; i < len(print); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(print[i : i+2]))
	}
	return b.String()
}

func TestAddCertificateRefuses(t *testing.T) {
	s, _ := newService(t)
	alice := newAccount(t, s, "alice")
	good := certFor(t, oddRSA(1024, 3))
	if _, err := parseUserCertificate(good); err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := cloudKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err := encodeKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(good)
	as := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":               {nil, "no PEM block"},
		"noise":                 {bytes.Repeat([]byte{0xff, 0, '-'}, 1000), "no PEM block"},
		"DER":                   {block.Bytes, "no PEM block"},
		"cut off":               {good[:len(good)/2], "no PEM block"},
		"too long":              {append(bytes.Repeat([]byte("\n"), MaxCertificateText), good...), "longer than 65536 bytes"},
		"begins without end":    {bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), 2000), "no PEM block"},
		"two":                   {append(bytes.Clone(good), good...), "more than one"},
		"a private key":         {private, "private key"},
		"with a private key":    {append(bytes.Clone(good), private...), "private key"},
		"another kind of block": {as("CERTIFICATE REQUEST", block.Bytes), "no PEM block"},
		"with headers":          {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes, Headers: map[string]string{"a": "b"}}), "no PEM block"},
		"empty":                 {as("CERTIFICATE", nil), "malformed"},
		"not DER":               {as("CERTIFICATE", []byte("hello")), "malformed"},
		"with something after":  {as("CERTIFICATE", append(bytes.Clone(block.Bytes), 0)), "trailing"},
		"elliptic":              {certFor(t, ec.Public()), "RSA"},
		"Edwards":               {certFor(t, ed), "RSA"},
		"short":                 {certFor(t, oddRSA(1023, 3)), "1023 bits"},
		"very long":             {certFor(t, oddRSA(8193, 3)), "8193 bits"},
		"anybody can sign for":  {certFor(t, oddRSA(1024, 1)), "unsound"},
		"even exponent":         {certFor(t, oddRSA(1024, 4)), "unsound"},
		"even modulus":          {certFor(t, &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 3}), "unsound"},
	} {
		_, err := s.AddCertificate(t.Context(), alice.ID, c.text)
		if !errors.Is(err, ErrBadCertificate) || !strings.Contains(err.Error(), c.want) || strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("%s: got %v, want %v with %q", name, err, ErrBadCertificate, c.want)
		}
	}
	if certs, err := s.OwnCertificates(t.Context(), alice.ID); len(certs) != 0 || err != nil {
		t.Errorf("refused certificates were added: %v, %v", certs, err)
	}
}

func TestTooManyCertificates(t *testing.T) {
	s, data := newService(t)
	alice := newAccount(t, s, "alice")
	var err error
	var added int
	for exponent := 3; err == nil; exponent += 2 {
		if _, err = s.AddCertificate(t.Context(), alice.ID, certFor(t, oddRSA(1024, exponent))); err == nil {
			added++
		}
	}
	if !errors.Is(err, ErrTooManyCertificates) || added != maxCertificates {
		t.Errorf("%d were added, then %v; want %d, then %v", added, err, maxCertificates, ErrTooManyCertificates)
	}
	// Those that the cloud makes itself are not counted: a start must not fail.
	if err := s.WriteCredentials(t.Context(), alice.ID, data+"/alice", Endpoints{}); err != nil {
		t.Errorf("credentials: %v", err)
	}
}
