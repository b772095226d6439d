package upload

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

// QueueRequest says which bundle is going to be sent while it is made.
type QueueRequest struct {
	// To is where it goes.
	To Location
	// Name is the bundle's: its parts and its manifest are called after it.
	Name string
	// ACL is a canned ACL; empty means none.
	ACL string
	// BucketLocation and DefaultLocation are those of an UploadRequest.
	BucketLocation, DefaultLocation string
	// Progress is told of each step, from one goroutine at a time. nil is allowed.
	Progress func(Event)
}

// Queue sends parts while they are made: it is the sink of a bundle that never
// lies on disk.
//
// Put, Commit and Abort are called from one goroutine at a time. Abort must be
// called unless Commit has returned nil.
type Queue struct {
	uploader *uploader
	request  QueueRequest
	created  bool // the bucket

	ctx   context.Context // of the operation that the queue serves; ends when a part fails
	stop  context.CancelCauseFunc
	group *errgroup.Group
	parts chan queued
	jobs  int // parts that are sent at once

	begun     bool     // an earlier bundle has lost its manifest
	earlier   []string // the parts that were there then
	sent      []string // the parts that have been put, stored or not
	closed    bool     // no more parts come
	published bool     // the manifest is in the bucket, or may be
	complete  bool
}

type queued struct {
	part manifest.Part
	body []byte
	done func() // with body
}

// OpenQueue makes sure of the bucket, which it makes if there is none, and starts a
// queue. Nothing else is changed before the first part comes. The queue ends with
// ctx, of which Abort does not depend, though.
func (s *Store) OpenQueue(ctx context.Context, r QueueRequest) (*Queue, error) {
	teller := &teller{fn: r.Progress}
	created, err := s.ensureBucket(ctx, r.To.Bucket, cmp.Or(r.BucketLocation, r.DefaultLocation), r.BucketLocation, teller)
	if err != nil {
		return nil, err
	}
	jobs := s.pace.queued()
	q := &Queue{
		uploader: &uploader{store: s, to: r.To, acl: r.ACL, teller: teller},
		request:  r,
		created:  created,
		parts:    make(chan queued),
		jobs:     jobs,
	}
	ctx, q.stop = context.WithCancelCause(ctx)
	q.group, q.ctx = errgroup.WithContext(ctx)
	for range jobs {
		q.group.Go(q.work)
	}
	return q, nil
}

// Context is the context that OpenQueue was given, but ends when a part fails, with
// the part's error as its cause: whoever makes the parts need not go on.
func (q *Queue) Context() context.Context { return q.ctx }

// Held is how many parts the queue has at once.
func (q *Queue) Held() int { return q.jobs }

// Put takes a part, and calls done when it has been sent. It waits while all jobs are
// busy. After a part has failed, it returns that part's error. With the first one, an
// earlier bundle of that name loses its manifest.
func (q *Queue) Put(ctx context.Context, part manifest.Part, body []byte, done func()) error {
	if err := q.begin(ctx); err != nil {
		return err
	}
	q.sent = append(q.sent, part.Name)
	select {
	case q.parts <- queued{part, body, done}:
		return nil
	case <-q.ctx.Done():
		return context.Cause(q.ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin ends the earlier bundle. Its parts are replaced, or removed in the end.
func (q *Queue) begin(ctx context.Context) error {
	if q.begun || q.created {
		return nil
	}
	name := q.request.Name
	old, err := q.uploader.retire(ctx, &manifest.Manifest{Name: name}, manifest.FileName(name))
	if err != nil {
		return err // the earlier bundle is whole, or lacks no more than its manifest
	}
	q.begun, q.earlier = true, old.stale
	return nil
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
			next.done()
		case <-q.ctx.Done():
			return context.Cause(q.ctx)
		}
	}
}

func (q *Queue) send(next queued) error {
	u, part, size := q.uploader, next.part, int64(len(next.body))
	u.teller.tell(Event{Kind: PartBegin, Name: part.Name, Index: part.Index, Size: size})
	if err := q.store(next); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: PartDone, Name: part.Name, Index: part.Index, Size: size})
	return nil
}

// store stores a part.
func (q *Queue) store(next queued) error {
	body := &lease{Reader: bytes.NewReader(next.body)}
	defer body.end()
	_, _, err := q.uploader.sendDigested(q.ctx, next.part.Name, body, body.Size(), next.part.Digest)
	return err
}

// Wait waits until every part is stored, and returns the first failure. Put may not
// be called after it.
func (q *Queue) Wait() error {
	if !q.closed {
		q.closed = true
		close(q.parts)
	}
	return q.group.Wait()
}

// Commit waits for the parts as Wait does, removes those that an earlier bundle had
// besides, and stores the manifest, which makes the bundle complete. It returns where
// the manifest is, as BUCKET/PREFIX/NAME.manifest.xml.
func (q *Queue) Commit(ctx context.Context, document []byte) (string, error) {
	if err := q.Wait(); err != nil {
		return "", err
	}
	if err := q.uploader.removeAll(ctx, without(q.earlier, q.sent)); err != nil {
		return "", err
	}
	name := manifest.FileName(q.request.Name)
	err := q.uploader.sendManifest(ctx, name, document)
	q.published = !isRefused(err)
	if err != nil {
		return "", err
	}
	q.complete = true
	q.stop(nil)
	return q.request.To.Path(name), nil
}

// isRefused tells an object that was refused from one that was stored, or may have
// been: the answer of a server that fails, or none, leaves that open.
func isRefused(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Status < http.StatusInternalServerError
}

// without returns the names that are not among others.
func without(names, others []string) (rest []string) {
	is := map[string]bool{}
	for _, name := range others {
		is[name] = true
	}
	for _, name := range names {
		if !is[name] {
			rest = append(rest, name)
		}
	}
	return rest
}
