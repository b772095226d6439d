package network

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func create(t *testing.T, s *Service, account, name string) Group {
	t.Helper()
	g, err := s.CreateGroup(t.Context(), account, name, "words")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCreateGroup(t *testing.T) {
	s := open(t, Config{})
	made := create(t, s, alice, "web")
	if made.VLAN != 11 || made.Network.String() != "10.0.2.64/26" || !strings.HasPrefix(made.ID, "sg-") { // 10 is the default group's
		t.Errorf("got %+v, want VLAN 11 with 10.0.2.64/26", made)
	}
	got, err := s.Groups(t.Context(), alice, []string{"web", made.ID})
	if err != nil || len(got) != 1 || got[0].Name != "web" || got[0].Description != "words" || got[0].VLAN != 11 || len(got[0].Rules) != 0 {
		t.Errorf("got %+v, %v; want the group once, without rules", got, err)
	}
	if _, err := s.Groups(t.Context(), bob, []string{"web"}); !errors.Is(err, ErrUnknownGroup) {
		t.Errorf("bob asks: got %v, want %v", err, ErrUnknownGroup)
	}
	create(t, s, bob, "web") // names are an account's own
}

func TestRefusedGroups(t *testing.T) {
	s := open(t, Config{})
	create(t, s, alice, "web")
	long := strings.Repeat("x", 256)
	for _, test := range []struct {
		account, name, description string
		want                       error
	}{
		{"", "db", "d", ErrNoAccount},
		{alice, "web", "d", ErrGroupExists},
		{alice, "default", "d", ErrReservedGroup},
		{alice, "", "d", ErrBadName}, {alice, long, "d", ErrBadName}, {alice, "sg-web", "d", ErrBadName}, {alice, " db", "d", ErrBadName},
		{alice, "db\n", "d", ErrBadName}, {alice, "dé", "d", ErrBadName}, {alice, "\x00", "d", ErrBadName}, {alice, "\xff", "d", ErrBadName},
		{alice, "db", "", ErrBadDescription}, {alice, "db", long, ErrBadDescription}, {alice, "db", "a\tb", ErrBadDescription},
		{alice, "db", "ü", ErrBadDescription},
	} {
		if got, err := s.CreateGroup(t.Context(), test.account, test.name, test.description); !errors.Is(err, test.want) || len(err.Error()) > 500 {
			t.Errorf("%.20q %.20q: got %+v, %v; want %v", test.name, test.description, got, err, test.want)
		}
	}
	for _, name := range []string{long[1:], "~ !\"#$%&'()*+,-./:;<=>?@[]^_`{|}", "Default", "web server"} {
		create(t, s, alice, name)
	}
}

func TestDeleteGroup(t *testing.T) {
	s := open(t, Config{})
	for _, by := range []func(Group) string{func(g Group) string { return g.Name }, func(g Group) string { return g.ID }} {
		g := create(t, s, alice, "web")
		authorize(t, s, "web", rule("tcp", 22, 22, "0.0.0.0/0"))
		authorize(t, s, "web", Rule{Protocol: "tcp", From: 1, To: 1, Source: Source{ID: g.ID}}) // itself is no hindrance
		if err := s.DeleteGroup(t.Context(), alice, by(g)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Groups(t.Context(), alice, nil); err != nil || len(got) != 1 {
			t.Errorf("got %+v, %v; want the default group", got, err)
		}
		if again := create(t, s, alice, "web"); again.VLAN != g.VLAN || len(again.Rules) != 0 {
			t.Errorf("made anew: got %+v, want VLAN %d and no rules", again, g.VLAN)
		}
		if err := s.DeleteGroup(t.Context(), alice, "web"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteGroup(t.Context(), alice, "web"); !errors.Is(err, ErrUnknownGroup) {
		t.Errorf("what is gone: got %v, want %v", err, ErrUnknownGroup)
	}
	if err := s.DeleteGroup(t.Context(), "", "web"); !errors.Is(err, ErrNoAccount) {
		t.Errorf("without an account: got %v, want %v", err, ErrNoAccount)
	}
}

func TestGroupsThatStay(t *testing.T) {
	busy := ""
	s := open(t, Config{InUse: func(_ context.Context, _ *sql.Tx, id string) (bool, error) { return id == busy, nil }})
	web, db := create(t, s, alice, "web"), create(t, s, alice, "db")
	theirs := create(t, s, bob, "theirs")
	authorize(t, s, "db", Rule{Protocol: "tcp", From: 5432, To: 5432, Source: Source{Name: "web"}})
	if err := s.Authorize(t.Context(), bob, "theirs", []Rule{{Protocol: "tcp", Source: Source{Account: alice, ID: db.ID}}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"default": ErrReservedGroup, "web": ErrGroupInUse, theirs.ID: ErrUnknownGroup} {
		if err := s.DeleteGroup(t.Context(), alice, name); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	busy = db.ID
	if err := s.DeleteGroup(t.Context(), alice, "db"); !errors.Is(err, ErrGroupInUse) || !strings.Contains(err.Error(), "instances") {
		t.Errorf("with instances: got %v, want %v", err, ErrGroupInUse)
	}
	busy = ""
	if err := s.DeleteGroup(t.Context(), alice, "db"); err != nil { // that another account lets it in binds nobody
		t.Error(err)
	}
	if err := s.DeleteGroup(t.Context(), alice, web.ID); err != nil {
		t.Error(err)
	}
}

func TestGroupLimit(t *testing.T) {
	s := open(t, Config{})
	group(t, s, alice)
	err := s.db.Update(t.Context(), func(tx *sql.Tx) error {
		for i := range maxGroups - 1 { // and the default one
			g := Group{Account: alice, Name: fmt.Sprint(i), Description: "d"}
			if _, err := s.insertGroup(t.Context(), tx, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateGroup(t.Context(), alice, "one more", "d"); !errors.Is(err, ErrTooManyGroups) {
		t.Errorf("got %v, want %v", err, ErrTooManyGroups)
	}
	create(t, s, bob, "of another account")
}

// An instance may not come into a group that is deleted meanwhile, be it its first
// or another one.
func TestAllocateInDeletedGroups(t *testing.T) {
	s := open(t, Config{})
	web := create(t, s, alice, "web")
	for _, groups := range [][]string{{web.ID, "sg-00000000"}, {"sg-00000000", web.ID}, {}} {
		err := s.db.Update(t.Context(), func(tx *sql.Tx) error {
			_, _, err := s.Allocate(t.Context(), tx, groups, "i-1")
			return err
		})
		if !errors.Is(err, ErrUnknownGroup) {
			t.Errorf("%v: got %v, want %v", groups, err, ErrUnknownGroup)
		}
	}
}

func TestForget(t *testing.T) {
	s := open(t, Config{})
	create(t, s, alice, "web")
	authorize(t, s, "web", rule("tcp", 22, 22, "0.0.0.0/0"))
	take(t, s, alice)
	take(t, s, bob)
	if err := s.Forget(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	if got, err := s.AllAddresses(t.Context()); err != nil || len(got) != 1 || got[0].Account != bob {
		t.Errorf("got addresses %+v, %v; want bob's", got, err)
	}
	if got := create(t, s, bob, "web"); got.VLAN != 11 { // 10 is that of his default group
		t.Errorf("got %+v, want a VLAN of Alice's", got)
	}
}
