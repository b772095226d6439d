package instances

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"emikit/node"
)

// fakeNode is a compute node in memory. An instance stays pending until boot
// or fail says what becomes of it, unless auto is set: then it runs at once,
// and ends at once. Its clock is the tests'.
type fakeNode struct {
	total node.Capacity
	auto  bool

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change
	revision uint64
	order    []string
	running  map[string]*fakeInstance
	refuse   error // what Run and Start answer
	silent   error // what everything answers
	over     []string
	launches int
	starts   int
	started  node.Start // the last of them
}

type fakeInstance struct {
	node.InstanceStatus
	spec node.Spec
}

var (
	_ Node = (*node.Node)(nil)
	_ Node = (*fakeNode)(nil)
)

func newFakeNode(total node.Capacity, auto bool) *fakeNode {
	return &fakeNode{total: total, auto: auto, revision: 1, changed: make(chan struct{}), running: map[string]*fakeInstance{}}
}

func (f *fakeNode) Certificate(context.Context) (*x509.Certificate, error) {
	return &x509.Certificate{}, f.state()
}

func (f *fakeNode) state() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.silent
}

func (f *fakeNode) Run(_ context.Context, spec node.Spec) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.launches++
	if err := errors.Join(f.silent, f.refuse); err != nil {
		return err
	}
	state := node.StatePending
	if f.auto {
		state = node.StateRunning
	}
	f.order = append(f.order, spec.InstanceID)
	f.running[spec.InstanceID] = &fakeInstance{node.InstanceStatus{ID: spec.InstanceID, State: state, Changed: time.Now()}, spec}
	if free := f.free(); free.Cores < 0 || free.MemoryMB < 0 || free.DiskGB < 0 {
		f.over = append(f.over, spec.InstanceID)
	}
	f.touch()
	return nil
}

func (f *fakeNode) Terminate(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	in, ok := f.running[id]
	switch {
	case f.silent != nil:
		return f.silent
	case !ok:
		return node.ErrUnknownInstance
	case in.State == node.StateTerminated:
		return nil
	}
	in.State, in.Reason = node.StateShuttingDown, node.ReasonUser
	if f.auto {
		in.State = node.StateTerminated
	}
	f.touch()
	return nil
}

func (f *fakeNode) Reboot(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if in, ok := f.running[id]; !ok || in.State != node.StateRunning {
		return node.ErrNotRunning
	}
	return f.silent
}

func (f *fakeNode) Stop(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	in, ok := f.running[id]
	switch {
	case f.silent != nil:
		return f.silent
	case !ok:
		return node.ErrUnknownInstance
	case in.State != node.StateRunning:
		return node.ErrNotRunning
	}
	in.State, in.Reason = node.StateStopping, node.ReasonUser
	if f.auto {
		in.State = node.StateStopped
	}
	f.touch()
	return nil
}

func (f *fakeNode) Start(_ context.Context, s node.Start) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts++
	f.started = s
	in, ok := f.running[s.InstanceID]
	switch {
	case f.silent != nil || f.refuse != nil:
		return errors.Join(f.silent, f.refuse)
	case !ok:
		return node.ErrUnknownInstance
	case in.State != node.StateStopped:
		return node.ErrNotStopped
	}
	in.spec.Type, in.spec.PrivateIP, in.spec.PublicIP, in.spec.UserData = s.Type, s.PrivateIP, s.PublicIP, s.UserData
	in.State, in.Reason = node.StatePending, ""
	if f.auto {
		in.State = node.StateRunning
	}
	f.touch()
	return nil
}

func (f *fakeNode) Console(_ context.Context, id string) (node.Console, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.running[id]; !ok {
		return node.Console{}, node.ErrUnknownInstance
	}
	return node.Console{Output: []byte("console of " + id), Time: time.Now()}, f.silent
}

func (f *fakeNode) Status(ctx context.Context, since uint64) (node.Status, error) {
	for {
		f.mu.Lock()
		status, err, changed := f.status(), f.silent, f.changed
		f.mu.Unlock()
		if err != nil {
			return node.Status{}, err
		}
		if status.Revision != since {
			return status, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return node.Status{}, ctx.Err()
		}
	}
}

// status is what the node reports. The caller holds the lock.
func (f *fakeNode) status() node.Status {
	s := node.Status{Revision: f.revision, Hypervisor: "fake", Total: f.total, Free: f.free()}
	for _, id := range f.order {
		s.Instances = append(s.Instances, f.running[id].InstanceStatus)
	}
	slices.SortFunc(s.Instances, func(a, b node.InstanceStatus) int { return strings.Compare(a.ID, b.ID) })
	return s
}

func (f *fakeNode) free() node.Capacity {
	free := f.total
	for _, in := range f.running {
		if in.State == node.StateTerminated {
			continue
		}
		free.DiskGB -= in.spec.Type.DiskGB
		if in.State != node.StateStopped {
			free.Cores -= in.spec.Type.CPUs
			free.MemoryMB -= in.spec.Type.MemoryMB
		}
	}
	return free
}

// touch tells who waits for a change. The caller holds the lock.
func (f *fakeNode) touch() {
	f.revision++
	close(f.changed)
	f.changed = make(chan struct{})
}

// become puts an instance into a state.
func (f *fakeNode) become(id string, state node.State, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.running[id]
	in.State, in.Reason, in.Changed = state, reason, time.Now()
	f.touch()
}

// lose makes the node forget an instance.
func (f *fakeNode) lose(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, id)
	f.order = slices.DeleteFunc(f.order, func(other string) bool { return other == id })
	f.touch()
}

// set changes how the node answers.
func (f *fakeNode) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.touch()
}

// spec is what the node was told about an instance.
func (f *fakeNode) spec(id string) (node.Spec, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if in, ok := f.running[id]; ok {
		return in.spec, true
	}
	return node.Spec{}, false
}

// alive lists what the node runs.
func (f *fakeNode) alive() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for _, id := range f.order {
		if alive(f.running[id].State) {
			ids = append(ids, id)
		}
	}
	return ids
}
