package upload

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

const (
	// abortWithin is how long Abort may take in all.
	abortWithin = 10 * time.Second
	// removeJobs is the number of objects that are removed at once: these are requests
	// without bodies.
	removeJobs = 16
)

var (
	// errAborted is why requests of an aborted queue end.
	errAborted = errors.New("the upload was given up")
	// errNoAnswer is why those that remove what was sent end.
	errNoAnswer = fmt.Errorf("no answer within %v", abortWithin)
)

// Abort stops the requests that are going on and removes what was sent, and with it
// what is left of an earlier bundle that has lost its manifest: without that nothing
// can read it. It tries for ten seconds at most, also when the operation's context
// has ended. What stays in the bucket is told (LeftBehind). After Commit has returned
// nil it does nothing.
func (q *Queue) Abort() {
	if q.complete {
		return
	}
	q.stop(errAborted)
	_ = q.Wait() // whoever put the parts knows the error
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(q.ctx), abortWithin, errNoAnswer)
	defer cancel()
	switch {
	case !q.retract(ctx):
	case q.begun || len(q.sent) > 0:
		q.clear(ctx)
	}
	if q.created {
		_ = q.uploader.store.removeBucketOnce(ctx, q.request.To.Bucket) // refused if it is in use
	}
}

// retract makes sure that there is no manifest. Where one may be and cannot be
// removed, the parts have to stay: the bundle is complete then.
func (q *Queue) retract(ctx context.Context) bool {
	if !q.published {
		return true
	}
	name := manifest.FileName(q.request.Name)
	err := q.uploader.store.removeOnce(ctx, q.request.To, name)
	if err != nil {
		q.tellLeft(ctx, []string{name}, err)
	}
	return err == nil
}

// clear removes the parts, and then those that have come meanwhile: a server may have
// been storing one when its request ended.
func (q *Queue) clear(ctx context.Context) {
	left, err := q.removeParts(ctx, slices.Concat(q.sent, without(q.earlier, q.sent)))
	there, listErr := q.partsThere(ctx)
	if listErr == nil {
		left, err = q.removeParts(ctx, there)
	}
	if len(left) > 0 {
		q.tellLeft(ctx, left, err)
	}
}

// partsThere lists the parts in the bucket.
func (q *Queue) partsThere(ctx context.Context) (names []string, err error) {
	there, err := q.uploader.store.objectsOnce(ctx, q.request.To, q.request.Name+".part.")
	for _, object := range there {
		if manifest.IsPartName(q.request.Name, object.name) {
			names = append(names, object.name)
		}
	}
	return names, err
}

// removeParts removes objects, several at once, and returns those that it could not
// remove and why.
func (q *Queue) removeParts(ctx context.Context, names []string) (left []string, cause error) {
	var mu sync.Mutex
	failed := map[string]error{}
	var group errgroup.Group
	group.SetLimit(removeJobs)
	for _, name := range names {
		group.Go(func() error {
			if err := q.uploader.store.removeOnce(ctx, q.request.To, name); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[name], cause = err, err
			}
			return nil
		})
	}
	_ = group.Wait()
	return slices.Sorted(maps.Keys(failed)), cause
}

func (q *Queue) tellLeft(ctx context.Context, names []string, cause error) {
	if err := context.Cause(ctx); err != nil {
		cause = err
	}
	text := q.request.To.Path(names[0])
	if more := len(names) - 1; more > 0 {
		text = fmt.Sprintf("%s and %d more", text, more)
	}
	q.uploader.teller.tell(Event{Kind: LeftBehind, Name: text, Err: cause})
}
