package identity

import (
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"emikit/cloud/caller"
)

func newAccount(t *testing.T, s *Service, name string) Account {
	t.Helper()
	a, err := s.AddAccount(t.Context(), name, false)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAddAccount(t *testing.T) {
	s, _ := newService(t)
	form := regexp.MustCompile(`^[1-9][0-9]{11}$`)
	ids := map[string]bool{}
	for _, c := range []struct {
		name  string
		admin bool
	}{{"alice", false}, {"Root.2", true}, {"9lives", false}, {"a", false}, {strings.Repeat("x", 63), false}, {"a-_.b..", false}} {
		a, err := s.AddAccount(t.Context(), c.name, c.admin)
		if err != nil || a.Name != c.name || a.Admin != c.admin || !form.MatchString(a.ID) || a.Created.IsZero() {
			t.Errorf("%q: got %+v, %v; want that name and a number like %v", c.name, a, err, form)
		}
		ids[a.ID] = true
		key, err := s.accessKey(t.Context(), a.ID)
		if err != nil {
			t.Fatalf("%q: access key: %v", c.name, err)
		}
		want := caller.Caller{Account: a.ID, Name: c.name, Admin: c.admin}
		if secret, who, err := s.SecretKey(t.Context(), key.ID); secret != key.Secret || who != want || err != nil {
			t.Errorf("%q: its key speaks for %+v, %v; want %+v", c.name, who, err, want)
		}
	}
	if len(ids) != 6 {
		t.Errorf("6 accounts have %d numbers", len(ids))
	}
	var names []string
	all, err := s.Accounts(t.Context())
	for _, a := range all {
		names = append(names, a.Name)
	}
	want := []string{"9lives", "a", "a-_.b..", "admin", "alice", "Root.2", strings.Repeat("x", 63)}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("listed: got %q, %v; want %q", names, err, want)
	}
}

func TestAddAccountRefuses(t *testing.T) {
	s, _ := newService(t)
	newAccount(t, s, "Alice")
	for _, name := range []string{
		"", ".", "..", ".hidden", "-rf", "_x", "a/b", "../x", "a b", "a\x00b", "a\n", "ä", "a:b", `a\b`,
		strings.Repeat("x", 64), "123456789012", "0",
	} {
		if _, err := s.AddAccount(t.Context(), name, false); !errors.Is(err, ErrBadAccountName) {
			t.Errorf("%q: got %v, want %v", name, err, ErrBadAccountName)
		}
	}
	for _, name := range []string{"Alice", "alice", "ALICE", "admin", "Admin", "system"} {
		if _, err := s.AddAccount(t.Context(), name, false); !errors.Is(err, ErrAccountExists) {
			t.Errorf("%q: got %v, want %v", name, err, ErrAccountExists)
		}
	}
}

// Of several that want one name at a time, one gets it.
func TestAddAccountAtOnce(t *testing.T) {
	s, _ := newService(t)
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		added int
	)
	for _, name := range []string{"bob", "Bob", "BOB", "bOb"} {
		all.Go(func() {
			_, err := s.AddAccount(t.Context(), name, false)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				added++
			} else if !errors.Is(err, ErrAccountExists) {
				t.Errorf("%s: got %v, want %v", name, err, ErrAccountExists)
			}
		})
	}
	all.Wait()
	if added != 1 {
		t.Errorf("%d of them were added, want 1", added)
	}
}

func TestRemoveAccount(t *testing.T) {
	s, dir := newService(t)
	ctx := t.Context()
	alice := newAccount(t, s, "alice")
	key, err := s.accessKey(ctx, alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteCredentials(ctx, alice.ID, filepath.Join(dir, "alice"), Endpoints{}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword(ctx, alice.ID, "correct horse"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CreateKeyPair(ctx, alice.caller(), "mykey"); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveAccount(ctx, alice.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SecretKey(ctx, key.ID); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("its key: got %v, want %v", err, ErrUnknownKey)
	}
	if certs, err := s.Certificates(ctx, alice.ID); len(certs) != 0 || err != nil {
		t.Errorf("its certificates: got %d, %v; want none", len(certs), err)
	}
	if _, err := s.CheckPassword(ctx, "alice", "correct horse"); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("its password: got %v, want %v", err, ErrWrongPassword)
	}
	if pairs, err := s.KeyPairs(ctx, alice.caller()); len(pairs) != 0 || err != nil {
		t.Errorf("its key pairs: got %v, %v; want none", pairs, err)
	}
	if _, err := s.AccountByName(ctx, "alice"); !errors.Is(err, ErrNoSuchAccount) {
		t.Errorf("by name: got %v, want %v", err, ErrNoSuchAccount)
	}
	// What it left behind can still be told whose it was.
	if a, err := s.Account(ctx, alice.ID); err != nil || !a.Removed || a.Name != alice.ID {
		t.Errorf("by number: got %+v, %v", a, err)
	}
	for what, err := range map[string]error{
		"removed again": s.RemoveAccount(ctx, alice.ID),
		"password":      s.SetPassword(ctx, alice.ID, "another one"),
		"key":           second(s.AddAccessKey(ctx, alice.ID)),
	} {
		if !errors.Is(err, ErrNoSuchAccount) {
			t.Errorf("%s: got %v, want %v", what, err, ErrNoSuchAccount)
		}
	}
	if again := newAccount(t, s, "alice"); again.ID == alice.ID {
		t.Errorf("another of that name has the same number, %s", again.ID)
	}
}

func second[A, B any](_ A, _ B, err error) error { return err }

func TestBuiltInAccountsStay(t *testing.T) {
	s, _ := newService(t)
	for _, id := range []string{admin.Account, SystemID} {
		if err := s.RemoveAccount(t.Context(), id); !errors.Is(err, ErrBuiltIn) {
			t.Errorf("%s: got %v, want %v", id, err, ErrBuiltIn)
		}
	}
}

func TestRevokedAccessKeys(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	alice := newAccount(t, s, "alice")
	first, err := s.accessKey(ctx, alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	next, about, err := s.AddAccessKey(ctx, alice.ID)
	if err != nil || about.ID != next.ID || !about.Active || next.Secret == "" {
		t.Fatalf("add: got %+v, %+v, %v", next, about, err)
	}
	if newest, err := s.accessKey(ctx, alice.ID); newest != next || err != nil {
		t.Errorf("for eucarc: got %v, %v; want the newest, %v", newest, err, next)
	}
	for _, revoke := range []string{next.ID, first.ID} { // a user may be locked out
		if err := s.RevokeAccessKey(ctx, alice.ID, revoke); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.SecretKey(ctx, revoke); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("%s once revoked: got %v, want %v", revoke, err, ErrUnknownKey)
		}
	}
	states := map[string]bool{}
	all, err := s.AccessKeys(ctx, alice.ID)
	for _, k := range all {
		states[k.ID] = k.Active
	}
	if want := map[string]bool{first.ID: false, next.ID: false}; err != nil || !maps.Equal(states, want) {
		t.Errorf("listed: got %v, %v; want %v", states, err, want)
	}
}

func TestRevokeAccessKeyRefuses(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	alice := newAccount(t, s, "alice")
	only, err := s.accessKey(ctx, admin.Account)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeAccessKey(ctx, alice.ID, only.ID); !errors.Is(err, ErrNoSuchKey) {
		t.Errorf("another's key: got %v, want %v", err, ErrNoSuchKey)
	}
	if err := s.RevokeAccessKey(ctx, admin.Account, only.ID); !errors.Is(err, ErrLastKey) {
		t.Errorf("the administrator's only key: got %v, want %v", err, ErrLastKey)
	}
	if _, _, err := s.SecretKey(ctx, only.ID); err != nil {
		t.Errorf("a key that was refused to be revoked: %v", err)
	}
	if _, _, err := s.AddAccessKey(ctx, admin.Account); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeAccessKey(ctx, admin.Account, only.ID); err != nil {
		t.Errorf("with another one: %v", err)
	}
}

// The secret of a revoked key is not kept.
func TestRevokedSecretIsForgotten(t *testing.T) {
	dir := newDir(t)
	db := openState(t, dir)
	s, err := Open(t.Context(), db, dir)
	if err != nil {
		t.Fatal(err)
	}
	alice := newAccount(t, s, "alice")
	key, err := s.accessKey(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeAccessKey(t.Context(), alice.ID, key.ID); err != nil {
		t.Fatal(err)
	}
	var secret string
	if err := scanOne(t, s, &secret, "SELECT secret FROM access_keys WHERE id = ?", key.ID); err != nil || secret != "" {
		t.Errorf("got a secret of %d characters, %v; want none", len(secret), err)
	}
}

func TestCredentialsFollowKeys(t *testing.T) {
	s, data := newService(t)
	ctx, at := t.Context(), Endpoints{EC2: "http://e", S3: "http://s"}
	alice, dir := newAccount(t, s, "alice"), filepath.Join(data, "alice")
	if err := s.RefreshCredentials(ctx, alice.ID, dir, at); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder that is not there was made")
	}
	if err := s.WriteCredentials(ctx, alice.ID, dir, at); err != nil {
		t.Fatal(err)
	}
	old, err := s.userPair(ctx, alice, dir)
	if err != nil {
		t.Fatal(err)
	}
	// A new pair stands beside the old one, and eucarc names the new.
	if err := s.RenewCredentials(ctx, alice.ID, dir, at); err != nil {
		t.Fatal(err)
	}
	renewed, err := s.userPair(ctx, alice, dir)
	if err != nil || renewed == old || !strings.Contains(listing(t, dir)["eucarc"], renewed) || len(listing(t, dir)) != 6 {
		t.Errorf("renewed: pair %s after %s, %v, %d files; want another one and 6 files", renewed, old, err, len(listing(t, dir)))
	}
	certs, err := s.OwnCertificates(ctx, alice.ID)
	if err != nil || len(certs) != 2 {
		t.Fatalf("got %d certificates, %v; want 2", len(certs), err)
	}
	// Once the new one is revoked, eucarc has the old again.
	if err := s.RevokeCertificate(ctx, alice.ID, certs[1].Fingerprint); err != nil {
		t.Fatal(err)
	}
	key, _, err := s.AddAccessKey(ctx, alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RefreshCredentials(ctx, alice.ID, dir, at); err != nil {
		t.Fatal(err)
	}
	if text := listing(t, dir)["eucarc"]; !strings.Contains(text, old) || !strings.Contains(text, key.Secret) {
		t.Errorf("eucarc has not the pair %s and the key %s:\n%s", old, key, text)
	}
	// Without any, the folder is left as it is.
	if err := s.RevokeCertificate(ctx, alice.ID, certs[0].Fingerprint); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	if err := s.RefreshCredentials(ctx, alice.ID, dir, Endpoints{}); err != nil || !maps.Equal(before, listing(t, dir)) {
		t.Errorf("with nothing that is accepted: %v, or the folder was changed", err)
	}
}

func TestRemoveCredentials(t *testing.T) {
	s, data := newService(t)
	for _, own := range []string{"", "notes.txt"} {
		dir := filepath.Join(data, "folder"+own)
		if err := s.WriteCredentials(t.Context(), admin.Account, dir, Endpoints{}); err != nil {
			t.Fatal(err)
		}
		if own != "" {
			if err := os.WriteFile(filepath.Join(dir, own), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := RemoveCredentials(dir); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat(dir)
		if own == "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder: got %v, want it gone", err)
		}
		if own != "" && !slices.Equal(slices.Collect(maps.Keys(listing(t, dir))), []string{own}) {
			t.Errorf("got %v, want the user's own file alone", listing(t, dir))
		}
	}
	if err := RemoveCredentials(filepath.Join(data, "never")); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// scanOne reads the only value of the first row.
func scanOne(t *testing.T, s *Service, to any, query string, args ...any) error {
	t.Helper()
	return s.db.View(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow(query, args...).Scan(to) })
}
