package instances

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"emikit/cloud/state"
)

// DefaultKernelArgs boots a filesystem image that has no partition table, as
// Eucalyptus does it.
const DefaultKernelArgs = "root=/dev/sda1 ro"

// Config is what the service needs. DB and the five interfaces behind it must be set.
type Config struct {
	DB        *state.DB
	Nodes     map[string]Node // by the names that Scheduler gives
	Scheduler Scheduler
	Network   Network
	Images    Images
	Keys      Keys
	Tags      Tagger       // nil: instances cannot be tagged
	Log       *slog.Logger // nil: nothing is logged

	// KernelArgs is the kernel's command line. Empty: DefaultKernelArgs.
	KernelArgs string
	// Retention is how long a terminated instance stays listed. 0: an hour.
	Retention time.Duration
	// Grace is how long a node may not report an instance before it counts as
	// gone. 0: two minutes.
	Grace time.Duration
	// Poll is how often a node is looked at when nothing changes. 0: 5 seconds.
	Poll time.Duration
	// CallTimeout bounds one request to a node. 0: 30 seconds.
	CallTimeout time.Duration
	// Requests is how many requests a node is sent at once. 0: 4.
	Requests int
	// NewID makes an id with a prefix. Nil: state.NewID.
	NewID func(prefix string) string
}

// Service runs instances. All methods are safe for concurrent use.
type Service struct {
	c       Config
	watches map[string]*watch // by node; never changes
	started time.Time
	stop    context.CancelFunc
	ended   chan struct{} // closed when the last goroutine has returned
}

// startWait bounds how long New waits for the nodes' first answers.
const startWait = 5 * time.Second

// New takes up what the state holds: room is claimed for every instance that
// is not terminated, and a watch begins on every node. It returns once each
// node has answered, or has had a few seconds to. ctx bounds only the start;
// the caller ends the service with Close.
func New(ctx context.Context, c Config) (*Service, error) {
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Service{c: c.withDefaults(), watches: map[string]*watch{}, started: time.Now(), stop: stop, ended: make(chan struct{})}
	if err := s.claimAll(ctx); err != nil {
		stop()
		return nil, fmt.Errorf("take up instances: %w", err)
	}
	for name, n := range c.Nodes {
		s.watches[name] = newWatch(s, name, n)
	}
	var tasks sync.WaitGroup
	for _, w := range s.watches {
		tasks.Go(func() { w.run(life) })
	}
	tasks.Go(func() { s.sweep(life) })
	go func() {
		defer close(s.ended)
		tasks.Wait()
	}()
	s.awaitNodes(ctx)
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.NewID == nil {
		c.NewID = state.NewID
	}
	c.KernelArgs = cmp.Or(c.KernelArgs, DefaultKernelArgs)
	c.Retention = cmp.Or(c.Retention, time.Hour)
	c.Grace = cmp.Or(c.Grace, 2*time.Minute)
	c.Poll = cmp.Or(c.Poll, 5*time.Second)
	c.CallTimeout = cmp.Or(c.CallTimeout, 30*time.Second)
	c.Requests = cmp.Or(c.Requests, 4)
	return c
}

// awaitNodes waits for the first answer of every node, for a few seconds.
func (s *Service) awaitNodes(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for _, w := range s.watches {
		select {
		case <-w.answered:
		case <-ctx.Done():
			return
		}
	}
}

// Close stops watching the nodes and waits until nothing is asked of them any
// more, or ctx ends. The instances go on.
func (s *Service) Close(ctx context.Context) error {
	s.stop()
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close instances: %w", context.Cause(ctx))
	}
}
