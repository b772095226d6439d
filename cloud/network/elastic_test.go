package network

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"testing"

	"emikit/cloud/state"
)

// take gives an account an address.
func take(t *testing.T, s *Service, account string) netip.Addr {
	t.Helper()
	ip, err := s.AllocateAddress(t.Context(), account, false)
	if err != nil {
		t.Fatal(err)
	}
	return ip
}

// move changes addresses in a transaction of its own.
func move(t *testing.T, s *Service, change func(tx *sql.Tx) (Moves, error)) (moves Moves, err error) {
	t.Helper()
	err = s.db.Update(t.Context(), func(tx *sql.Tx) error {
		moves, err = change(tx)
		return err
	})
	return moves, err
}

func associate(t *testing.T, s *Service, ip netip.Addr, instance string) (Moves, error) {
	t.Helper()
	return move(t, s, func(tx *sql.Tx) (Moves, error) { return s.AssociateAddress(t.Context(), tx, alice, ip, instance) })
}

// wantMoves compares moves with pairs of instances and addresses.
func wantMoves(t *testing.T, what string, got Moves, err error, want ...string) {
	t.Helper()
	wanted := Moves{}
	for i := 0; i < len(want); i += 2 {
		wanted[want[i]], _ = netip.ParseAddr(want[i+1]) // "" is none
	}
	if err != nil || !maps.Equal(got, wanted) {
		t.Errorf("%s: got %v, %v; want %v", what, got, err, wanted)
	}
}

// wantHeld compares what Alice holds: addresses and instances.
func wantHeld(t *testing.T, s *Service, want ...string) {
	t.Helper()
	held, err := s.Addresses(t.Context(), alice, nil)
	var got []string
	for _, a := range held {
		got = append(got, a.IP.String()+" "+a.Instance)
	}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("held: got %q, %v; want %q", got, err, want)
	}
}

func TestAssociate(t *testing.T) {
	s := open(t, Config{Public: pool(t, "192.0.2.1-192.0.2.9")})
	id := group(t, s, alice).ID
	for i, want := range []string{"10.0.2.2 192.0.2.1", "10.0.2.3 192.0.2.2"} {
		if got, err := allocate(t, s, id, fmt.Sprintf("i-%d", i+1)); err != nil || got != want {
			t.Fatalf("got %s, %v; want %s", got, err, want)
		}
	}
	ip, other := take(t, s, alice), take(t, s, alice)
	wantHeld(t, s, "192.0.2.3 ", "192.0.2.4 ")
	moves, err := associate(t, s, ip, "i-1")
	wantMoves(t, "the first", moves, err, "i-1", "192.0.2.3")
	moves, err = associate(t, s, ip, "i-1")
	wantMoves(t, "again", moves, err)
	if got, err := allocate(t, s, id, "i-1"); err != nil || got != "10.0.2.2 192.0.2.3" {
		t.Errorf("allocated again: got %s, %v; want 10.0.2.2 192.0.2.3", got, err)
	}
	if got, err := allocate(t, s, id, "i-3"); err != nil || got != "10.0.2.4 192.0.2.1" {
		t.Errorf("another instance: got %s, %v; want what the first gave back", got, err)
	}
	moves, err = associate(t, s, ip, "i-2")
	wantMoves(t, "moved", moves, err, "i-2", "192.0.2.3", "i-1", "192.0.2.2") // what the second gave back
	moves, err = associate(t, s, other, "i-2")
	wantMoves(t, "another in its place", moves, err, "i-2", "192.0.2.4")
	wantHeld(t, s, "192.0.2.3 ", "192.0.2.4 i-2")
	moves, err = move(t, s, func(tx *sql.Tx) (Moves, error) { return s.DisassociateAddress(t.Context(), tx, alice, other) })
	wantMoves(t, "taken away", moves, err, "i-2", "192.0.2.5")
	moves, err = move(t, s, func(tx *sql.Tx) (Moves, error) { return s.DisassociateAddress(t.Context(), tx, alice, other) })
	wantMoves(t, "taken away again", moves, err)
	wantHeld(t, s, "192.0.2.3 ", "192.0.2.4 ")
}

func TestReleaseAddress(t *testing.T) {
	s := open(t, Config{Public: pool(t, "192.0.2.1-192.0.2.3")})
	id := group(t, s, alice).ID
	if _, err := allocate(t, s, id, "i-1"); err != nil {
		t.Fatal(err)
	}
	ip := take(t, s, alice)
	if _, err := associate(t, s, ip, "i-1"); err != nil {
		t.Fatal(err)
	}
	releaseIt := func(account string) (Moves, error) {
		return move(t, s, func(tx *sql.Tx) (Moves, error) { return s.ReleaseAddress(t.Context(), tx, account, ip) })
	}
	if _, err := releaseIt(bob); !errors.Is(err, ErrUnknownAddress) {
		t.Errorf("by bob: got %v, want %v", err, ErrUnknownAddress)
	}
	moves, err := releaseIt(alice)
	wantMoves(t, "released", moves, err, "i-1", "192.0.2.1")
	if _, err := releaseIt(alice); !errors.Is(err, ErrUnknownAddress) {
		t.Errorf("again: got %v, want %v", err, ErrUnknownAddress)
	}
	wantHeld(t, s)
	if again := take(t, s, bob); again != ip {
		t.Errorf("the next one: got %s, want %s", again, ip)
	}
}

// The end of an instance leaves its elastic address with the account.
func TestElasticAddressesOutliveInstances(t *testing.T) {
	s := open(t, Config{})
	id := group(t, s, alice).ID
	if _, err := allocate(t, s, id, "i-1"); err != nil {
		t.Fatal(err)
	}
	ip := take(t, s, alice)
	if _, err := associate(t, s, ip, "i-1"); err != nil {
		t.Fatal(err)
	}
	release(t, s, "i-1")
	wantHeld(t, s, ip.String()+" ")
	if got, err := allocate(t, s, id, "i-2"); err != nil || got != "10.0.2.2 127.8.0.1" {
		t.Errorf("the next instance: got %s, %v; want the lowest free addresses", got, err)
	}
}

func TestWithoutAddressesLeft(t *testing.T) {
	s := open(t, Config{Public: pool(t, "192.0.2.1-192.0.2.2")})
	id := group(t, s, alice).ID
	if _, err := allocate(t, s, id, "i-1"); err != nil {
		t.Fatal(err)
	}
	ip := take(t, s, alice)
	if _, err := s.AllocateAddress(t.Context(), bob, false); !errors.Is(err, ErrNoAddress) {
		t.Errorf("a third: got %v, want %v", err, ErrNoAddress)
	}
	if _, err := associate(t, s, ip, "i-1"); err != nil {
		t.Fatal(err)
	}
	take(t, s, bob)
	moves, err := move(t, s, func(tx *sql.Tx) (Moves, error) { return s.DisassociateAddress(t.Context(), tx, alice, ip) })
	wantMoves(t, "nothing in its place", moves, err, "i-1", "")
}

func TestAddressLimit(t *testing.T) {
	s := open(t, Config{})
	for range maxElastic {
		take(t, s, alice)
	}
	if _, err := s.AllocateAddress(t.Context(), alice, false); !errors.Is(err, ErrTooManyAddresses) {
		t.Errorf("got %v, want %v", err, ErrTooManyAddresses)
	}
	if _, err := s.AllocateAddress(t.Context(), alice, true); err != nil {
		t.Errorf("an administrator: %v", err)
	}
	take(t, s, bob)
	if _, err := s.AllocateAddress(t.Context(), "", true); !errors.Is(err, ErrNoAccount) {
		t.Errorf("without an account: got %v, want %v", err, ErrNoAccount)
	}
}

func TestAddressesOfAnAccount(t *testing.T) {
	s := open(t, Config{})
	first, his, second := take(t, s, alice), take(t, s, bob), take(t, s, alice)
	got, err := s.Addresses(t.Context(), alice, []netip.Addr{second, first})
	if err != nil || len(got) != 2 || got[0].IP != second || got[1].IP != first {
		t.Errorf("got %+v, %v; want both in the order asked", got, err)
	}
	for _, ip := range []netip.Addr{his, netip.MustParseAddr("203.0.113.1")} {
		if got, err := s.Addresses(t.Context(), alice, []netip.Addr{first, ip}); !errors.Is(err, ErrUnknownAddress) {
			t.Errorf("%s: got %+v, %v; want %v", ip, got, err, ErrUnknownAddress)
		}
		if _, err := associate(t, s, ip, "i-1"); !errors.Is(err, ErrUnknownAddress) {
			t.Errorf("associate %s: got %v, want %v", ip, err, ErrUnknownAddress)
		}
	}
	if _, err := s.Addresses(t.Context(), "", nil); !errors.Is(err, ErrNoAccount) {
		t.Errorf("without an account: got %v, want %v", err, ErrNoAccount)
	}
}

// What was acknowledged is there after the database is opened again.
func TestNetworkIsDurable(t *testing.T) {
	dir := t.TempDir()
	for again := range 2 {
		db, err := state.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(Config{DB: db})
		if err != nil {
			t.Fatal(err)
		}
		if again == 0 {
			addAccount(t, s, alice)
			create(t, s, alice, "web")
			authorize(t, s, "web", rule("tcp", 22, 22, "10.0.0.0/8"))
			take(t, s, alice)
		}
		if got := rulesText(t, s, "web"); len(got) != 1 || got[0] != "tcp 22-22 from 10.0.0.0/8" {
			t.Errorf("open %d: got rules %q", again, got)
		}
		wantHeld(t, s, "127.8.0.1 ")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
