package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// errRequested is why an instance's context ends when it is to be terminated.
var errRequested = errors.New("termination was requested")

// instance is one that the node knows. Its fields but console are guarded by the
// node's lock; those of its spec change only while it is stopped or starts again.
type instance struct {
	spec    Spec // without URLs and keys
	status  InstanceStatus
	console *console
	guest   Guest // not nil once the instance has run

	// ctx is that of its life, or of the one after a stop: it ends by end, or when
	// the node closes.
	ctx context.Context
	end context.CancelCauseFunc
}

// admit records a new instance as pending. The caller holds the lock.
func (n *Node) admit(s Spec) (*instance, error) {
	status := InstanceStatus{ID: s.InstanceID, State: StatePending, Changed: n.c.Now()}
	if err := n.dir.create(s.redacted(), status); err != nil {
		return nil, err
	}
	in, err := n.register(s.redacted(), status)
	if err != nil {
		return nil, errors.Join(err, n.dir.remove(s.InstanceID))
	}
	n.touch()
	return in, nil
}

// register makes an instance of a recorded one. The caller holds the lock.
func (n *Node) register(s Spec, status InstanceStatus) (*instance, error) {
	console, err := openConsole(n.dir.path(s.InstanceID, consoleFile), n.c.Now)
	if err != nil {
		return nil, err
	}
	in := &instance{spec: s, status: status, console: console}
	in.ctx, in.end = context.WithCancelCause(n.ctx)
	n.instances[s.InstanceID] = in
	return in, nil
}

// live is the whole life of a new instance. full has the URLs and keys.
func (n *Node) live(in *instance, full Spec) {
	guest, err := n.start(in, full)
	if err != nil {
		n.ended(in, reason(err))
		return
	}
	n.running(in, guest)
	n.watch(in, guest)
}

// start fetches what an instance needs, lays out its folder and boots it.
func (n *Node) start(in *instance, full Spec) (Guest, error) {
	group, ctx := errgroup.WithContext(in.ctx)
	for file, artifact := range full.artifacts() {
		group.Go(func() error {
			path := n.dir.path(in.spec.InstanceID, file)
			if err := n.cache.place(ctx, artifact, path); err != nil {
				return fmt.Errorf("%s: %w", artifact.ImageID, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	guest, err := n.c.Hypervisor.Boot(in.ctx, n.machine(in))
	if err != nil {
		return nil, fmt.Errorf("boot: %w", err)
	}
	return guest, nil
}

// machine is what the hypervisor is told about an instance.
func (n *Node) machine(in *instance) Machine {
	dir := n.dir.path(in.spec.InstanceID, "")
	m := Machine{Spec: in.spec, Dir: dir, Root: filepath.Join(dir, rootFile), Console: in.console}
	if in.spec.Kernel != nil {
		m.Kernel = filepath.Join(dir, kernelFile)
	}
	if in.spec.Ramdisk != nil {
		m.Ramdisk = filepath.Join(dir, ramdiskFile)
	}
	return m
}

// running records that an instance runs, unless it is to end already. It
// returns the instance's state.
func (n *Node) running(in *instance, guest Guest) State {
	n.mu.Lock()
	defer n.mu.Unlock()
	in.guest, in.status.Booted = guest, true
	if in.status.State == StatePending {
		n.move(in, StateRunning, "")
	}
	return in.status.State
}

// watch waits for the end of a guest, and brings it about when asked to. When
// the node closes, the guest is left alone.
func (n *Node) watch(in *instance, guest Guest) {
	select {
	case <-guest.Done():
		n.rested(in, StateStopping, guestReason(guest.Err()))
		return
	case <-in.ctx.Done():
	}
	var err error
	if in.stopping() {
		err = guest.Stop(n.ctx)
	}
	if n.ctx.Err() != nil {
		err = errors.Join(err, guest.Detach())
	}
	if err != nil {
		n.c.Log.Error("give up a guest", "instance", in.spec.InstanceID, "error", err)
	}
	n.rested(in, StateStopping, ReasonUser)
}

// ended records that an instance is no more, and why; if it was asked to end,
// that is why. An end that the closing of the node brought about is none: the
// next node finds the instance in the state it was in.
func (n *Node) ended(in *instance, reason string) {
	if n.ctx.Err() != nil {
		return
	}
	id := in.spec.InstanceID
	if err := n.dir.strip(id); err != nil {
		n.c.Log.Warn("remove an instance's images", "instance", id, "error", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if in.status.State == StateShuttingDown {
		reason = ReasonUser
	}
	n.move(in, StateTerminated, reason)
	in.end(nil)
	if err := in.console.close(); err != nil {
		n.c.Log.Warn("close an instance's console", "instance", id, "error", err)
	}
	n.c.Log.Info("instance terminated", "instance", id, "reason", reason)
}

// move brings an instance into a state, durably. The caller holds the lock.
func (n *Node) move(in *instance, state State, reason string) {
	in.status.State, in.status.Reason, in.status.Changed = state, reason, n.c.Now()
	if err := n.dir.save(in.status); err != nil {
		n.c.Log.Error("record an instance's state", "instance", in.status.ID, "state", state, "error", err)
	}
	n.touch()
}
