package upload

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

// Queue sends parts while they are made: it is the sink of a bundle that never
// lies on disk. It holds at most as many parts in memory as the store has jobs.
type Queue struct {
	uploader *uploader
	ctx      context.Context // of the operation that the queue serves
	group    *errgroup.Group
	parts    chan queued
	free     chan *bytes.Buffer // the buffers not in use
}

type queued struct {
	part manifest.Part
	body *bytes.Buffer
}

// NewQueue starts a queue that stores parts under to, with a canned ACL unless
// acl is empty. It ends with ctx or with Close, which must be called. progress
// is told of each step, from one goroutine at a time; nil is allowed.
func (s *Store) NewQueue(ctx context.Context, to Location, acl string, progress func(Event)) *Queue {
	group, ctx := errgroup.WithContext(ctx)
	q := &Queue{
		uploader: &uploader{store: s, to: to, acl: acl, teller: &teller{fn: progress}},
		ctx:      ctx,
		group:    group,
		parts:    make(chan queued),
		free:     make(chan *bytes.Buffer, s.jobs),
	}
	for range s.jobs {
		q.free <- new(bytes.Buffer)
		group.Go(q.work)
	}
	return q
}

// Put takes a part, and does not keep body. It waits while all jobs are busy.
// After a part has failed, it returns that part's error.
func (q *Queue) Put(ctx context.Context, part manifest.Part, body []byte) error {
	var buf *bytes.Buffer
	select {
	case buf = <-q.free:
	case <-q.ctx.Done():
		return context.Cause(q.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	buf.Reset()
	buf.Write(body)
	select {
	case q.parts <- queued{part, buf}:
		return nil
	case <-q.ctx.Done():
		return context.Cause(q.ctx)
	case <-ctx.Done():
		q.free <- buf
		return context.Cause(ctx)
	}
}

// Close waits until every part is stored, and returns the first failure. Put
// may not be called after it.
func (q *Queue) Close() error {
	close(q.parts)
	return q.group.Wait()
}

// work stores parts until there are no more.
func (q *Queue) work() error {
	for {
		select {
		case next, more := <-q.parts:
			if !more {
				return context.Cause(q.ctx) // not nil when parts were turned away
			}
			if err := q.send(next); err != nil {
				return err
			}
			q.free <- next.body
		case <-q.ctx.Done():
			return context.Cause(q.ctx)
		}
	}
}

func (q *Queue) send(next queued) error {
	body := bytes.NewReader(next.body.Bytes())
	sums, err := q.uploader.store.sum(q.ctx, body)
	if err != nil {
		return err
	}
	if sums.sha1 != next.part.Digest {
		return fmt.Errorf("%s: %w (expected SHA-1: %s, actual: %s)", next.part.Name, ErrPartDigest, next.part.Digest, sums.sha1)
	}
	return q.uploader.sendPart(q.ctx, next.part, body, sums)
}

// PutManifest stores the manifest, as the object called name. It is called
// after Close has returned nil, and makes the bundle complete.
func (q *Queue) PutManifest(ctx context.Context, name string, document []byte) error {
	return q.uploader.sendManifest(ctx, name, document)
}
