package network

import (
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"emikit/cloud/state"
)

const (
	alice = "000000000001"
	bob   = "000000000002"
)

func open(t *testing.T, c Config) *Service {
	t.Helper()
	db, err := state.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c.DB = db
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	addAccount(t, s, alice)
	addAccount(t, s, bob)
	return s
}

func addAccount(t *testing.T, s *Service, id string) {
	t.Helper()
	err := s.db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO accounts (id, name, admin, created) VALUES (?, ?, 0, 0)`, id, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func group(t *testing.T, s *Service, account string) Group {
	t.Helper()
	groups, err := s.Groups(t.Context(), account, []string{DefaultGroup})
	if err != nil || len(groups) != 1 {
		t.Fatalf("default group of %s: got %+v, %v", account, groups, err)
	}
	return groups[0]
}

// allocate is Allocate in a transaction of its own, as one word.
func allocate(t *testing.T, s *Service, groupID, instance string) (string, error) {
	t.Helper()
	var private, public netip.Addr
	err := s.db.Update(t.Context(), func(tx *sql.Tx) (err error) {
		private, public, err = s.Allocate(t.Context(), tx, []string{groupID}, instance)
		return err
	})
	return private.String() + " " + public.String(), err
}

func release(t *testing.T, s *Service, instance string) {
	t.Helper()
	err := s.db.Update(t.Context(), func(tx *sql.Tx) error { return s.Release(t.Context(), tx, instance) })
	if err != nil {
		t.Fatal(err)
	}
}

func pool(t *testing.T, text string) Pool {
	t.Helper()
	p, err := ParsePool(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDefaultGroups(t *testing.T) {
	s := open(t, Config{})
	a, b := group(t, s, alice), group(t, s, bob)
	if a.VLAN != 10 || a.Network.String() != "10.0.2.0/26" || a.Description != "default group" || a.Account != alice {
		t.Errorf("the first: got %+v, want VLAN 10 with 10.0.2.0/26", a)
	}
	if b.VLAN != 11 || b.Network.String() != "10.0.2.64/26" {
		t.Errorf("the second: got %+v, want VLAN 11 with 10.0.2.64/26", b)
	}
	for _, names := range [][]string{nil, {a.ID}, {"default", a.ID}} {
		if got, err := s.Groups(t.Context(), alice, names); err != nil || len(got) != 1 || got[0].ID != a.ID {
			t.Errorf("%q: got %+v, %v; want %+v", names, got, err, a)
		}
	}
	for _, name := range []string{"web", b.ID, ""} {
		if _, err := s.Groups(t.Context(), alice, []string{"default", name}); !errors.Is(err, ErrUnknownGroup) {
			t.Errorf("%q: got %v, want %v", name, err, ErrUnknownGroup)
		}
	}
}

func TestGroupsNeedAnAccount(t *testing.T) {
	if got, err := open(t, Config{}).Groups(t.Context(), "", nil); !errors.Is(err, ErrNoAccount) {
		t.Errorf("got %v, %v; want %v", got, err, ErrNoAccount)
	}
}

func TestDefaultGroupIsMadeOnce(t *testing.T) {
	s := open(t, Config{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := s.Groups(t.Context(), alice, nil); err != nil || len(got) != 1 {
				t.Errorf("got %+v, %v; want one group", got, err)
			}
		})
	}
	all.Wait()
}

// The walk-through's second instance has 10.0.2.3: its VNET_SUBNET is 10.0.0.0
// and VNET_ADDRSPERNET 64.
func TestAddressesOfTheWalkThrough(t *testing.T) {
	s := open(t, Config{Public: pool(t, "172.16.0.11 172.16.0.12 172.16.0.13 172.16.0.14")})
	id := group(t, s, alice).ID
	for i, want := range []string{"10.0.2.2 172.16.0.11", "10.0.2.3 172.16.0.12", "10.0.2.4 172.16.0.13"} {
		if got, err := allocate(t, s, id, fmt.Sprint(i)); err != nil || got != want {
			t.Errorf("instance %d: got %s, %v; want %s", i, got, err, want)
		}
	}
}

func TestAllocateAndReleaseAreIdempotent(t *testing.T) {
	s := open(t, Config{})
	id := group(t, s, alice).ID
	for range 2 {
		if got, err := allocate(t, s, id, "i-1"); err != nil || got != "10.0.2.2 127.8.0.1" {
			t.Errorf("i-1: got %s, %v; want 10.0.2.2 127.8.0.1", got, err)
		}
	}
	if got, err := allocate(t, s, id, "i-2"); err != nil || got != "10.0.2.3 127.8.0.2" {
		t.Errorf("i-2: got %s, %v; want 10.0.2.3 127.8.0.2", got, err)
	}
	release(t, s, "i-1")
	release(t, s, "i-1")
	if got, err := allocate(t, s, id, "i-3"); err != nil || got != "10.0.2.2 127.8.0.1" {
		t.Errorf("i-3: got %s, %v; want what i-1 gave back", got, err)
	}
	if _, err := allocate(t, s, "sg-00000000", "i-4"); !errors.Is(err, ErrUnknownGroup) {
		t.Errorf("unknown group: got %v, want %v", err, ErrUnknownGroup)
	}
}

func TestARolledBackAllocationTakesNothing(t *testing.T) {
	s := open(t, Config{})
	id := group(t, s, alice).ID
	cause := errors.New("no room")
	err := s.db.Update(t.Context(), func(tx *sql.Tx) error {
		if _, _, err := s.Allocate(t.Context(), tx, []string{id}, "i-1"); err != nil {
			t.Error(err)
		}
		return cause
	})
	if !errors.Is(err, cause) {
		t.Fatalf("got %v, want %v", err, cause)
	}
	if got, err := allocate(t, s, id, "i-2"); err != nil || got != "10.0.2.2 127.8.0.1" {
		t.Errorf("got %s, %v; want the first addresses", got, err)
	}
}

func TestExhaustionNamesThePool(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		room   int
		want   string
	}{
		{"public", Config{Public: pool(t, "192.0.2.1-192.0.2.2")}, 2,
			"not enough resources: addresses: all public addresses of 192.0.2.1-192.0.2.2 are in use"},
		{"private", Config{PerNetwork: 8}, 5, // 8 less network, router and broadcast
			"not enough resources: addresses: all private addresses of 10.0.0.64/29 are in use"},
		{"smallest network", Config{PerNetwork: 4}, 1,
			"not enough resources: addresses: all private addresses of 10.0.0.32/30 are in use"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, test.config)
			id := group(t, s, alice).ID
			for i := range test.room {
				if _, err := allocate(t, s, id, fmt.Sprint(i)); err != nil {
					t.Fatalf("instance %d of %d: %v", i, test.room, err)
				}
			}
			_, err := allocate(t, s, id, "one more")
			if !errors.Is(err, ErrNoAddress) || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if got, err := allocate(t, s, id, "0"); err != nil {
				t.Errorf("one that has its addresses: got %s, %v", got, err)
			}
		})
	}
}

func TestNetworksRunOut(t *testing.T) {
	// 16 networks belong to VLANs 2 to 17; groups get those from 10 up.
	s := open(t, Config{Subnet: netip.MustParsePrefix("10.0.0.0/26"), PerNetwork: 4, Public: pool(t, "192.0.2.1")})
	for i := range 9 {
		account := fmt.Sprintf("1%011d", i)
		addAccount(t, s, account)
		groups, err := s.Groups(t.Context(), account, nil)
		if i == 8 {
			if !errors.Is(err, ErrNoNetwork) {
				t.Errorf("the ninth group: got %+v, %v; want %v", groups, err, ErrNoNetwork)
			}
			return
		}
		if err != nil || groups[0].VLAN != 10+i {
			t.Fatalf("group %d: got %+v, %v; want VLAN %d", i, groups, err, 10+i)
		}
	}
}

func TestMAC(t *testing.T) {
	for id, want := range map[string]string{
		"i-2ECA052C": "d0:0d:2E:CA:05:2C", // as Eucalyptus 1.4 gives it
		"i-2ECA052":  "", "2ECA052C": "", "": "",
	} {
		if got := MAC(id); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

func TestRefusedConfigurations(t *testing.T) {
	prefix := netip.MustParsePrefix
	for name, c := range map[string]Config{
		"IPv6":               {Subnet: prefix("fd00::/8")},
		"host bits":          {Subnet: prefix("10.0.0.1/8")},
		"too small":          {Subnet: prefix("10.0.0.0/24"), PerNetwork: 64},
		"not a power of two": {PerNetwork: 48},
		"tiny networks":      {PerNetwork: 2},
		"negative":           {PerNetwork: -64},
		"overlap":            {Public: Pool{{netip.MustParseAddr("9.255.255.255"), netip.MustParseAddr("10.0.0.0")}}},
	} {
		if s, err := New(c); err == nil || s != nil {
			t.Errorf("%s: got %v, %v; want an error", name, s, err)
		}
	}
}
