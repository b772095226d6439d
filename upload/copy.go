package upload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"emikit/manifest"
)

// ErrSamePlace: a bundle would be copied onto itself.
var ErrSamePlace = errors.New("source and destination are the same")

// CopyRequest says which bundle goes from where to where.
type CopyRequest struct {
	// Source is the store that it is in, which may be the one that it goes to, and
	// From where in it.
	Source *Store
	From   Location
	// Name is the name of its manifest, in both places.
	Name string
	// Document are the bytes of the manifest that the copy gets, and Manifest what they
	// say. Its parts are those of the bundle.
	Document []byte
	Manifest *manifest.Manifest
	// To, ACL, BucketLocation and DefaultLocation are those of an UploadRequest.
	To                              Location
	ACL                             string
	BucketLocation, DefaultLocation string
	// Progress is told of each step, from one goroutine at a time. nil is allowed.
	Progress func(Event)
}

// CopyResult says how a bundle was copied.
type CopyResult struct {
	// Path is where the copy's manifest is, as BUCKET/PREFIX/NAME.manifest.xml.
	Path string
	// ByStore is the number of parts that the store has copied itself.
	ByStore int
}

// CopyBundle copies a bundle into this store. The store copies the parts itself where
// both places are in it, for one key, and where it does that; else they go through
// memory, as many at once as this store has jobs, or a few, each compared with its
// digest before it is sent. Those that the store has copied are compared afterwards: by the store's
// own sum, or else they are read. The manifest comes last.
//
// Before anything is changed, all parts are looked for. An earlier bundle of that name
// in To loses its manifest first. When it fails, what was copied is removed again, and
// what cannot be is told (LeftBehind).
func (s *Store) CopyBundle(ctx context.Context, r CopyRequest) (CopyResult, error) {
	c := &copier{
		ctx: ctx, request: r,
		uploader: &uploader{store: s, to: r.To, acl: r.ACL, teller: &teller{fn: r.Progress}},
		memory:   semaphore.NewWeighted(copyMemory),
	}
	c.asks.Store(s.isAt(r.Source) && s.signer.credentials == r.Source.signer.credentials)
	if err := c.check(ctx); err != nil {
		return CopyResult{}, err
	}
	if err := c.run(ctx); err != nil {
		c.undo(ctx)
		return CopyResult{}, err
	}
	return CopyResult{Path: r.To.Path(r.Name), ByStore: int(c.byStore.Load())}, nil
}

// isAt says whether two stores are one, as far as their addresses show it.
func (s *Store) isAt(other *Store) bool { return *s.endpoint == *other.endpoint }

// copier copies one bundle.
type copier struct {
	ctx      context.Context // of the whole copy, not of one part
	request  CopyRequest
	uploader *uploader
	memory   *semaphore.Weighted // for parts that go through it; bytes

	objects []Object    // the parts where they are
	asks    atomic.Bool // the store is asked to copy
	byStore atomic.Int64

	created   bool    // the bucket
	begun     bool    // parts are in To, or may be
	published bool    // the manifest is in To, or may be
	earlier   earlier // what was there before
}

// check refuses a copy that cannot be made, before anything is changed.
func (c *copier) check(ctx context.Context) error {
	r := c.request
	if r.From == r.To && c.isOnePlace(ctx) {
		return fmt.Errorf("copy %s: %w", r.From.Path(r.Name), ErrSamePlace)
	}
	if err := checkNamed(r.Manifest, r.Name); err != nil {
		return fmt.Errorf("%w, nothing was copied", err)
	}
	names := make([]string, len(r.Manifest.Parts))
	for i, part := range r.Manifest.Parts {
		names[i] = part.Name
	}
	c.objects = r.Source.Stat(ctx, r.From, names, r.Progress)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return c.checkObjects()
}

// isOnePlace says whether the manifest in From and that in To are one object. They
// may be although the stores have two addresses.
func (c *copier) isOnePlace(ctx context.Context) bool {
	r := c.request
	if c.uploader.store.isAt(r.Source) {
		return true
	}
	ours, err := r.Source.head(ctx, r.From, r.Name)
	if err != nil {
		return false // it was read a moment ago; what follows tells why it is not now
	}
	theirs, err := c.uploader.store.head(ctx, r.To, r.Name)
	return err == nil && ours.ETag == theirs.ETag && ours.Size == theirs.Size && ours.LastModified.Equal(theirs.LastModified)
}

// head asks for an object without its content.
func (s *Store) head(ctx context.Context, loc Location, name string) (info minio.ObjectInfo, err error) {
	err = s.retry(ctx, name, nil, func() error {
		info, err = s.client.StatObject(ctx, loc.Bucket, loc.Key(name), minio.StatObjectOptions{})
		return refused("look up", loc.Path(name), err)
	})
	return info, err
}

// checkObjects compares what the source has with the manifest.
func (c *copier) checkObjects() error {
	r := c.request
	var total int64
	for i, part := range r.Manifest.Parts {
		o := c.objects[i]
		path := r.From.Path(part.Name)
		switch {
		case errors.Is(o.Err, fs.ErrNotExist):
			return fmt.Errorf("%s: %w, nothing was copied", path, ErrMissingPart)
		case o.Err != nil:
			return o.Err
		case o.SHA1 != nil && *o.SHA1 != part.Digest:
			return digestError(path, part, *o.SHA1)
		}
		total += o.Size
	}
	if want := r.Manifest.BundledSize; total != want {
		return fmt.Errorf("copy %s: %w: they hold %d bytes, the manifest says %d", r.From.Path(r.Name), ErrBundledSize, total, want)
	}
	return nil
}

func digestError(path string, part manifest.Part, got manifest.Digest) error {
	return &DigestError{Path: path, Op: "copy", Want: part.Digest, Got: got}
}

// run makes the copy.
func (c *copier) run(ctx context.Context) (err error) {
	r, u := c.request, c.uploader
	c.created, err = u.store.ensureBucket(ctx, r.To.Bucket, cmp.Or(r.BucketLocation, r.DefaultLocation), r.BucketLocation, u.teller)
	if err != nil {
		return err
	}
	if !c.created {
		if c.earlier, err = u.retire(ctx, r.Manifest, r.Name); err != nil {
			return err // the earlier bundle is whole, or lacks no more than its manifest
		}
	}
	c.begun = true
	if err := c.parts(ctx); err != nil {
		return err
	}
	if err := u.removeAll(ctx, c.earlier.stale); err != nil {
		return err
	}
	c.published = true
	return u.sendManifest(ctx, r.Name, r.Document)
}

// parts copies the parts, several at once.
func (c *copier) parts(ctx context.Context) error {
	u, m := c.uploader, c.request.Manifest
	u.teller.tell(Event{Kind: Begin, Name: u.to.Bucket, Size: m.BundledSize})
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.jobs())
	for i, part := range m.Parts {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err // a part failed while this one waited
			}
			return c.part(ctx, part, c.objects[i].Size)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: PartsDone, Name: u.to.Bucket})
	return nil
}

// jobs is how many parts are copied at once. Those that the store copies take no
// memory here.
func (c *copier) jobs() int {
	if c.asks.Load() {
		return c.uploader.store.pace.onDisk()
	}
	return c.uploader.store.pace.ahead()
}

// part copies a part in the way that works.
func (c *copier) part(ctx context.Context, part manifest.Part, size int64) error {
	if c.asks.Load() {
		err := c.ask(ctx, part, size)
		if err == nil {
			c.byStore.Add(1)
			c.uploader.teller.tell(Event{Kind: PartBegin, Name: part.Name, Index: part.Index, Size: size})
			c.uploader.teller.tell(Event{Kind: PartDone, Name: part.Name, Index: part.Index, Size: size})
			return nil
		}
		if refusal, ok := errors.AsType[*Error](err); !ok || refusal.Op != opCopy || errors.Is(err, fs.ErrNotExist) {
			return err
		}
		c.asks.Store(false)
		c.uploader.store.log.DebugContext(ctx, "the store does not copy", "object", part.Name, "error", err)
	}
	return c.carry(ctx, part, size)
}

// undo removes what was copied, and with it what is left of an earlier bundle that has
// lost its manifest. It tries for ten seconds at most, also when ctx has ended.
func (c *copier) undo(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), abortWithin, errNoAnswer)
	defer cancel()
	// A queue that is given up removes what it has sent in the same way.
	q := &Queue{uploader: c.uploader, request: QueueRequest{To: c.request.To, Name: c.request.Manifest.Name}, earlier: c.earlier.stale}
	if c.published {
		if err := c.uploader.store.removeOnce(ctx, c.request.To, c.request.Name); err != nil {
			q.tellLeft(ctx, []string{c.request.Name}, err) // then the parts have to stay: it may be whole
			return
		}
	}
	if c.begun {
		for _, part := range c.request.Manifest.Parts {
			q.sent = append(q.sent, part.Name)
		}
		q.clear(ctx)
	}
	if c.created {
		_ = c.uploader.store.removeBucketOnce(ctx, c.request.To.Bucket) // refused if it is in use
	}
}
