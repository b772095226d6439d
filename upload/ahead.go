package upload

import (
	"context"
	"io"
	"sync"

	"emikit/manifest"
)

const (
	// aheadBlock is the unit in which parts are read ahead, in bytes, and aheadBlocks
	// how many of them of one part may wait. A part of the usual size hardly has more;
	// the rest of a larger one waits at the server.
	aheadBlock  = 1 << 20
	aheadBlocks = 8
)

// Ahead is a Source that begins with the next parts before they are asked for, as
// many at once as the store has jobs, and a few if that is for the store to choose.
// For each it holds some MiB in memory. It may be used from several goroutines at once.
type Ahead struct {
	source *Source
	ctx    context.Context // of the operation that the parts are read for
	stop   context.CancelFunc
	jobs   int         // parts at once
	free   chan []byte // blocks not in use
	group  sync.WaitGroup

	mu      sync.Mutex
	parts   []manifest.Part
	index   map[string]int // of parts, by name
	fetches []*fetch       // of parts; nil where none has begun
}

// ReadAhead returns the parts under from, which are read in the order in which they
// are given. Nothing is asked until the first is opened. Close must be called. progress
// is told of requests that are made again, from one goroutine at a time; nil is
// allowed.
func (s *Store) ReadAhead(ctx context.Context, from Location, parts []manifest.Part, progress func(Event)) *Ahead {
	jobs := s.pace.ahead()
	a := &Ahead{
		source: &Source{s, from, &teller{fn: progress}},
		jobs:   jobs,
		free:   make(chan []byte, jobs*(aheadBlocks+2)),
		parts:  parts, index: map[string]int{}, fetches: make([]*fetch, len(parts)),
	}
	a.ctx, a.stop = context.WithCancel(ctx)
	for i, part := range parts {
		a.index[part.Name] = i
	}
	return a
}

// Open returns a part, and begins with those that follow it. The caller closes it.
func (a *Ahead) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	f := a.take(part)
	if f == nil {
		return a.source.Open(ctx, part)
	}
	select {
	case <-f.found:
		if f.missing != nil {
			return nil, f.missing
		}
		return f, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// take gives the fetch of a part away, and begins with the next ones. It is nil where
// there is none, or no more.
func (a *Ahead) take(part manifest.Part) *fetch {
	a.mu.Lock()
	defer a.mu.Unlock()
	i, known := a.index[part.Name]
	if !known || a.fetches[i] != nil && a.fetches[i].taken {
		return nil
	}
	for next := i; next < min(i+a.jobs, len(a.parts)); next++ {
		a.begin(next)
	}
	a.fetches[i].taken = true
	return a.fetches[i]
}

// begin begins with a part, unless that was done.
func (a *Ahead) begin(i int) {
	if a.fetches[i] != nil {
		return
	}
	f := &fetch{ahead: a, found: make(chan struct{}), blocks: make(chan []byte, aheadBlocks)}
	f.ctx, f.stop = context.WithCancel(a.ctx)
	a.fetches[i] = f
	var before *fetch
	if i > 0 {
		before = a.fetches[i-1]
	}
	a.group.Go(func() { f.run(a.parts[i], before) })
}

// Close ends what is going on, and waits for it.
func (a *Ahead) Close() error {
	a.stop()
	a.group.Wait()
	return nil
}

// block returns an empty block.
func (a *Ahead) block() []byte {
	select {
	case b := <-a.free:
		return b[:cap(b)]
	default:
		return make([]byte, aheadBlock)
	}
}

// release takes a block back.
func (a *Ahead) release(b []byte) {
	select {
	case a.free <- b:
	default: // enough of them
	}
}

// A fetch is a part that is read ahead. It is read by one goroutine at a time.
type fetch struct {
	ahead *Ahead
	ctx   context.Context // of the part
	stop  context.CancelFunc
	taken bool // somebody reads it; guarded by ahead.mu

	found   chan struct{} // closed when it is known whether the part is there
	missing error         // set before that
	blocks  chan []byte
	err     error // why no more blocks come; set before blocks is closed

	whole []byte // the block that is being read
	rest  []byte // what is left of it
}

// run reads the part, until it has ended or is not wanted any more. It asks for it
// when the part before has begun to come: from a store that serves few at once, the
// one that is wanted first must not be the one that waits.
func (f *fetch) run(part manifest.Part, before *fetch) {
	defer close(f.blocks)
	if before != nil {
		<-before.found
	}
	body, err := f.ahead.source.Open(f.ctx, part)
	f.missing = err
	close(f.found)
	if err != nil {
		return
	}
	defer body.Close()
	for f.err == nil {
		block := f.ahead.block()
		n := 0
		for n < len(block) && f.err == nil {
			var m int
			m, f.err = body.Read(block[n:])
			n += m
		}
		select {
		case f.blocks <- block[:n]:
		case <-f.ctx.Done():
			f.err = context.Cause(f.ctx)
		}
	}
}

// Read gives what has come, or waits for more.
func (f *fetch) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.whole != nil {
			f.ahead.release(f.whole)
			f.whole = nil
		}
		block, more := <-f.blocks
		if !more {
			return 0, f.err
		}
		f.whole, f.rest = block, block
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Close gives the part up.
func (f *fetch) Close() error {
	f.stop()
	return nil
}
