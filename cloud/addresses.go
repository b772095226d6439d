package cloud

import (
	"context"
	"database/sql"
	"net/netip"

	"emikit/cloud/caller"
	"emikit/cloud/instances"
	"emikit/cloud/network"
)

// groupInUse tells the network which groups instances need. No request is let in
// before there are instances.
func (c *Cloud) groupInUse(ctx context.Context, tx *sql.Tx, group string) (bool, error) {
	return c.instances.InGroup(ctx, tx, group)
}

// doorNetwork is the network as the EC2 door asks it: what changes the addresses of
// instances is recorded of these at once.
type doorNetwork struct {
	*network.Service
	instances *instances.Service
}

// AssociateAddress gives an instance that the caller may see an elastic address of
// the caller's own.
func (n doorNetwork) AssociateAddress(ctx context.Context, who caller.Caller, ip netip.Addr, instance string) error {
	if _, err := n.instances.Details(ctx, who, instance); err != nil {
		return err
	}
	return n.instances.Readdress(ctx, instance, func(tx *sql.Tx) (map[string]netip.Addr, error) {
		return n.Service.AssociateAddress(ctx, tx, who.Account, ip, instance)
	})
}

// DisassociateAddress takes an elastic address of the caller's from the instance
// that has it.
func (n doorNetwork) DisassociateAddress(ctx context.Context, who caller.Caller, ip netip.Addr) error {
	return n.instances.Readdress(ctx, "", func(tx *sql.Tx) (map[string]netip.Addr, error) {
		return n.Service.DisassociateAddress(ctx, tx, who.Account, ip)
	})
}

// ReleaseAddress gives an elastic address of the caller's back.
func (n doorNetwork) ReleaseAddress(ctx context.Context, who caller.Caller, ip netip.Addr) error {
	return n.instances.Readdress(ctx, "", func(tx *sql.Tx) (map[string]netip.Addr, error) {
		return n.Service.ReleaseAddress(ctx, tx, who.Account, ip)
	})
}
