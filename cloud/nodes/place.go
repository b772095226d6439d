package nodes

import (
	"fmt"
	"slices"
	"strings"

	"emikit/node"
)

// Policy picks one of the nodes that have room. The names are the values of
// SCHEDPOLICY in eucalyptus.conf.
type Policy string

const (
	// Greedy takes the first node, in the order in which they were added.
	Greedy Policy = "GREEDY"
	// RoundRobin takes the next node after the one used last.
	RoundRobin Policy = "ROUNDROBIN"
)

func (p Policy) valid() bool { return p == Greedy || p == RoundRobin }

// ParsePolicy reads a policy's name in either case.
func ParsePolicy(name string) (Policy, error) {
	if p := Policy(strings.ToUpper(name)); p.valid() {
		return p, nil
	}
	return "", fmt.Errorf("scheduling policy %q: not one of %s, %s", name, Greedy, RoundRobin)
}

// Place finds room for instances of one type, for as many as there is room
// for, and claims it: ids[i] goes to the node named by the i-th element of the
// answer, which may be shorter than ids. With less room than least instances
// need it claims nothing and returns a [ShortageError].
//
// Without a zone every zone will do, the one with most room for this type
// first. The claims last until [Service.Release].
func (s *Service) Place(zone string, vm node.VMType, ids []string, least int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	candidates, err := s.candidates(zone, vm)
	if err != nil {
		return nil, err
	}
	placed, last := s.fill(candidates, vm, len(ids))
	if len(placed) < least {
		return nil, shortage(candidates, vm, least, len(placed))
	}
	for i, name := range placed {
		s.claims[ids[i]] = claim{node: name, vm: vm}
	}
	s.last = last
	return placed, nil
}

// fill takes room for up to count instances from the candidates, one by one,
// and names the node of each and the node used last.
func (s *Service) fill(candidates []candidate, vm node.VMType, count int) (placed []string, last string) {
	last = s.last
	for len(placed) < count {
		i := s.pick(candidates, vm, last)
		if i < 0 {
			break
		}
		candidates[i].free = less(candidates[i].free, vm)
		last = candidates[i].name
		placed = append(placed, last)
	}
	return placed, last
}

// pick is the index of the candidate that the policy chooses, -1 when none has
// room.
func (s *Service) pick(candidates []candidate, vm node.VMType, last string) int {
	start := 0
	if s.policy == RoundRobin {
		start = 1 + slices.IndexFunc(candidates, func(c candidate) bool { return c.name == last })
	}
	for i := range candidates {
		if at := (start + i) % len(candidates); fit(candidates[at].free, vm) > 0 {
			return at
		}
	}
	return -1
}

// candidate is a node that is up, with the room it has left.
type candidate struct {
	name, zone string
	free       node.Capacity
}

// candidates are the nodes that may take an instance, best zone first.
func (s *Service) candidates(zone string, vm node.VMType) ([]candidate, error) {
	if zone != "" && !slices.Contains(s.zones(), zone) {
		return nil, fmt.Errorf("%s: %w", zone, ErrUnknownZone)
	}
	var up []candidate
	room := map[string]int{}
	for _, n := range s.nodes {
		if n.up && (zone == "" || n.Zone == zone) {
			c := candidate{n.Name, n.Zone, s.free(n)}
			room[n.Zone] += fit(c.free, vm)
			up = append(up, c)
		}
	}
	if len(up) == 0 {
		return nil, s.noNode(zone)
	}
	slices.SortStableFunc(up, func(a, b candidate) int {
		if d := room[b.zone] - room[a.zone]; d != 0 {
			return d
		}
		return strings.Compare(a.zone, b.zone)
	})
	return up, nil
}

// noNode says why no node of the zone can take anything.
func (s *Service) noNode(zone string) error {
	var causes []string
	for _, n := range s.nodes {
		if zone == "" || n.Zone == zone {
			causes = append(causes, fmt.Sprintf("%s: %s", n.Name, n.message()))
		}
	}
	if len(causes) == 0 {
		return fmt.Errorf("%w: none is registered", ErrNoNode)
	}
	return fmt.Errorf("%w: %s", ErrNoNode, strings.Join(causes, "; "))
}

// free is what the node can still take: what it reported free, less what was
// claimed since. It may be negative.
func (s *Service) free(n *compute) node.Capacity {
	reported := map[string]node.State{}
	for _, in := range n.status.Instances {
		reported[in.ID] = in.State
	}
	free := n.status.Free
	for id, c := range s.claims {
		if c.node != n.Name {
			continue
		}
		room := c.room()
		switch reported[id] {
		case "", node.StateTerminated:
			free = less(free, room)
		case node.StateStopped: // its disk is counted
			free = less(free, node.VMType{CPUs: room.CPUs, MemoryMB: room.MemoryMB})
		}
	}
	return free
}

// less is the capacity that remains beside one more instance.
func less(c node.Capacity, vm node.VMType) node.Capacity {
	return node.Capacity{Cores: c.Cores - vm.CPUs, MemoryMB: c.MemoryMB - vm.MemoryMB, DiskGB: c.DiskGB - vm.DiskGB}
}

// fit is how many instances of a type fit, one by one.
func fit(c node.Capacity, vm node.VMType) int {
	return max(0, min(c.Cores/vm.CPUs, c.MemoryMB/vm.MemoryMB, c.DiskGB/vm.DiskGB))
}
