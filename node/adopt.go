package node

import (
	"context"
	"errors"
	"fmt"
)

// reasonLost is why an instance ended that did not get over a restart of its
// node.
const reasonLost = "The instance did not outlive a restart of its node: "

// adoptAll takes over the instances that are recorded.
func (n *Node) adoptAll(ctx context.Context) error {
	recorded, err := n.dir.load()
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	for _, r := range recorded {
		if r.err != nil {
			n.c.Log.Error("an instance's record cannot be read; its folder is left alone", "instance", r.status.ID, "error", r.err)
			continue
		}
		if err := n.adopt(ctx, r); err != nil {
			return fmt.Errorf("node: adopt %s: %w", r.status.ID, err)
		}
	}
	return nil
}

// adopt takes over one instance in the state it was in.
func (n *Node) adopt(ctx context.Context, r record) error {
	n.mu.Lock()
	in, err := n.register(r.spec, r.status)
	n.mu.Unlock()
	if err != nil {
		return err
	}
	switch r.status.State {
	case StateRunning, StateShuttingDown:
		n.resume(ctx, in)
	case StatePending:
		return n.discard(ctx, in)
	case StateTerminated:
		in.end(nil)
		return in.console.close()
	}
	return nil
}

// resume finds the guest of an instance again; one that was ending goes on
// ending.
func (n *Node) resume(ctx context.Context, in *instance) {
	guest, err := n.c.Hypervisor.Adopt(ctx, n.machine(in))
	if err != nil {
		n.ended(in, reasonLost+err.Error())
		return
	}
	if n.running(in, guest) == StateShuttingDown {
		in.end(errRequested)
	}
	n.work.Go(func() { n.watch(in, guest) })
}

// discard forgets an instance that was still starting. The URLs and keys that
// it was to be fetched with are not kept, so this node cannot go on; whoever
// asked for the instance no longer finds it here, and can ask again.
func (n *Node) discard(ctx context.Context, in *instance) error {
	// It may have been booted just before the node ended.
	if guest, err := n.c.Hypervisor.Adopt(ctx, n.machine(in)); err == nil {
		if err := guest.Stop(ctx); err != nil {
			return fmt.Errorf("stop what was starting: %w", err)
		}
	}
	id := in.spec.InstanceID
	n.c.Log.Info("instance was still starting when the node ended; forgotten, to be run again", "instance", id)
	n.mu.Lock()
	defer n.mu.Unlock()
	in.end(nil)
	delete(n.instances, id)
	return errors.Join(in.console.close(), n.dir.remove(id))
}
