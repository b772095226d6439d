package nodes

import (
	"fmt"

	"emikit/node"
)

// DefaultType is the VM type of a request that names none.
const DefaultType = "m1.small"

// DefaultTypes are the VM types of Eucalyptus 1.5 to 3.1, smallest first.
func DefaultTypes() []node.VMType {
	return []node.VMType{
		{Name: DefaultType, CPUs: 1, MemoryMB: 128, DiskGB: 2},
		{Name: "c1.medium", CPUs: 1, MemoryMB: 256, DiskGB: 5},
		{Name: "m1.large", CPUs: 2, MemoryMB: 512, DiskGB: 10},
		{Name: "m1.xlarge", CPUs: 2, MemoryMB: 1024, DiskGB: 20},
		{Name: "c1.xlarge", CPUs: 4, MemoryMB: 2048, DiskGB: 20},
	}
}

// checkTypes refuses a table that could not be scheduled: an instance that
// takes nothing would fit without end.
func checkTypes(types []node.VMType) error {
	seen := map[string]bool{}
	for _, t := range types {
		if t.Name == "" || seen[t.Name] {
			return fmt.Errorf("instance type %q: needs a name of its own", t.Name)
		}
		if t.CPUs <= 0 || t.MemoryMB <= 0 || t.DiskGB <= 0 {
			return fmt.Errorf("instance type %s: cores, memory and disk must be positive", t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

// Types are the VM types that can be run, smallest first.
func (s *Service) Types() []node.VMType { return append([]node.VMType(nil), s.types...) }

// Type finds a VM type; the empty name is [DefaultType].
func (s *Service) Type(name string) (node.VMType, error) {
	if name == "" {
		name = DefaultType
	}
	for _, t := range s.types {
		if t.Name == name {
			return t, nil
		}
	}
	return node.VMType{}, fmt.Errorf("%s: %w", name, ErrUnknownType)
}
