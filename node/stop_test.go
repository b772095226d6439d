package node_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"emikit/node"
	"emikit/node/mock"
	"emikit/node/nodetest"
)

const theInstance = "i-00000001"

// stopOne runs an instance on a fresh store and stops it.
func stopOne(t *testing.T, n *node.Node) node.Spec {
	t.Helper()
	s := spec(t, nodetest.NewStore(t), theInstance)
	run(t, n, s)
	nodetest.AwaitState(t, n, theInstance, node.StateRunning)
	stop(t, n)
	nodetest.AwaitState(t, n, theInstance, node.StateStopped)
	return s
}

func stop(t *testing.T, n *node.Node) {
	t.Helper()
	if err := n.Stop(t.Context(), theInstance); err != nil {
		t.Fatalf("Stop = %v", err)
	}
}

func start(t *testing.T, n *node.Node, s node.Spec) {
	t.Helper()
	if err := n.Start(t.Context(), node.Start{InstanceID: s.InstanceID, Type: s.Type, PrivateIP: netip.MustParseAddr("10.9.9.9")}); err != nil {
		t.Fatalf("Start = %v", err)
	}
}

// TestDiskIsKept: what an instance wrote is there after a stop, a restart of the
// node and a start; the images' store is not asked again.
func TestDiskIsKept(t *testing.T) {
	dir := t.TempDir()
	n := open(t, config(dir))
	s := stopOne(t, n)
	root := filepath.Join(dir, "instances", theInstance, "root")
	if err := os.Remove(root); err != nil { // it may share its content with the cache
		t.Fatal(err)
	}
	if err := os.WriteFile(root, []byte("written by the guest"), 0o600); err != nil {
		t.Fatal(err)
	}
	closeNode(t, n)

	n = open(t, config(dir))
	status, err := n.Status(t.Context(), 0)
	if err != nil || len(status.Instances) != 1 || status.Instances[0].State != node.StateStopped || status.Instances[0].Reason != node.ReasonUser {
		t.Fatalf("after a restart: %+v, %v, want it stopped as before", status, err)
	}
	start(t, n, s)
	nodetest.AwaitState(t, n, theInstance, node.StateRunning)
	if text, err := os.ReadFile(root); err != nil || string(text) != "written by the guest" {
		t.Errorf("disk: got %q, %v, want what was written", text, err)
	}
	console, err := n.Console(t.Context(), theInstance)
	if err != nil || !strings.Contains(string(console.Output), "private 10.9.9.9") {
		t.Errorf("console: got %q, %v, want the new address", console.Output, err)
	}
	terminate(t, n, theInstance)
	if _, err := os.Stat(root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("disk of a terminated instance: %v, want it gone", err)
	}
}

// bootOnce is a hypervisor on which the first machine boots; what becomes of the
// others is again's to say.
type bootOnce struct {
	*mock.Hypervisor
	boots atomic.Int32
	again func(ctx context.Context) error
}

func (h *bootOnce) Boot(ctx context.Context, m node.Machine) (node.Guest, error) {
	if h.boots.Add(1) > 1 {
		if err := h.again(ctx); err != nil {
			return nil, err
		}
	}
	return h.Hypervisor.Boot(ctx, m)
}

// TestStartFails: an instance that does not boot again has stopped again, with its
// disk, and says why.
func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	c := config(dir)
	h := &bootOnce{Hypervisor: mock.New(), again: func(context.Context) error { return errors.New("no KVM any more") }}
	c.Hypervisor = h
	n := open(t, c)
	s := stopOne(t, n)
	start(t, n, s)
	got := nodetest.Await(t, n, "it has stopped again", func(s node.Status) bool { return strings.Contains(s.Instances[0].Reason, "no KVM any more") })
	if got.Instances[0].State != node.StateStopped {
		t.Errorf("got %+v, want it stopped", got.Instances[0])
	}
	if _, err := os.Stat(filepath.Join(dir, "instances", theInstance, "root")); err != nil {
		t.Errorf("its disk: %v", err)
	}
	h.boots.Store(0)
	start(t, n, s)
	nodetest.AwaitState(t, n, theInstance, node.StateRunning)
}

// TestNodeEndsWhileStarting: the next node has the instance stopped, with its disk.
func TestNodeEndsWhileStarting(t *testing.T) {
	dir := t.TempDir()
	c := config(dir)
	booting := make(chan struct{})
	c.Hypervisor = &bootOnce{Hypervisor: mock.New(), again: func(ctx context.Context) error {
		close(booting)
		<-ctx.Done()
		return context.Cause(ctx)
	}}
	n := open(t, c)
	s := stopOne(t, n)
	start(t, n, s)
	<-booting
	closeNode(t, n)
	n = open(t, config(dir))
	if got := nodetest.AwaitState(t, n, theInstance, node.StateStopped); got.Reason != "" {
		t.Errorf("reason: got %q, want none: nobody stopped it", got.Reason)
	}
	start(t, n, s)
	nodetest.AwaitState(t, n, theInstance, node.StateRunning)
}

// TestTerminateWhileStarting ends an instance that boots again.
func TestTerminateWhileStarting(t *testing.T) {
	c := config(t.TempDir())
	booting := make(chan struct{})
	c.Hypervisor = &bootOnce{Hypervisor: mock.New(), again: func(ctx context.Context) error {
		close(booting)
		<-ctx.Done()
		return context.Cause(ctx)
	}}
	n := open(t, c)
	s := stopOne(t, n)
	start(t, n, s)
	<-booting
	if err := n.Stop(t.Context(), theInstance); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("Stop while it boots = %v, want %v", err, node.ErrNotRunning)
	}
	terminate(t, n, theInstance)
}

// TestNodeEndsWhileStopping closes a node that cannot get a guest to stop: the next
// one on the directory goes on where it left off.
func TestNodeEndsWhileStopping(t *testing.T) {
	dir, h := t.TempDir(), newPuppets()
	h.stuck = true
	c := config(dir)
	c.Hypervisor = h
	n := open(t, c)
	run(t, n, spec(t, nodetest.NewStore(t), theInstance))
	nodetest.AwaitState(t, n, theInstance, node.StateRunning)
	stop(t, n)
	<-(<-h.booted).stopping
	nodetest.AwaitState(t, n, theInstance, node.StateStopping)
	closeNode(t, n)
	n = open(t, c)
	nodetest.AwaitState(t, n, theInstance, node.StateStopped)

	closeNode(t, n)
	c.Hypervisor = lostGuests{Hypervisor: mock.New()}
	n = open(t, c) // a stopped instance has no machine that could be lost
	nodetest.AwaitState(t, n, theInstance, node.StateStopped)
}

// TestTerminateWhileStopping: what is to end ends, also if it was to stop.
func TestTerminateWhileStopping(t *testing.T) {
	c, h := config(t.TempDir()), newPuppets()
	h.slow = make(chan struct{})
	c.Hypervisor = h
	n := open(t, c)
	run(t, n, spec(t, nodetest.NewStore(t), theInstance))
	nodetest.AwaitState(t, n, theInstance, node.StateRunning)
	stop(t, n)
	if err := n.Terminate(t.Context(), theInstance); err != nil {
		t.Fatal(err)
	}
	close(h.slow)
	if got := nodetest.AwaitState(t, n, theInstance, node.StateTerminated); got.Reason != node.ReasonUser {
		t.Errorf("reason: got %q, want %q", got.Reason, node.ReasonUser)
	}
}
