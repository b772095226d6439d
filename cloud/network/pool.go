package network

import (
	"fmt"
	"net/netip"
	"strings"
)

// Pool is an ordered list of address ranges.
type Pool []span

// span is a range of IPv4 addresses, both ends included.
type span struct{ first, last netip.Addr }

// DefaultPool is where public addresses come from unless told otherwise:
// loopback addresses, which a user on the same host can really reach.
const DefaultPool = "127.8.0.1-127.8.255.254"

// ParsePool reads IPv4 addresses, ranges (172.16.0.11-172.16.0.14) and prefixes
// (172.16.1.0/28, less the network's and the broadcast address), separated by
// spaces or commas: the form of VNET_PUBLICIPS in eucalyptus.conf, and a little
// more. Ranges must not overlap.
func ParsePool(text string) (Pool, error) {
	var pool Pool
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		s, err := parseSpan(word)
		if err != nil {
			return nil, fmt.Errorf("address pool: %s: %w", word, err)
		}
		for _, other := range pool {
			if s.overlaps(other) {
				return nil, fmt.Errorf("address pool: %s overlaps %s", word, other)
			}
		}
		pool = append(pool, s)
	}
	if len(pool) == 0 {
		return nil, fmt.Errorf("address pool: no address given")
	}
	return pool, nil
}

func parseSpan(word string) (span, error) {
	if strings.Contains(word, "/") {
		return parsePrefix(word)
	}
	from, to, ranged := strings.Cut(word, "-")
	if !ranged {
		to = from
	}
	first, err := parseIPv4(from)
	if err != nil {
		return span{}, err
	}
	last, err := parseIPv4(to)
	if err != nil {
		return span{}, err
	}
	if last.Less(first) {
		return span{}, fmt.Errorf("the range ends before it begins")
	}
	return span{first, last}, nil
}

func parsePrefix(word string) (span, error) {
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return span{}, fmt.Errorf("not a prefix")
	}
	if !p.Addr().Is4() || p.Masked() != p || p.Bits() > 30 {
		return span{}, fmt.Errorf("not an IPv4 network of four or more addresses")
	}
	size := uint32(1) << (32 - p.Bits())
	return span{offset(p.Addr(), 1), offset(p.Addr(), size-2)}, nil
}

func parseIPv4(word string) (netip.Addr, error) {
	a, err := netip.ParseAddr(word)
	if err != nil || !a.Is4() {
		return netip.Addr{}, fmt.Errorf("not an IPv4 address")
	}
	return a, nil
}

func (s span) overlaps(other span) bool {
	return !s.last.Less(other.first) && !other.last.Less(s.first)
}

func (s span) String() string {
	if s.first == s.last {
		return s.first.String()
	}
	return s.first.String() + "-" + s.last.String()
}

// String is the pool in the form that [ParsePool] reads.
func (p Pool) String() string {
	words := make([]string, len(p))
	for i, s := range p {
		words[i] = s.String()
	}
	return strings.Join(words, " ")
}

// lowestFree is the first address of the pool that is not used.
func (p Pool) lowestFree(used map[netip.Addr]bool) (netip.Addr, bool) {
	for _, s := range p {
		for a := s.first; ; a = a.Next() {
			if !used[a] {
				return a, true
			}
			if a == s.last {
				break
			}
		}
	}
	return netip.Addr{}, false
}

// offset is the address n after a. The caller knows that it exists.
func offset(a netip.Addr, n uint32) netip.Addr {
	return fromNumber(number(a) + n)
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func fromNumber(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
