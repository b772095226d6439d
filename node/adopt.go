package node

import (
	"context"
	"fmt"
)

// Reasons of instances that did not get over a restart of their node.
const (
	reasonInterrupted = "The node was restarted while the instance was starting; run it again."
	reasonLost        = "The instance did not outlive a restart of its node: "
)

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
		n.ended(in, reasonInterrupted)
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
