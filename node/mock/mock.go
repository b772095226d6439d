package mock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"emikit/node"
)

// Hypervisor pretends to run machines. It is safe for concurrent use.
type Hypervisor struct{}

var _ node.Hypervisor = (*Hypervisor)(nil)

// New returns a hypervisor.
func New() *Hypervisor { return &Hypervisor{} }

// Info implements [node.Hypervisor]. Disks are thin, since nothing is written.
func (h *Hypervisor) Info() node.HypervisorInfo {
	return node.HypervisorInfo{Name: "mock", ThinDisks: true}
}

// Boot implements [node.Hypervisor]. It writes what the machine's files hold to
// the console, and succeeds whatever they are.
func (h *Hypervisor) Boot(ctx context.Context, m node.Machine) (node.Guest, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	g := &guest{console: m.Console, done: make(chan struct{})}
	if err := g.say(describe(m)); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return g, nil
}

// Adopt implements [node.Hypervisor]. Since a guest is nothing but its record,
// it always goes on.
func (h *Hypervisor) Adopt(ctx context.Context, m node.Machine) (node.Guest, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	g := &guest{console: m.Console, done: make(chan struct{})}
	if err := g.say("The node was restarted; the instance goes on (mock: still nothing runs).\n"); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return g, nil
}

// errEnded means that a guest was asked for something after its end.
var errEnded = errors.New("the guest has ended")

// guest is a machine that does not run.
type guest struct {
	mu      sync.Mutex
	console io.Writer // nil after the end
	done    chan struct{}
}

// say writes to the console of a guest that has not ended.
func (g *guest) say(text string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.console == nil {
		return errEnded
	}
	_, err := io.WriteString(g.console, text)
	return err
}

// Reboot implements [node.Guest].
func (g *guest) Reboot(context.Context) error {
	return g.say("Reboot requested (mock: nothing was run, nothing is restarted).\n")
}

// Stop implements [node.Guest].
func (g *guest) Stop(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.console != nil {
		g.console = nil
		close(g.done)
	}
	return nil
}

// Done implements [node.Guest].
func (g *guest) Done() <-chan struct{} { return g.done }

// Err implements [node.Guest]. A guest that does not run never ends by itself.
func (g *guest) Err() error { return nil }

// Detach implements [node.Guest].
func (g *guest) Detach() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.console = nil
	return nil
}
