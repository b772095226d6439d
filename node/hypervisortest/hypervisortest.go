// Package hypervisortest is what [node.Hypervisor] promises, in code: the suite
// that every hypervisor has to pass.
package hypervisortest

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"emikit/node"
)

// Suite makes what the tests need.
type Suite struct {
	// Hypervisor returns the one under test, or one that shares its machines,
	// as after a restart of the node.
	Hypervisor func(t *testing.T) node.Hypervisor
	// Machine returns a machine that boots and runs until it is stopped, in a
	// fresh folder. Its console is set by the suite.
	Machine func(t *testing.T) node.Machine
}

// Run runs the suite.
func (s Suite) Run(t *testing.T) {
	for _, tt := range []struct {
		name string
		test func(Suite, *testing.T)
	}{
		{"Info", Suite.testInfo},
		{"StopEnds", Suite.testStop},
		{"RebootGoesOn", Suite.testReboot},
		{"RebootAfterStop", Suite.testRebootAfterStop},
		{"BootCancelled", Suite.testBootCancelled},
		{"AdoptAfterDetach", Suite.testAdopt},
		{"AllAtOnce", Suite.testAllAtOnce},
		{"ConsoleSilentAfterStop", Suite.testConsole},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(s, t) })
	}
}

// patience is how long the suite waits for a guest's end.
const patience = time.Minute

// boot boots a machine that is stopped with the test at the latest.
func (s Suite) boot(t *testing.T, h node.Hypervisor, m node.Machine) node.Guest {
	t.Helper()
	g, err := h.Boot(t.Context(), m)
	if err != nil {
		t.Fatalf("Boot = %v", err)
	}
	t.Cleanup(func() { stop(t, g) })
	return g
}

func (s Suite) machine(t *testing.T, console io.Writer) node.Machine {
	m := s.Machine(t)
	m.Console = console
	return m
}

func stop(t *testing.T, g node.Guest) {
	t.Helper()
	if err := g.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

// ended says whether a guest has ended.
func ended(g node.Guest) bool {
	select {
	case <-g.Done():
		return true
	default:
		return false
	}
}

func (s Suite) testInfo(t *testing.T) {
	h := s.Hypervisor(t)
	if info := h.Info(); info.Name == "" || info != h.Info() {
		t.Errorf("Info = %+v, then %+v, want a name, and the same again", info, h.Info())
	}
}

func (s Suite) testStop(t *testing.T) {
	g := s.boot(t, s.Hypervisor(t), s.machine(t, io.Discard))
	if ended(g) || g.Err() != nil {
		t.Fatalf("after Boot: ended %t, %v, want it to run", ended(g), g.Err())
	}
	stop(t, g)
	select {
	case <-g.Done():
	case <-time.After(patience):
		t.Fatal("Done is not closed after Stop")
	}
	if err := g.Err(); err != nil {
		t.Errorf("Err after Stop = %v, want nil", err)
	}
	stop(t, g) // once more is no error
}

func (s Suite) testReboot(t *testing.T) {
	g := s.boot(t, s.Hypervisor(t), s.machine(t, io.Discard))
	if err := g.Reboot(t.Context()); err != nil || ended(g) {
		t.Errorf("Reboot = %v, ended %t, want it to go on", err, ended(g))
	}
}

func (s Suite) testRebootAfterStop(t *testing.T) {
	g := s.boot(t, s.Hypervisor(t), s.machine(t, io.Discard))
	stop(t, g)
	if err := g.Reboot(t.Context()); err == nil {
		t.Error("Reboot of a guest that has ended = nil, want an error")
	}
}

func (s Suite) testBootCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if g, err := s.Hypervisor(t).Boot(ctx, s.machine(t, io.Discard)); err == nil {
		stop(t, g)
		t.Error("Boot with a context that ended = nil, want an error")
	}
}

func (s Suite) testAdopt(t *testing.T) {
	m := s.machine(t, io.Discard)
	g, err := s.Hypervisor(t).Boot(t.Context(), m)
	if err != nil {
		t.Fatalf("Boot = %v", err)
	}
	if err := g.Detach(); err != nil {
		t.Fatalf("Detach = %v", err)
	}
	g, err = s.Hypervisor(t).Adopt(t.Context(), m)
	if err != nil {
		t.Fatalf("Adopt = %v", err)
	}
	if ended(g) {
		t.Error("the adopted guest has ended, want it to run")
	}
	if err := g.Reboot(t.Context()); err != nil {
		t.Errorf("Reboot of the adopted guest = %v", err)
	}
	stop(t, g)
	if !ended(g) {
		t.Error("Done is not closed after Stop of the adopted guest")
	}
}

func (s Suite) testAllAtOnce(t *testing.T) {
	h := s.Hypervisor(t)
	var group sync.WaitGroup
	for range 3 {
		g := s.boot(t, h, s.machine(t, io.Discard))
		group.Go(func() { stop(t, g) })
		group.Go(func() { _ = g.Reboot(t.Context()) }) // may come too late
		group.Go(func() { <-g.Done(); _ = g.Err() })
	}
	group.Wait()
}

// counter counts what is written to a console.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += len(p)
	return len(p), nil
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (s Suite) testConsole(t *testing.T) {
	console := new(counter)
	g := s.boot(t, s.Hypervisor(t), s.machine(t, console))
	stop(t, g)
	before := console.count()
	_ = g.Reboot(t.Context())
	if after := console.count(); after != before {
		t.Errorf("%d bytes were written to the console after Stop", after-before)
	}
}
