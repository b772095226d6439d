package nodes

import (
	"math"

	"emikit/node"
)

// shortage names the resource that keeps one more instance out: what every
// node is short of, or, when each is short of something else, all of it.
func shortage(full []candidate, vm node.VMType, least, room int) error {
	e := &ShortageError{Type: vm, Min: least, Room: room}
	var anywhere []Short
	for _, need := range needs(vm) {
		short, free := 0, math.MinInt
		for _, c := range full {
			have := need.of(c.free)
			free = max(free, have)
			if have < need.amount {
				short++
			}
		}
		s := Short{Resource: need.resource, Need: need.amount, Free: max(0, free)}
		if short == len(full) {
			e.Short = append(e.Short, s)
		}
		if short > 0 {
			anywhere = append(anywhere, s)
		}
	}
	if len(e.Short) == 0 {
		e.Short = anywhere
	}
	return e
}

// need is how much of one resource an instance takes.
type need struct {
	resource Resource
	amount   int
	of       func(node.Capacity) int
}

func needs(vm node.VMType) []need {
	return []need{
		{Cores, vm.CPUs, func(c node.Capacity) int { return c.Cores }},
		{Memory, vm.MemoryMB, func(c node.Capacity) int { return c.MemoryMB }},
		{Disk, vm.DiskGB, func(c node.Capacity) int { return c.DiskGB }},
	}
}
