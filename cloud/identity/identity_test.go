package identity

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"emikit/cloud/caller"
	"emikit/cloud/state"
)

var admin = caller.Caller{Account: "000100729354", Name: "admin", Admin: true}

func openState(t *testing.T, dir string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// cloudKey is one RSA key for all tests, as making one takes a while.
var cloudKey = sync.OnceValues(newRSA)

// newDir makes a data directory that has cloudKey already.
func newDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	key, err := cloudKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := encodeKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := makePrivateDir(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(filepath.Join(dir, "keys", "cloud-pk.pem"), text); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newService(t *testing.T) (s *Service, dir string) {
	t.Helper()
	dir = newDir(t)
	s, err := Open(t.Context(), openState(t, dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// addAccount makes a second account, which has no command of its own yet.
func addAccount(ctx context.Context, s *Service, a Account) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error { return ensureAccount(ctx, tx, a) })
}

func TestSecondStartFindsTheFirst(t *testing.T) {
	dir := t.TempDir()
	db := openState(t, dir)
	var before []string
	for start := range 2 {
		s, err := Open(t.Context(), db, dir)
		if err != nil {
			t.Fatal(err)
		}
		key, err := s.accessKey(t.Context(), admin.Account)
		if err != nil {
			t.Fatal(err)
		}
		system, err := s.SystemKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		after := []string{key.ID, key.Secret, system.ID, system.Secret, fingerprint(s.cert), fingerprint(s.nodeCA.cert), fingerprint(s.server.cert)}
		if start > 0 && !slices.Equal(before, after) {
			t.Errorf("the second start has other keys: got %v, want %v", after, before)
		}
		before = after
	}
}

func TestKeyFilesAreTheOwnersOnly(t *testing.T) {
	s, dir := newService(t)
	credentials := filepath.Join(dir, "credentials", "admin")
	if err := s.WriteCredentials(t.Context(), admin.Account, credentials, Endpoints{"http://x", "http://y"}); err != nil {
		t.Fatal(err)
	}
	var files int
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && path != dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v is open to others", path, info.Mode())
		}
		files++
		return err
	})
	if err != nil || files < 12 {
		t.Errorf("looked at %d files, %v", files, err)
	}
}

func TestAdminAccount(t *testing.T) {
	s, _ := newService(t)
	for _, find := range []func() (Account, error){
		func() (Account, error) { return s.Account(t.Context(), "000100729354") }, // facts of Eucalyptus 1.4
		func() (Account, error) { return s.AccountByName(t.Context(), "admin") },
	} {
		a, err := find()
		if err != nil || a.ID != "000100729354" || a.Name != "admin" || !a.Admin || a.Created.IsZero() {
			t.Errorf("got %+v, %v", a, err)
		}
	}
	if _, err := s.Account(t.Context(), "1"); !errors.Is(err, ErrNoSuchAccount) {
		t.Errorf("unknown account: got %v, want %v", err, ErrNoSuchAccount)
	}
}

func TestAccessKeys(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	key, err := s.accessKey(ctx, admin.Account)
	if err != nil {
		t.Fatal(err)
	}
	if form := regexp.MustCompile(`^AKI[A-Z0-9]{17}$`); !form.MatchString(key.ID) {
		t.Errorf("got access key %q, want one like %v", key.ID, form)
	}
	if form := regexp.MustCompile(`^[A-Za-z0-9]{40}$`); !form.MatchString(key.Secret) {
		t.Errorf("got a secret of %d characters, want one like %v", len(key.Secret), form)
	}
	if secret, who, err := s.SecretKey(ctx, key.ID); secret != key.Secret || who != admin || err != nil {
		t.Errorf("look up: got %+v, %v; want %+v", who, err, admin)
	}
	system, err := s.SystemKey(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if secret, who, err := s.SecretKey(ctx, system.ID); secret != system.Secret || who != caller.Reader() || err != nil {
		t.Errorf("look up of the system key: got %+v, %v; want %+v", who, err, caller.Reader())
	}
	for _, unknown := range []string{"", "AKIUNKNOWN", strings.ToLower(key.ID)} {
		if _, _, err := s.SecretKey(ctx, unknown); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("look up of %q: got %v, want %v", unknown, err, ErrUnknownKey)
		}
	}
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%+v %#v %s", key, key, key), key.LogValue().String()} {
		if strings.Contains(text, key.Secret) {
			t.Errorf("a printed access key shows its secret")
		}
	}
}

func TestSwitchedOffKeyIsUnknownAndNotReplaced(t *testing.T) {
	dir := newDir(t)
	db := openState(t, dir)
	s, err := Open(t.Context(), db, dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.accessKey(t.Context(), admin.Account)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE access_keys SET active = 0 WHERE id = ?", key.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), db, dir); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SecretKey(t.Context(), key.ID); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("look up: got %v, want %v", err, ErrUnknownKey)
	}
	if _, err := s.accessKey(t.Context(), admin.Account); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("the account's key: got %v, want %v", err, ErrUnknownKey)
	}
}

func TestDamagedKeysAreNotReplaced(t *testing.T) {
	dir := newDir(t)
	db := openState(t, dir)
	if _, err := Open(t.Context(), db, dir); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, "keys", name) }
	keep, err := os.ReadFile(file("cloud-pk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(file("server-pk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() error{
		"gone":    func() error { return os.Remove(file("cloud-pk.pem")) },
		"empty":   func() error { return os.WriteFile(file("cloud-pk.pem"), nil, 0o600) },
		"foreign": func() error { return os.WriteFile(file("cloud-pk.pem"), other, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), db, dir); err == nil || !strings.Contains(err.Error(), "cloud-") {
				t.Errorf("got %v, want an error that names the file", err)
			}
			if err := os.WriteFile(file("cloud-pk.pem"), keep, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	if err := os.Remove(file("cloud-cert.pem")); err != nil { // as after a crash between the two files
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), db, dir); err != nil || !belongTogether(s.cloud, s.cert) {
		t.Errorf("certificate missing: %v; want it made again for its key", err)
	}
}

func TestServerCertificate(t *testing.T) {
	dir := newDir(t)
	db := openState(t, dir)
	open := func(hosts ...string) *Service {
		t.Helper()
		s, err := Open(t.Context(), db, dir, hosts...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := open()
	again := open("192.0.2.7", "front.example", "0.0.0.0", "", "::")
	if fingerprint(first.server.cert) == fingerprint(again.server.cert) || !belongTogether(first.server.key, again.server.cert) {
		t.Error("new hosts: want a new certificate for the same key")
	}
	if fingerprint(again.server.cert) != fingerprint(open("front.example").server.cert) {
		t.Error("fewer hosts: want the same certificate")
	}
	roots := x509.NewCertPool()
	roots.AddCert(again.server.cert)
	hostname, _ := os.Hostname()
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "192.0.2.7", "front.example", hostname} {
		_, err := again.ServerCertificate().Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots})
		if err != nil && isName(host) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := again.server.cert.Verify(x509.VerifyOptions{DNSName: "other.example", Roots: roots}); err == nil {
		t.Error("valid for another name")
	}
}

func TestIssueNode(t *testing.T) {
	s, _ := newService(t)
	key, cert, err := s.IssueNode("node-1")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.NodeCA())
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
		_, err := cert.Verify(x509.VerifyOptions{DNSName: "node-1", Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}})
		if err != nil {
			t.Errorf("usage %v: %v", usage, err)
		}
	}
	if !belongTogether(key, cert) {
		t.Error("key and certificate do not belong together")
	}
	pair := tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
	if _, ok := pair.PrivateKey.(*rsa.PrivateKey); !ok || key.N.BitLen() != rsaBits {
		t.Errorf("got a key of %d bits, want RSA of %d", key.N.BitLen(), rsaBits)
	}
}

func TestCertificates(t *testing.T) {
	s, dir := newService(t)
	ctx := t.Context()
	carol := Account{ID: AccountID("carol"), Name: "carol"}
	if err := addAccount(ctx, s, carol); err != nil {
		t.Fatal(err)
	}
	if carol.ID != "000102236690" { // python3 -c 'import zlib; print("%012d" % zlib.adler32(b"carol"))'
		t.Errorf("got account number %s", carol.ID)
	}
	for _, who := range []string{admin.Account, carol.ID} {
		if err := s.WriteCredentials(ctx, who, filepath.Join(dir, "credentials", who), Endpoints{}); err != nil {
			t.Fatal(err)
		}
	}
	count := func(account string) int {
		t.Helper()
		certs, err := s.Certificates(ctx, account)
		if err != nil {
			t.Fatal(err)
		}
		return len(certs)
	}
	if own, all, none := count(carol.ID), count(admin.Account), count("1"); own != 1 || all != 2 || none != 0 {
		t.Errorf("certificates: carol %d, admin %d, nobody %d; want 1, 2, 0", own, all, none)
	}
}
