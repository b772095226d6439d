package nodes

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"emikit/node"
)

// DefaultZone is the zone, and the one cluster, of a cloud that names none.
const DefaultZone = "cluster1"

// Config says how the register behaves. The zero value works.
type Config struct {
	// Zone always exists, even before its first node. Empty: DefaultZone.
	Zone string
	// Types are the VM types, smallest first. Nil: DefaultTypes.
	Types []node.VMType
	// Policy picks among nodes with room. Empty: Greedy.
	Policy Policy
}

// Info is what is known of a node before it has said anything.
type Info struct {
	Name string
	// Zone is the node's zone. Empty: the register's own.
	Zone string
	// Address is where the node is reached, for display.
	Address string
}

// Service is the register. All methods are safe for concurrent use.
type Service struct {
	zone   string
	types  []node.VMType
	policy Policy

	mu     sync.Mutex
	nodes  []*compute // in the order in which they were added
	claims map[string]claim
	last   string // the node that was given an instance last
}

// compute is one node as the register sees it.
type compute struct {
	Info
	up     bool
	cause  error // why it is not up; nil before its first answer
	seen   time.Time
	status node.Status
}

// claim is the room that one instance holds.
type claim struct {
	node    string
	vm      node.VMType
	stopped bool // it holds its disk alone
}

// room is what the claim is on.
func (c claim) room() node.VMType {
	if c.stopped {
		return node.VMType{DiskGB: c.vm.DiskGB}
	}
	return c.vm
}

// New returns a register without nodes.
func New(c Config) (*Service, error) {
	if c.Types == nil {
		c.Types = DefaultTypes()
	}
	if err := checkTypes(c.Types); err != nil {
		return nil, err
	}
	if c.Policy == "" {
		c.Policy = Greedy
	}
	if !c.Policy.valid() {
		return nil, fmt.Errorf("scheduling policy %q: not one of %s, %s", c.Policy, Greedy, RoundRobin)
	}
	if c.Zone == "" {
		c.Zone = DefaultZone
	}
	return &Service{zone: c.Zone, types: slices.Clone(c.Types), policy: c.Policy, claims: map[string]claim{}}, nil
}

// Add registers a node. It counts as down until it is first observed.
func (s *Service) Add(info Info) error {
	if info.Zone == "" {
		info.Zone = s.zone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(info.Name) != nil {
		return fmt.Errorf("%s: %w", info.Name, ErrDuplicate)
	}
	s.nodes = append(s.nodes, &compute{Info: info})
	return nil
}

// Observe records what the named node says about itself: it is up. The
// register keeps status. A node that was not added is ignored.
func (s *Service) Observe(name string, status node.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.find(name); n != nil {
		n.up, n.cause, n.seen, n.status = true, nil, time.Now(), status
	}
}

// Lost records that the named node does not answer: it is down, and nothing is
// placed on it until it is observed again. What it holds stays claimed.
func (s *Service) Lost(name string, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.find(name); n != nil {
		n.up, n.cause = false, cause
	}
}

// ZoneOf is the zone of the named node, empty for an unknown one.
func (s *Service) ZoneOf(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.find(name); n != nil {
		return n.Zone
	}
	return ""
}

// Claim holds room on a node for an instance that was placed earlier, such as
// before a restart. There may be less room than it takes.
func (s *Service) Claim(name, instance string, vm node.VMType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims[instance] = claim{node: name, vm: vm}
}

// Release gives back the room of an instance. One that holds none is no error.
func (s *Service) Release(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.claims, instance)
}

// Suspend gives back the room of an instance that has stopped, but for its disk.
func (s *Service) Suspend(instance string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.claims[instance]; ok {
		c.stopped = true
		s.claims[instance] = c
	}
}

// Resume claims room for an instance that has stopped, on the node that has its disk
// and nowhere else. The errors are [ErrNoNode] and a [ShortageError].
func (s *Service) Resume(name, instance string, vm node.VMType) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(name)
	if n == nil || !n.up {
		return fmt.Errorf("%w: %s has the disk of %s: %s", ErrNoNode, name, instance, n.message())
	}
	free := s.free(n)
	free.DiskGB += s.claims[instance].vm.DiskGB
	if fit(free, vm) == 0 {
		return shortage([]candidate{{n.Name, n.Zone, free}}, vm, 1, 0)
	}
	s.claims[instance] = claim{node: name, vm: vm}
	return nil
}

func (s *Service) find(name string) *compute {
	for _, n := range s.nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}
