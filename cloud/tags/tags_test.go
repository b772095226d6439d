package tags

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/caller"
	"emikit/cloud/state"
)

var (
	alice = caller.Caller{Account: "000000000001", Name: "alice"}
	bob   = caller.Caller{Account: "000000000002", Name: "bob"}
	admin = caller.Caller{Account: "000000000003", Name: "admin", Admin: true}
)

// What Alice has; emi-2 is deregistered.
var hers = []string{"emi-1", "i-1", "key-1", "sg-1"}

func open(t *testing.T) (*Service, *state.DB) {
	t.Helper()
	db, err := state.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, who := range []caller.Caller{alice, bob, admin} {
		do(t, db, `INSERT INTO accounts (id, name, admin, created) VALUES (?, ?, ?, 0)`, who.Account, who.Name, who.Admin)
	}
	for id, state := range map[string]string{"emi-1": "available", "emi-2": "deregistered"} {
		do(t, db, `INSERT INTO images (id, account, location, kind, architecture, kernel_id, ramdisk_id, platform, name, description, public,
			state, reason, size, mappings, product_codes, ancestors, manifest, manifest_hash, parts, parts_hash, registered)
			VALUES (?, ?, '', '', '', '', '', '', '', '', 1, ?, '', 0, '', '', '', x'', '', '', '', 0)`, id, alice.Account, state)
	}
	do(t, db, `INSERT INTO reservations (id, account, groups, client_token, request, created) VALUES ('r-1', ?, '[]', '', '', 0)`, alice.Account)
	do(t, db, `INSERT INTO instances (id, reservation, account, launch_index, image, kernel, ramdisk, image_name, location, architecture, platform,
		product_codes, ancestors, vm_type, cpus, memory_mb, disk_gb, key_name, public_key, zone, node, state, reason_code, reason, private_ip,
		public_ip, user_data, launched, changed) VALUES ('i-1', 'r-1', ?, 0, '', '', '', '', '', '', '', '', '', '', 1, 1, 1, '', '', '', '', 'running', '', '', '', '', x'', 0, 0)`, alice.Account)
	do(t, db, `INSERT INTO key_pairs (account, name, fingerprint, public_key, created, id) VALUES (?, 'key', '', '', 0, 'key-1')`, alice.Account)
	do(t, db, `INSERT INTO security_groups (id, account, name, description, vlan, created) VALUES ('sg-1', ?, 'default', '', 10, 0)`, alice.Account)
	return New(db), db
}

func do(t *testing.T, db *state.DB, statement string, args ...any) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// list prints what somebody sees.
func list(t *testing.T, s *Service, who caller.Caller, of Type) string {
	t.Helper()
	found, err := s.List(t.Context(), who, of)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s/%s %s=%s", f.Type, f.Resource, f.Key, f.Value))
	}
	return strings.Join(all, ", ")
}

func mustPut(t *testing.T, s *Service, ids []string, tags ...Tag) {
	t.Helper()
	if err := s.Put(t.Context(), alice, ids, tags); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func TestPutListRemove(t *testing.T) {
	s, _ := open(t)
	mustPut(t, s, hers, Tag{"Name", "web"})
	mustPut(t, s, []string{"i-1", "emi-1"}, Tag{"Name", "db"}, Tag{"empty", ""})
	const images = "image/emi-1 Name=db, image/emi-1 empty="
	const all = images + ", instance/i-1 Name=db, instance/i-1 empty=, key-pair/key-1 Name=web, security-group/sg-1 Name=web"
	for _, c := range []struct {
		who  caller.Caller
		of   Type
		want string
	}{
		{alice, "", all}, {alice, Image, images}, {bob, "", ""}, {caller.Caller{}, "", ""},
		{admin, "", images + ", instance/i-1 Name=db, instance/i-1 empty="}, {admin, KeyPair, ""},
	} {
		if got := list(t, s, c.who, c.of); got != c.want {
			t.Errorf("%s of %q: got %s\nwant %s", c.who.Name, c.of, got, c.want)
		}
	}
	for _, step := range []struct {
		match Match
		left  string
	}{
		{Match{Key: "Name", Value: new("web")}, images},
		{Match{Key: "name"}, images}, // keys are as they are written
		{Match{Key: "empty", Value: new("")}, "image/emi-1 Name=db"},
		{Match{Key: "Name"}, ""},
	} {
		if err := s.Remove(t.Context(), alice, []string{"emi-1"}, []Match{step.match}); err != nil {
			t.Fatal(err)
		}
		if got := list(t, s, alice, Image); got != step.left {
			t.Errorf("after %+v: got %s, want %s", step.match, got, step.left)
		}
	}
	if err := s.Remove(t.Context(), alice, hers, nil); err != nil || list(t, s, alice, "") != "" {
		t.Errorf("all removed: %v, left are %s", err, list(t, s, alice, ""))
	}
}

// TestOwnersOnly: nobody else's change does anything, also not to what comes first.
func TestOwnersOnly(t *testing.T) {
	s, _ := open(t)
	mustPut(t, s, hers, Tag{"Name", "web"})
	before := list(t, s, alice, "")
	for _, id := range append([]string{"emi-2", "emi-3", "i-9", "key-9", "sg-9", "vol-1", "", "x"}, hers...) {
		for _, who := range []caller.Caller{bob, {}, admin} {
			if who.Admin && (id == "emi-1" || id == "i-1") {
				continue
			}
			ids := []string{id}
			if who.Admin {
				ids = []string{"i-1", id}
			}
			var missing *NotFoundError
			if err := s.Put(t.Context(), who, ids, []Tag{{"Name", "his"}}); !errors.As(err, &missing) || missing.ID != id || missing.Type != typeOf(id) {
				t.Errorf("put on %q by %q: got %v, want it not found", id, who.Name, err)
			}
			if err := s.Remove(t.Context(), who, ids, nil); !errors.Is(err, ErrNotFound) {
				t.Errorf("remove from %q by %q: got %v, want %v", id, who.Name, err, ErrNotFound)
			}
		}
	}
	if got := list(t, s, alice, ""); got != before {
		t.Errorf("got %s, want %s as before", got, before)
	}
	if err := s.Put(t.Context(), admin, []string{"emi-1", "i-1"}, []Tag{{"by", "admin"}}); err != nil {
		t.Errorf("put by an administrator: %v", err)
	}
	if got := list(t, s, alice, Instance); got != "instance/i-1 Name=web, instance/i-1 by=admin" {
		t.Errorf("its owner sees %s", got)
	}
}

func TestLimits(t *testing.T) {
	s, _ := open(t)
	var fifty []Tag
	for i := range maxTags {
		fifty = append(fifty, Tag{fmt.Sprint("key", i), strings.Repeat("ä", maxValue)})
	}
	mustPut(t, s, []string{"i-1"}, fifty...)
	mustPut(t, s, []string{"i-1"}, fifty[0], Tag{fifty[1].Key, "other"})
	for name, c := range map[string]struct {
		tags []Tag
		want error
	}{
		"the fifty-first": {[]Tag{{"one more", ""}}, ErrTooMany},
		"more at once":    {append(fifty[:maxTags:maxTags], Tag{"x", ""}), ErrTooMany},
		"no key":          {[]Tag{{"", "x"}}, ErrBadTag},
		"long key":        {[]Tag{{strings.Repeat("ä", maxKey+1), ""}}, ErrBadTag},
		"long value":      {[]Tag{{"x", strings.Repeat("x", maxValue+1)}}, ErrBadTag},
		"not text":        {[]Tag{{"x\xff", ""}}, ErrBadTag},
		"twice":           {[]Tag{{"x", "1"}, {"x", "2"}}, ErrBadTag},
		"reserved":        {[]Tag{{"AWS:x", ""}}, ErrBadTag},
		"ours":            {[]Tag{{"emikit:signature", "known"}}, ErrBadTag},
	} {
		if err := s.Put(t.Context(), alice, []string{"i-1"}, c.tags); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if err := s.Put(t.Context(), alice, make([]string, maxResources+1), []Tag{{"x", ""}}); !errors.Is(err, ErrTooMany) {
		t.Errorf("on too many things: got %v, want %v", err, ErrTooMany)
	}
	found, err := s.List(t.Context(), alice, "")
	if err != nil || len(found) != maxTags {
		t.Errorf("got %d tags, %v, want %d", len(found), err, maxTags)
	}
}

// TestTagsGoWithTheirThings: whoever removes these.
func TestTagsGoWithTheirThings(t *testing.T) {
	s, db := open(t)
	mustPut(t, s, hers, Tag{"Name", "web"})
	left := map[string]string{
		`UPDATE images SET state = 'failed' WHERE id = 'emi-1'`:       "image instance key-pair security-group",
		`UPDATE images SET state = 'deregistered' WHERE id = 'emi-1'`: "instance key-pair security-group",
		`DELETE FROM instances`:       "key-pair security-group",
		`DELETE FROM key_pairs`:       "security-group",
		`DELETE FROM security_groups`: "",
	}
	for _, statement := range []string{
		`UPDATE images SET state = 'failed' WHERE id = 'emi-1'`, `UPDATE images SET state = 'deregistered' WHERE id = 'emi-1'`,
		`DELETE FROM instances`, `DELETE FROM key_pairs`, `DELETE FROM security_groups`,
	} {
		do(t, db, statement)
		found, err := s.List(t.Context(), alice, "")
		var types []string
		for _, f := range found {
			types = append(types, string(f.Type))
		}
		if diff := cmp.Diff(left[statement], strings.Join(types, " ")); err != nil || diff != "" {
			t.Errorf("%s: %v, want then got:\n%s", statement, err, diff)
		}
	}
}
