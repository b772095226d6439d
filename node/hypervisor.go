package node

import (
	"context"
	"io"
)

// Hypervisor starts machines. Its methods may be called at the same time.
//
// The suite in node/hypervisortest says in code what each method promises.
type Hypervisor interface {
	// Info says what the hypervisor is; it does not change.
	Info() HypervisorInfo

	// Boot starts a machine and returns once its processors run. ctx bounds
	// the call, not the machine. After an error nothing is left running.
	Boot(ctx context.Context, m Machine) (Guest, error)

	// Adopt takes over a machine that Boot started in an earlier run of the
	// node, and that went on, or is started again, since. An error means that
	// the machine is gone for good.
	Adopt(ctx context.Context, m Machine) (Guest, error)
}

// HypervisorInfo describes a hypervisor.
type HypervisorInfo struct {
	Name string // as [Status] reports it, such as mock

	// ThinDisks means that guests take no room on the node's disk beyond
	// their images, so that the sizes of their disks can be overcommitted.
	ThinDisks bool
}

// Machine is what a hypervisor starts.
type Machine struct {
	Spec Spec   // without URLs and keys
	Dir  string // the instance's own folder; the hypervisor may add files

	// Files in Dir. They may share their content with the image cache: a
	// hypervisor that writes to a disk makes its own of it. Kernel and
	// Ramdisk are empty when the instance has none.
	Root, Kernel, Ramdisk string

	// Console takes what the machine writes to its serial console. It is safe
	// for concurrent use, never blocks for long, and is not to be written to
	// after the guest's Stop or Detach returned.
	Console io.Writer
}

// Guest is a machine that was started. Its methods may be called at the same
// time, and after the guest has ended.
type Guest interface {
	// Reboot restarts the machine with the same disks and addresses.
	Reboot(ctx context.Context) error

	// Stop ends the machine, by force if it must, and returns when it no
	// longer runs. Stopping a guest that has ended is not an error.
	Stop(ctx context.Context) error

	// Done is closed when the machine has ended, by Stop or by itself.
	Done() <-chan struct{}

	// Err says why the machine ended by itself, in words for its user. It is
	// nil before that, and after Stop.
	Err() error

	// Detach gives the guest up without ending it, because the node closes;
	// Adopt finds it again. No other method is called afterwards.
	Detach() error
}
