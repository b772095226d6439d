package nodes

import (
	"errors"
	"fmt"
	"strings"

	"emikit/node"
)

// What callers test with errors.Is.
var (
	// ErrUnknownType: no VM type has this name.
	ErrUnknownType = errors.New("instance type does not exist")
	// ErrUnknownZone: no zone has this name.
	ErrUnknownZone = errors.New("availability zone does not exist")
	// ErrNoNode: the zone has no node that answers.
	ErrNoNode = errors.New("no compute node is up")
	// ErrFull is matched by every [ShortageError].
	ErrFull = errors.New("not enough resources")
	// ErrDuplicate: a node of this name is registered.
	ErrDuplicate = errors.New("node is already registered")
)

// Resource is what a node can run short of.
type Resource string

const (
	Cores  Resource = "cores"
	Memory Resource = "memory"
	Disk   Resource = "disk"
)

// unit is how amounts of the resource are written.
func (r Resource) unit() string {
	switch r {
	case Memory:
		return " MB"
	case Disk:
		return " GB"
	default:
		return ""
	}
}

// Short is one resource of which no node has enough.
type Short struct {
	Resource Resource
	// Need is what one instance takes; Free the most that one node has left.
	// Cores are counted, memory is in MiB, disk in GiB.
	Need, Free int
}

// ShortageError says which resource keeps the nodes from taking an instance.
// It matches [ErrFull].
type ShortageError struct {
	Type node.VMType
	// Min instances were asked for at least; there is room for Room.
	Min, Room int
	Short     []Short
}

func (e *ShortageError) Error() string {
	names := make([]string, len(e.Short))
	needs := make([]string, len(e.Short))
	for i, s := range e.Short {
		names[i] = string(s.Resource)
		needs[i] = fmt.Sprintf("an instance takes %d%s and the freest node has %d%s",
			s.Need, s.Resource.unit(), s.Free, s.Resource.unit())
	}
	return fmt.Sprintf("not enough resources: %s: %s; %d of %s wanted, room for %d",
		strings.Join(names, " and "), strings.Join(needs, ", "), e.Min, e.Type.Name, e.Room)
}

// Is makes every shortage match [ErrFull].
func (e *ShortageError) Is(target error) bool { return target == ErrFull }

// Hint says what the user can do about it.
func (e *ShortageError) Hint() string {
	return "terminate instances, choose a smaller type, or run fewer at once; " +
		"`emikit describe-availability-zones verbose` shows what is free"
}
