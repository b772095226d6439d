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

// amount writes so much of the resource in words.
func (r Resource) amount(n int) string {
	switch {
	case r == Memory:
		return fmt.Sprintf("%d MB of memory", n)
	case r == Disk:
		return fmt.Sprintf("%d GB of disk", n)
	case n == 1:
		return "1 core"
	default:
		return fmt.Sprintf("%d cores", n)
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
	var names, each, all, left []string
	for _, s := range e.Short {
		names = append(names, string(s.Resource))
		each = append(each, s.Resource.amount(s.Need))
		all = append(all, s.Resource.amount(e.Min*s.Need))
		left = append(left, s.Resource.amount(s.Free))
	}
	text := "not enough resources: " + strings.Join(names, " and ") + ": "
	if e.Room > 0 { // what is free now would be what is left after those that have room
		return text + fmt.Sprintf("%d instances of %s need %s, and there is room for %d of them",
			e.Min, e.Type.Name, strings.Join(all, ", "), e.Room)
	}
	return text + fmt.Sprintf("an instance of %s needs %s, and no node has more than %s left",
		e.Type.Name, strings.Join(each, ", "), strings.Join(left, ", "))
}

// Is makes every shortage match [ErrFull].
func (e *ShortageError) Is(target error) bool { return target == ErrFull }
