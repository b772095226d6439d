package identity

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"emikit/cloud/caller"
)

func TestKeyPairs(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	carol := Account{ID: AccountID("carol"), Name: "carol"}
	if err := addAccount(ctx, s, carol); err != nil {
		t.Fatal(err)
	}
	made, private, err := s.CreateKeyPair(ctx, admin, "my key")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CreateKeyPair(ctx, admin, "my key"); !errors.Is(err, ErrKeyPairExists) {
		t.Errorf("a second one: got %v, want %v", err, ErrKeyPairExists)
	}
	if _, err := s.insertKeyPair(ctx, admin.Account, made); !errors.Is(err, ErrKeyPairExists) { // two at once
		t.Errorf("a second insertion: got %v, want %v", err, ErrKeyPairExists)
	}
	if _, err := s.insertKeyPair(ctx, carol.ID, made); err != nil {
		t.Errorf("the same name for another account: %v", err)
	}
	if _, err := s.insertKeyPair(ctx, admin.Account, KeyPair{Name: "another"}); err != nil {
		t.Fatal(err)
	}
	all, err := s.KeyPairs(ctx, admin)
	if err != nil || len(all) != 2 || all[0].Name != "another" || all[1] != made {
		t.Errorf("all: got %+v, %v", all, err)
	}
	some, err := s.KeyPairs(ctx, admin, "my key", "my key")
	if err != nil || len(some) != 1 || some[0] != made {
		t.Errorf("by name: got %+v, %v", some, err)
	}
	if _, err := s.KeyPairs(ctx, admin, "my key", "nothing"); !errors.Is(err, ErrNoSuchKeyPair) || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("unknown name: got %v, want %v with the name", err, ErrNoSuchKeyPair)
	}
	if err := errors.Join(s.DeleteKeyPair(ctx, admin, "my key"), s.DeleteKeyPair(ctx, admin, "my key")); err != nil {
		t.Errorf("delete, and delete what is gone: %v", err)
	}
	if left, err := s.KeyPairs(ctx, caller.Caller{Account: carol.ID}); err != nil || len(left) != 1 {
		t.Errorf("carol's: got %+v, %v; want it untouched", left, err)
	}
	checkPrivateKey(t, made, private)
}

// checkPrivateKey checks that what was shown once belongs to what is kept.
func checkPrivateKey(t *testing.T, made KeyPair, private string) {
	t.Helper()
	if !strings.HasPrefix(private, "-----BEGIN RSA PRIVATE KEY-----\n") {
		t.Errorf("the private key is not PKCS#1 PEM")
	}
	signer, err := ssh.ParsePrivateKey([]byte(private))
	if err != nil {
		t.Fatal(err)
	}
	public, comment, _, rest, err := ssh.ParseAuthorizedKey([]byte(made.PublicKey))
	if err != nil || comment != "admin@eucalyptus" || len(rest) > 0 || strings.ContainsAny(made.PublicKey, "\r\n") {
		t.Errorf("public key %q: comment %q, rest %q, %v", made.PublicKey, comment, rest, err)
	}
	if err == nil && !bytes.Equal(public.Marshal(), signer.PublicKey().Marshal()) {
		t.Error("public and private key do not belong together")
	}
	key, err := parseKey([]byte(private))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(der)
	if want := strings.ReplaceAll(fmt.Sprintf("% x", sum[:]), " ", ":"); made.Fingerprint != want {
		t.Errorf("got fingerprint %s, want %s", made.Fingerprint, want)
	}
	checkWithOpenSSL(t, made, private)
}

// checkWithOpenSSL computes the fingerprint in the way that the manual of EC2
// tells users to: openssl pkcs8 | openssl sha1 -c.
func checkWithOpenSSL(t *testing.T, made KeyPair, private string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Log("openssl is not on this machine")
		return
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(private), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c",
		"openssl pkcs8 -in '"+file+"' -inform PEM -outform DER -topk8 -nocrypt | openssl sha1 -c").CombinedOutput()
	if err != nil || !strings.Contains(string(out), made.Fingerprint) {
		t.Errorf("openssl: got %s, %v; want %s", out, err, made.Fingerprint)
	}
}

func TestKeyPairNames(t *testing.T) {
	for name, good := range map[string]bool{
		"mykey": true, "my key": true, "schlüssel": true, "50%": true, "../x": true, strings.Repeat("k", 255): true,
		"": false, strings.Repeat("k", 256): false, "a\nb": false, "a\x00": false, "\xff": false, "tab\t": false, "a\u2028b": false,
	} {
		if err := checkKeyPairName(name); (err == nil) != good || err != nil && !errors.Is(err, ErrBadKeyPairName) {
			t.Errorf("%q: got %v, want good: %v", name, err, good)
		}
	}
}

func TestKeyPairsNeedAnAccount(t *testing.T) {
	s, _ := newService(t)
	for _, who := range []caller.Caller{{}, caller.System()} {
		_, _, create := s.CreateKeyPair(t.Context(), who, "k")
		_, list := s.KeyPairs(t.Context(), who)
		_, imported := s.ImportKeyPair(t.Context(), who, "k", []byte(edwardsKey))
		for what, err := range map[string]error{"create": create, "list": list, "import": imported, "delete": s.DeleteKeyPair(t.Context(), who, "k")} {
			if !errors.Is(err, ErrAnonymous) {
				t.Errorf("%s by %q: got %v, want %v", what, who.Name, err, ErrAnonymous)
			}
		}
	}
}

// edwardsKey is a public key, and edwardsPrint its fingerprint as ssh-keygen -l
// computes it.
const (
	edwardsKey   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDYs8dZXP8j29qCCFKnNiGgQI0ZSNxMQX39Z9TcY2keJ bob@example.org\n"
	edwardsPrint = "YhcUuemfXeheX2G1L3hdGR0OWVZPQsb8ykHwn5U12Hs="
)

func TestImportKeyPair(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	want := KeyPair{Name: "my key", Fingerprint: edwardsPrint, PublicKey: strings.Fields(edwardsKey)[0] + " " + strings.Fields(edwardsKey)[1] + " my key"}
	got, err := s.ImportKeyPair(ctx, admin, "my key", []byte(edwardsKey))
	if want.ID = got.ID; err != nil || got != want || len(got.ID) != len("key-0123456789ABCDEF") {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if got, err := s.KeyPairs(ctx, admin, "my key"); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("listed: got %+v, %v; want %+v", got, err, want)
	}
	for _, test := range []struct {
		name, key string
		want      error
	}{
		{"my key", edwardsKey, ErrKeyPairExists},
		{"", edwardsKey, ErrBadKeyPairName},
		{"a\nb", edwardsKey, ErrBadKeyPairName},
		{"other", "", ErrBadPublicKey},
		{"other", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", ErrBadPublicKey},
	} {
		if got, err := s.ImportKeyPair(ctx, admin, test.name, []byte(test.key)); !errors.Is(err, test.want) {
			t.Errorf("%q, %.40q: got %+v, %v; want %v", test.name, test.key, got, err, test.want)
		}
	}
}

func TestKeyPairLimit(t *testing.T) {
	s, _ := newService(t)
	err := s.db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO key_pairs (account, name, fingerprint, public_key, created) SELECT ?, i, '', '', 0 FROM n`, maxKeyPairs, admin.Account)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportKeyPair(t.Context(), admin, "one more", []byte(edwardsKey)); !errors.Is(err, ErrTooManyKeyPairs) {
		t.Errorf("got %v, want %v", err, ErrTooManyKeyPairs)
	}
}
