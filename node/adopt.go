package node

import (
	"context"
	"errors"
	"fmt"
)

// reasonLost is why an instance ended that did not get over a restart of its
// node.
const reasonLost = "The instance did not outlive a restart of its node: "

// adoptAll takes over the instances that are recorded, and logs how many of
// each kind there are.
func (n *Node) adoptAll(ctx context.Context) error {
	recorded, removed, err := n.dir.load()
	if err != nil {
		return err
	}
	pending := 0
	for _, r := range recorded {
		if r.err != nil {
			n.c.Log.Error("an instance's record cannot be read; its folder is left alone", "instance", r.status.ID, "error", r.err)
			continue
		}
		if err := n.adopt(ctx, r); err != nil {
			return fmt.Errorf("adopt %s: %w", r.status.ID, err)
		}
		if r.status.State == StatePending && !r.status.Booted {
			pending++
		}
	}
	for _, c := range []struct {
		count   int
		message string
	}{
		{removed, "half-made folders of instances removed"},
		{pending, "instances that were still starting forgotten, to be run again"},
		{n.alive(), "instances taken over"},
	} {
		if c.count > 0 {
			n.c.Log.Info(c.message, "count", c.count)
		}
	}
	return nil
}

// alive counts the instances that have not ended.
func (n *Node) alive() (count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, in := range n.instances {
		if in.status.State != StateTerminated {
			count++
		}
	}
	return count
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
	case StateRunning, StateShuttingDown, StateStopping:
		n.resume(ctx, in)
	case StatePending:
		return n.discard(ctx, in)
	case StateStopped:
		in.end(nil)
	case StateTerminated:
		in.end(nil)
		return in.console.close()
	}
	return nil
}

// resume finds the guest of an instance again; one that was ending or stopping goes
// on with that.
func (n *Node) resume(ctx context.Context, in *instance) {
	guest, err := n.c.Hypervisor.Adopt(ctx, n.machine(in))
	if err != nil {
		n.rested(in, StateStopping, reasonLost+err.Error())
		return
	}
	switch n.running(in, guest) {
	case StateShuttingDown:
		in.end(errRequested)
	case StateStopping:
		in.end(errStopRequested)
	}
	n.work.Go(func() { n.watch(in, guest) })
}

// discard forgets an instance that was still starting. The URLs and keys that
// it was to be fetched with are not kept, so this node cannot go on; whoever
// asked for the instance no longer finds it here, and can ask again. One that was
// starting again has stopped.
func (n *Node) discard(ctx context.Context, in *instance) error {
	// It may have been booted just before the node ended.
	if guest, err := n.c.Hypervisor.Adopt(ctx, n.machine(in)); err == nil {
		if err := guest.Stop(ctx); err != nil {
			return fmt.Errorf("stop what was starting: %w", err)
		}
	}
	if in.status.Booted {
		n.rest(in, StatePending, "")
		return nil
	}
	id := in.spec.InstanceID
	n.mu.Lock()
	defer n.mu.Unlock()
	in.end(nil)
	delete(n.instances, id)
	return errors.Join(in.console.close(), n.dir.remove(id))
}
