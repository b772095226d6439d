package node

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"emikit/dirlock"
)

// keepTerminated is how long a terminated instance is reported and its console
// can be read.
const keepTerminated = time.Hour

// Config is what a node needs to know. Dir, Hypervisor, Key and Certificate
// are required.
type Config struct {
	Dir        string // made when missing, and locked
	Hypervisor Hypervisor

	// Key opens the envelopes made for Certificate.
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate

	MaxCores    int // 0: DefaultMaxCores, whatever the machine has
	MaxMemoryMB int // MiB; 0: the machine's memory
	MaxDiskGB   int // GiB; 0: what is free, or DefaultThinDiskGB with thin disks

	HTTP *http.Client // fetches parts; nil: one that goes straight to the URLs, without a proxy
	// RetryPause is how long a fetch that fails for the moment waits before it
	// is taken up; then twice as long, and so on. 0: DefaultRetryPause.
	RetryPause time.Duration
	Log        *slog.Logger     // nil: nothing is logged
	Now        func() time.Time // nil: time.Now
}

// withDefaults fills in what is optional.
func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" || c.Hypervisor == nil || c.Key == nil || c.Certificate == nil {
		return c, errors.New("node: directory, hypervisor, key and certificate are required")
	}
	if c.HTTP == nil {
		c.HTTP = newClient()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.RetryPause == 0 {
		c.RetryPause = DefaultRetryPause
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// Node runs instances. Its methods are safe for concurrent use.
type Node struct {
	c     Config
	lock  *dirlock.Lock
	dir   store
	cache *cache
	total Capacity

	ctx   context.Context // ends when the node closes, because of ErrClosed
	close context.CancelCauseFunc
	work  sync.WaitGroup // one for each instance that is not terminated

	mu        sync.Mutex
	instances map[string]*instance
	revision  uint64
	changed   chan struct{} // closed, and made anew, when revision changes
	closed    bool
}

// New opens a node and adopts the instances that Dir holds from an earlier
// run: those that ran run on, or are terminated with a reason when the
// hypervisor has them no more; those that were pending are forgotten, to be run
// again. What it removes and adopts is logged. ctx bounds the call only. The
// node must be closed. The error is ErrLocked when another process has Dir.
func New(ctx context.Context, c Config) (*Node, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	n := &Node{
		c: c, dir: store{filepath.Join(c.Dir, "instances")},
		instances: map[string]*instance{}, revision: 1, changed: make(chan struct{}),
	}
	n.ctx, n.close = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := n.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("node: %w", err), n.Close(ctx))
	}
	return n, nil
}

// open takes the node's directory and puts in order what is there.
func (n *Node) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(n.c.Dir, 0o700); err != nil {
		return err
	}
	if n.lock, err = lockDir(n.c.Dir); err != nil {
		return err
	}
	if err := n.dir.open(); err != nil {
		return err
	}
	var removed stale
	if n.cache, removed, err = openCache(filepath.Join(n.c.Dir, "cache"), n.c); err != nil {
		return err
	}
	if removed.files > 0 {
		n.c.Log.Info("interrupted image fetches removed", "files", removed.files, "bytes", removed.bytes)
	}
	n.total = n.c.capacity()
	return n.adoptAll(ctx)
}

// Certificate is the node's certificate; bundling keys are enveloped to it.
func (n *Node) Certificate(context.Context) (*x509.Certificate, error) {
	return n.c.Certificate, nil
}

// Run accepts an instance, or refuses it at once: a [*NoRoomError] when it
// does not fit here, [ErrBadSpec] when it cannot run anywhere. What follows is
// done in the background and shows in [Node.Status]. Running an instance that
// the node knows already changes nothing and is no error, so that a request
// whose answer was lost can be repeated.
func (n *Node) Run(_ context.Context, s Spec) error {
	if err := s.check(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return ErrClosed
	}
	n.forget()
	if _, ok := n.instances[s.InstanceID]; ok {
		return nil
	}
	if err := n.free().fits(s.Type); err != nil {
		return err
	}
	in, err := n.admit(s)
	if err != nil {
		return fmt.Errorf("%s: %w", s.InstanceID, err)
	}
	n.work.Go(func() { n.live(in, s) })
	return nil
}

// Terminate ends an instance in whatever state it is; the end shows in
// [Node.Status]. Terminating one that is ending or has ended is no error.
func (n *Node) Terminate(_ context.Context, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	in, err := n.find(id)
	if err != nil {
		return err
	}
	switch in.status.State {
	case StatePending, StateRunning, StateStopping:
		n.move(in, StateShuttingDown, ReasonUser)
		in.end(errRequested)
	case StateStopped:
		n.move(in, StateShuttingDown, ReasonUser)
		n.work.Go(func() { n.ended(in, ReasonUser) })
	}
	return nil
}

// Reboot restarts a running instance; [ErrNotRunning] in any other state.
func (n *Node) Reboot(ctx context.Context, id string) error {
	guest, err := n.guest(id)
	if err != nil {
		return err
	}
	if err := guest.Reboot(ctx); err != nil {
		return fmt.Errorf("reboot %s: %w", id, err)
	}
	return nil
}

// guest finds the guest of a running instance.
func (n *Node) guest(id string) (Guest, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	in, err := n.find(id)
	if err != nil {
		return nil, err
	}
	if in.status.State != StateRunning {
		return nil, fmt.Errorf("%s is %s: %w", id, in.status.State, ErrNotRunning)
	}
	return in.guest, nil
}

// Console returns the end of an instance's console output: of a terminated
// instance, for an hour after its end.
func (n *Node) Console(_ context.Context, id string) (Console, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	in, err := n.find(id)
	if err != nil {
		return Console{}, err
	}
	console := in.console.tail()
	if len(console.Output) == 0 {
		console.Time = in.status.Changed
	}
	return console, nil
}

// Status reports the node as soon as its revision is not since; with 0, which
// is nobody's revision, at once. When ctx ends before that, the error is its
// cause.
func (n *Node) Status(ctx context.Context, since uint64) (Status, error) {
	for {
		status, changed, err := n.look()
		if err != nil || status.Revision != since {
			return status, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Status{}, context.Cause(ctx)
		}
	}
}

// look takes the status as it is, and a channel that is closed when it is not
// so any more.
func (n *Node) look() (Status, <-chan struct{}, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return Status{}, nil, ErrClosed
	}
	n.forget()
	status := Status{
		Revision:   n.revision,
		Hypervisor: n.c.Hypervisor.Info().Name,
		Total:      n.total,
		Free:       n.free(),
	}
	for _, in := range n.instances {
		status.Instances = append(status.Instances, in.status)
	}
	slices.SortFunc(status.Instances, func(a, b InstanceStatus) int { return strings.Compare(a.ID, b.ID) })
	return status, n.changed, nil
}

// Close stops the node, not its instances: they stay recorded, and the next
// node on the same directory adopts them. It waits for all that the node has
// begun, at most until ctx ends.
func (n *Node) Close(ctx context.Context) error {
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		n.touch()
	}
	n.mu.Unlock()
	n.close(ErrClosed)
	done := make(chan struct{})
	go func() { // ends with the work it waits for
		n.work.Wait()
		if n.cache != nil { // else New has failed before
			n.cache.wait()
		}
		n.c.HTTP.CloseIdleConnections()
		close(done)
	}()
	select {
	case <-done:
		return n.leave()
	case <-ctx.Done():
		return fmt.Errorf("close node: %w", context.Cause(ctx))
	}
}

// leave closes the consoles and gives the directory back.
func (n *Node) leave() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for _, in := range n.instances {
		errs = append(errs, in.console.close())
	}
	if n.lock != nil {
		errs = append(errs, n.lock.Release())
	}
	return errors.Join(errs...)
}

// find looks an instance up. The caller holds the lock.
func (n *Node) find(id string) (*instance, error) {
	if n.closed {
		return nil, ErrClosed
	}
	n.forget()
	in, ok := n.instances[id]
	if !ok {
		return nil, fmt.Errorf("%s: %w", id, ErrUnknownInstance)
	}
	return in, nil
}

// forget drops the instances that ended long ago. The caller holds the lock.
func (n *Node) forget() {
	now := n.c.Now()
	maps.DeleteFunc(n.instances, func(id string, in *instance) bool {
		if in.status.State != StateTerminated || now.Sub(in.status.Changed) < keepTerminated {
			return false
		}
		if err := errors.Join(in.console.close(), n.dir.remove(id)); err != nil {
			n.c.Log.Warn("remove an instance's folder", "instance", id, "error", err)
		}
		n.touch()
		return true
	})
}

// touch makes a new revision known. The caller holds the lock.
func (n *Node) touch() {
	n.revision++
	close(n.changed)
	n.changed = make(chan struct{})
}
