package node

import (
	"bufio"
	"fmt"
	"os"
)

// What a node has when nothing else is known or said.
const (
	// DefaultMaxCores is the number of cores that a node offers, whatever the
	// machine has: idle instances need none, so cores are overcommitted.
	DefaultMaxCores = 32
	// DefaultMemoryMB is offered where the machine does not tell its memory in
	// /proc/meminfo, in MiB.
	DefaultMemoryMB = 4096
	// DefaultThinDiskGB is offered with a hypervisor whose guests do not use
	// the disk that their type promises, in GiB.
	DefaultThinDiskGB = 1024
)

// capacity is what a node configured so has to give.
func (c Config) capacity() Capacity {
	total := Capacity{Cores: c.MaxCores, MemoryMB: c.MaxMemoryMB, DiskGB: c.MaxDiskGB}
	if total.Cores == 0 {
		total.Cores = DefaultMaxCores
	}
	if total.MemoryMB == 0 {
		total.MemoryMB = machineMemory("/proc/meminfo")
	}
	if total.DiskGB == 0 && c.Hypervisor.Info().ThinDisks {
		total.DiskGB = DefaultThinDiskGB
	} else if total.DiskGB == 0 {
		total.DiskGB = int(freeDisk(c.Dir) >> 30)
	}
	return total
}

// machineMemory reads the machine's memory in MiB from Linux's account of it.
func machineMemory(path string) int {
	file, err := os.Open(path)
	if err != nil {
		return DefaultMemoryMB
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kib int
		if _, err := fmt.Sscanf(lines.Text(), "MemTotal: %d kB", &kib); err == nil && kib > 0 {
			return kib >> 10
		}
	}
	return DefaultMemoryMB
}

// free is what is left beside the instances that have not ended, of which stopped
// ones have nothing but their disks; it is never below zero, even when a node starts anew with less than they have. The caller
// holds the lock.
func (n *Node) free() Capacity {
	free := n.total
	for _, in := range n.instances {
		if in.status.State == StateTerminated {
			continue
		}
		free.DiskGB -= in.spec.Type.DiskGB
		if in.status.State != StateStopped {
			free.Cores -= in.spec.Type.CPUs
			free.MemoryMB -= in.spec.Type.MemoryMB
		}
	}
	return Capacity{max(0, free.Cores), max(0, free.MemoryMB), max(0, free.DiskGB)}
}

// fits says what is short for an instance of a type.
func (c Capacity) fits(t VMType) error {
	for _, r := range []struct {
		what       Resource
		need, free int
	}{
		{Cores, t.CPUs, c.Cores},
		{Memory, t.MemoryMB, c.MemoryMB},
		{Disk, t.DiskGB, c.DiskGB},
	} {
		if r.need > r.free {
			return &NoRoomError{Resource: r.what, Type: t.Name, Need: r.need, Free: r.free}
		}
	}
	return nil
}
