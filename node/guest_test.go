package node_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"emikit/node"
	"emikit/node/mock"
	"emikit/node/nodetest"
)

// puppets is a hypervisor whose guests end when a test says so.
type puppets struct {
	*mock.Hypervisor
	booted chan *puppet  // takes each guest that boots
	stuck  bool          // guests cannot be stopped until they are adopted
	slow   chan struct{} // guests stop when it is closed; nil: at once
}

func newPuppets() *puppets {
	return &puppets{Hypervisor: mock.New(), booted: make(chan *puppet, 8)}
}

func (h *puppets) Boot(context.Context, node.Machine) (node.Guest, error) {
	g := &puppet{done: make(chan struct{}), stopping: make(chan struct{}), stuck: h.stuck, slow: h.slow}
	h.booted <- g
	return g, nil
}

func (h *puppets) Adopt(context.Context, node.Machine) (node.Guest, error) {
	return &puppet{done: make(chan struct{}), stopping: make(chan struct{})}, nil
}

// puppet is a guest of puppets.
type puppet struct {
	stuck    bool
	slow     chan struct{} // see puppets
	stopping chan struct{} // closed when a stuck guest is to stop

	mu   sync.Mutex
	done chan struct{}
	err  error
}

// end ends the guest by itself.
func (g *puppet) end(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
	close(g.done)
}

func (g *puppet) Stop(ctx context.Context) error {
	if g.stuck {
		close(g.stopping)
		<-ctx.Done()
		return ctx.Err()
	}
	if g.slow != nil {
		<-g.slow
	}
	g.end(nil)
	return nil
}

func (g *puppet) Reboot(context.Context) error { return errors.New("no power") }
func (g *puppet) Done() <-chan struct{}        { return g.done }
func (g *puppet) Detach() error                { return nil }

func (g *puppet) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func TestGuestEndsByItself(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"well":  {nil, "shut itself down"},
		"badly": {errors.New("kernel panic"), "kernel panic"},
	} {
		t.Run(name, func(t *testing.T) {
			c, h := config(t.TempDir()), newPuppets()
			c.Hypervisor = h
			n := open(t, c)
			run(t, n, spec(t, nodetest.NewStore(t), "i-00000001"))
			nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
			(<-h.booted).end(tt.err)
			got := nodetest.AwaitState(t, n, "i-00000001", node.StateTerminated)
			if !strings.Contains(got.Reason, tt.want) {
				t.Errorf("reason = %q, want it to contain %q", got.Reason, tt.want)
			}
		})
	}
}

func TestRebootFails(t *testing.T) {
	c := config(t.TempDir())
	c.Hypervisor = newPuppets()
	n := open(t, c)
	run(t, n, spec(t, nodetest.NewStore(t), "i-00000001"))
	nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
	if err := n.Reboot(t.Context(), "i-00000001"); err == nil || !strings.Contains(err.Error(), "no power") {
		t.Errorf("Reboot = %v, want the guest's error", err)
	}
}

// TestCloseWhileShuttingDown closes a node that cannot get a guest to stop: the
// next node on the directory goes on where it left off.
func TestCloseWhileShuttingDown(t *testing.T) {
	dir, h := t.TempDir(), newPuppets()
	h.stuck = true
	c := config(dir)
	c.Hypervisor = h
	n := open(t, c)
	run(t, n, spec(t, nodetest.NewStore(t), "i-00000001"))
	nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
	if err := n.Terminate(t.Context(), "i-00000001"); err != nil {
		t.Fatal(err)
	}
	<-(<-h.booted).stopping
	if got := nodetest.AwaitState(t, n, "i-00000001", node.StateShuttingDown); got.Reason != node.ReasonUser {
		t.Errorf("reason while shutting down = %q, want %q", got.Reason, node.ReasonUser)
	}
	closeNode(t, n)

	n = open(t, c)
	if got := nodetest.AwaitState(t, n, "i-00000001", node.StateTerminated); got.Reason != node.ReasonUser {
		t.Errorf("reason = %q, want %q", got.Reason, node.ReasonUser)
	}
}
