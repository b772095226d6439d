package network

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"strings"

	"emikit/cloud/state"
)

const (
	// DefaultSubnet and DefaultPerNetwork are the walk-through's VNET_SUBNET
	// with VNET_NETMASK, and VNET_ADDRSPERNET.
	DefaultSubnet     = "10.0.0.0/8"
	DefaultPerNetwork = 64

	lowestVLAN = 10   // lower ones are left to the site (Eucalyptus 1.4)
	lastVLAN   = 4094 // of IEEE 802.1Q
)

// Config says which addresses instances get. The zero value works.
type Config struct {
	DB *state.DB
	// Subnet holds every private address. Zero: DefaultSubnet.
	Subnet netip.Prefix
	// PerNetwork is how many addresses each group's network has, a power of
	// two of at least four. 0: DefaultPerNetwork.
	PerNetwork int
	// Public is where public addresses come from. Nil: DefaultPool.
	Public Pool
	// InUse reports whether an instance that has not ended is in the group with
	// this id. Nil: none ever is.
	InUse func(ctx context.Context, tx *sql.Tx, group string) (bool, error)
}

// Service is the cloud's network. All methods are safe for concurrent use.
type Service struct {
	db         *state.DB
	subnet     netip.Prefix
	perNetwork uint32
	public     Pool
	inUse      func(ctx context.Context, tx *sql.Tx, group string) (bool, error)
}

// New returns the network over what the state holds.
func New(c Config) (*Service, error) {
	if !c.Subnet.IsValid() {
		c.Subnet = netip.MustParsePrefix(DefaultSubnet)
	}
	if c.PerNetwork == 0 {
		c.PerNetwork = DefaultPerNetwork
	}
	if c.Public == nil {
		pool, err := ParsePool(DefaultPool)
		if err != nil {
			return nil, err
		}
		c.Public = pool
	}
	s := &Service{db: c.DB, subnet: c.Subnet, perNetwork: uint32(c.PerNetwork), public: c.Public, inUse: c.InUse}
	if err := s.check(c.PerNetwork); err != nil {
		return nil, err
	}
	return s, nil
}

// check refuses addresses that could not be told apart.
func (s *Service) check(perNetwork int) error {
	if !s.subnet.Addr().Is4() || s.subnet.Masked() != s.subnet {
		return fmt.Errorf("private subnet %s: not an IPv4 network", s.subnet)
	}
	if perNetwork < 4 || perNetwork > 1<<16 || perNetwork&(perNetwork-1) != 0 {
		return fmt.Errorf("addresses per network: %d is not a power of two from 4 to 65536", perNetwork)
	}
	if s.lastVLAN() < lowestVLAN {
		return fmt.Errorf("private subnet %s: too small for one network of %d addresses", s.subnet, perNetwork)
	}
	size := uint32(1)<<(32-s.subnet.Bits()) - 1
	all := span{s.subnet.Addr(), offset(s.subnet.Addr(), size)}
	for _, p := range s.public {
		if p.overlaps(all) {
			return fmt.Errorf("address pool: %s overlaps the private subnet %s", p, s.subnet)
		}
	}
	return nil
}

// lastVLAN is the highest VLAN whose network lies within the subnet.
func (s *Service) lastVLAN() int {
	slices := uint64(1) << (32 - s.subnet.Bits()) / uint64(s.perNetwork)
	return int(min(lastVLAN, slices+1))
}

// network is the slice of the subnet that belongs to a VLAN.
func (s *Service) network(vlan int) netip.Prefix {
	base := offset(s.subnet.Addr(), uint32(vlan-2)*s.perNetwork)
	bits := 32
	for n := s.perNetwork; n > 1; n >>= 1 {
		bits--
	}
	return netip.PrefixFrom(base, bits)
}

// hosts are the addresses of a network that instances get: all but the
// network's own, the router's (+1) and the broadcast address (Eucalyptus 1.6).
func (s *Service) hosts(vlan int) Pool {
	base := s.network(vlan).Addr()
	return Pool{{offset(base, 2), offset(base, s.perNetwork-2)}}
}

// MAC is the hardware address of an instance: d0:0d and the eight hexadecimal
// digits of its id, as Eucalyptus gives them (i-2ECA052C: d0:0d:2E:CA:05:2C).
// It is empty for what is not such an id.
func MAC(instance string) string {
	digits, ok := strings.CutPrefix(instance, "i-")
	if !ok || len(digits) != 8 {
		return ""
	}
	return strings.Join([]string{"d0:0d", digits[:2], digits[2:4], digits[4:6], digits[6:]}, ":")
}

// MAC is [MAC], for those who know the network by an interface.
func (s *Service) MAC(instance string) string { return MAC(instance) }
