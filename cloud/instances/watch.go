package instances

import (
	"context"
	"sync"
	"time"

	"emikit/node"
)

// watch keeps what is recorded of one node's instances in step with what the
// node reports. Its run method is one goroutine; requests to the node run
// beside it, at most one at a time for each instance.
type watch struct {
	s        *Service
	name     string
	node     Node
	answered chan struct{} // closed after the first look, whatever came of it
	requests sync.WaitGroup

	mu        sync.Mutex
	interrupt context.CancelFunc // ends the wait for a change; nil outside of it
	woken     bool               // look again without waiting
	looks     uint64             // how many times the node was asked for its status
	silent    time.Time          // since when it does not answer; zero: it does
	running   int                // requests under way
	notes     map[string]*note
}

// note is what a watch remembers of an instance between two looks.
type note struct {
	busy bool // a request to the node is under way
	// asked is the look during which the last request that the node accepted
	// ended, 0 when there was none. Only a later look can show its effect.
	asked     uint64
	last      step      // what that request was
	held      step      // what was requested last, accepted or not
	notBefore time.Time // when the same may be requested again
	missing   time.Time // when the node was first seen not to report it
}

func newWatch(s *Service, name string, n Node) *watch {
	return &watch{s: s, name: name, node: n, answered: make(chan struct{}), notes: map[string]*note{}}
}

// run looks at the node until ctx ends, and returns when no request to it is
// under way any more.
func (w *watch) run(ctx context.Context) {
	defer w.requests.Wait()
	var first sync.Once
	for since := uint64(0); ctx.Err() == nil; {
		status, look, err := w.status(ctx, since)
		if err != nil {
			since = 0
			w.lost(ctx, err)
		} else {
			since = status.Revision
			w.heard(true)
			w.s.c.Scheduler.Observe(w.name, status)
			w.compare(ctx, status, look)
		}
		first.Do(func() { close(w.answered) })
		if err != nil {
			w.pause(ctx)
		}
	}
}

// lost records that the node does not answer.
func (w *watch) lost(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the cloud is closing; nothing is wrong with the node
	}
	w.heard(false)
	w.s.c.Scheduler.Lost(w.name, err)
	w.s.c.Log.Warn("node does not answer", "node", w.name, "error", err)
}

// heard notes whether the node has answered.
func (w *watch) heard(answered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case answered:
		w.silent = time.Time{}
	case w.silent.IsZero():
		w.silent = time.Now()
	}
}

// unseen is since when a node does not answer, zero while it does.
func (s *Service) unseen(nodeName string) time.Time {
	w, ok := s.watches[nodeName]
	if !ok {
		return s.started
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.silent
}

// pause waits before a node that did not answer is asked again.
func (w *watch) pause(ctx context.Context) {
	select {
	case <-time.After(w.s.c.Poll):
	case <-ctx.Done():
	}
}

// status is the node's status as soon as its revision is not since, the watch
// is woken, or the time for a look has come; and the number of the look.
func (w *watch) status(ctx context.Context, since uint64) (node.Status, uint64, error) {
	if since != 0 {
		if status, look, err := w.await(ctx, since); err == nil {
			return status, look, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, w.s.c.CallTimeout)
	defer cancel()
	look := w.begin(nil)
	status, err := w.node.Status(ctx, 0)
	return status, look, err
}

// await waits for the node's revision not to be since. When it fails, for
// whatever reason, the node is asked again without waiting, and that tells.
func (w *watch) await(ctx context.Context, since uint64) (node.Status, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, w.s.c.Poll)
	defer cancel()
	look := w.begin(cancel)
	defer w.finish()
	status, err := w.node.Status(ctx, since)
	return status, look, err
}

// begin counts a look. One that may wait says how it is interrupted; it is at
// once when the watch was woken since the last look began.
func (w *watch) begin(interrupt context.CancelFunc) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if interrupt == nil {
		w.woken = false
	} else if w.woken {
		interrupt()
	}
	w.interrupt = interrupt
	return w.looks
}

func (w *watch) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupt = nil
}

// wake has the node looked at now.
func (w *watch) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.woken = true
	if w.interrupt != nil {
		w.interrupt()
	}
}
