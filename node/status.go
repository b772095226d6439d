package node

import "time"

// State is where an instance is in its life.
type State string

// The states of an instance on a node.
const (
	StatePending      State = "pending"
	StateRunning      State = "running"
	StateShuttingDown State = "shutting-down"
	StateTerminated   State = "terminated"
	StateStopping     State = "stopping"
	StateStopped      State = "stopped" // its disks are kept; nothing runs
)

// ReasonUser is the reason of an instance that was ended or stopped by a request.
const ReasonUser = "User requested shutdown."

// InstanceStatus is one instance in a [Status].
type InstanceStatus struct {
	ID      string    `json:"id"`
	State   State     `json:"state"`
	Reason  string    `json:"reason,omitempty"` // never empty when terminated
	Changed time.Time `json:"changed"`          // when it came into its state
	Booted  bool      `json:"booted,omitempty"` // it has run: its disks are its own by now
}

// Capacity is what a node has to give.
type Capacity struct {
	Cores    int `json:"cores"`
	MemoryMB int `json:"memory_mb"` // MiB
	DiskGB   int `json:"disk_gb"`   // GiB
}

// Status is what a node reports.
type Status struct {
	// Revision changes whenever anything else here does. It counts from 1 in
	// each run of a node, so a node that started anew may report a lower one.
	Revision   uint64           `json:"revision"`
	Hypervisor string           `json:"hypervisor"`
	Total      Capacity         `json:"total"`
	Free       Capacity         `json:"free"`
	Instances  []InstanceStatus `json:"instances"` // by id
}

// Console is the end of what an instance wrote to its console.
type Console struct {
	Output []byte    `json:"output"` // at most the last 64 KiB
	Time   time.Time `json:"time"`   // of the last output
}
