package instances

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"testing"
)

// readdress gives an instance an address by itself.
func (c *cloud) readdress(live, id string, ip netip.Addr, cause error) error {
	return c.service.Readdress(c.t.Context(), live, func(*sql.Tx) (map[string]netip.Addr, error) {
		return map[string]netip.Addr{id: ip}, cause
	})
}

func TestReaddress(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(4), true)), func(t *testing.T, c *cloud) {
		c.start()
		id, ip := c.one().ID, netip.MustParseAddr("192.0.2.1")
		if err := c.readdress(id, id, ip, nil); err != nil || c.get(id).PublicIP != ip {
			t.Errorf("got %v, %v; want %v", c.get(id).PublicIP, err, ip)
		}
		if in, err := c.service.ByAddress(t.Context(), ip); err != nil || in.ID != id {
			t.Errorf("by the new address: got %q, %v; want %s", in.ID, err, id)
		}
		cause := errors.New("no such address")
		if err := c.readdress(id, id, netip.Addr{}, cause); !errors.Is(err, cause) || c.get(id).PublicIP != ip {
			t.Errorf("a change that failed: got %v, %v; want %v and nothing changed", c.get(id).PublicIP, err, cause)
		}
		if err := c.readdress("", id, netip.Addr{}, nil); err != nil || c.get(id).PublicIP.IsValid() {
			t.Errorf("no address: got %v, %v; want none", c.get(id).PublicIP, err)
		}
		if err := c.readdress("i-00000000", id, ip, nil); !errors.Is(err, ErrNotFound) {
			t.Errorf("an instance that is not there: got %v, want %v", err, ErrNotFound)
		}
		if _, err := c.service.Terminate(t.Context(), alice, []string{id}); err != nil {
			t.Fatal(err)
		}
		if err := c.readdress(id, id, ip, nil); !errors.Is(err, ErrState) {
			t.Errorf("an instance that ends: got %v, want %v", err, ErrState)
		}
	})
}

func TestInGroup(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(4), true)), func(t *testing.T, c *cloud) {
		c.start()
		in := c.one()
		if !c.inGroup(in.Groups[0].ID) || c.inGroup("sg-00000000") {
			t.Errorf("while it runs: got %v, want true for its group alone", c.inGroup(in.Groups[0].ID))
		}
		if _, err := c.service.Terminate(t.Context(), alice, []string{in.ID}); err != nil {
			t.Fatal(err)
		}
		c.get(in.ID)
		if c.inGroup(in.Groups[0].ID) {
			t.Error("once it has ended: its group still counts as in use")
		}
	})
}

func (c *cloud) inGroup(id string) (found bool) {
	c.t.Helper()
	err := c.config.DB.View(context.Background(), func(tx *sql.Tx) (err error) {
		found, err = c.service.InGroup(context.Background(), tx, id)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}
