package publish

import (
	"context"
	"errors"
	"fmt"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/upload"
)

// UploadRequest says what to bundle, and into which bucket.
type UploadRequest struct {
	// BundleRequest's Destination is of account for Preserve only.
	BundleRequest
	// Store is the object store; the number of its jobs is that of the parts that
	// are sent, and held in memory, at once.
	Store *upload.Store
	// To, ACL, BucketLocation and DefaultLocation are those of upload.QueueRequest.
	To                              upload.Location
	ACL                             string
	BucketLocation, DefaultLocation string
	// Preserve writes the bundle into Destination as well.
	Preserve bool
	// Events, if not nil, is told of each step of the upload, as upload.QueueRequest's
	// Progress is.
	Events func(upload.Event)
}

// BundleAndUpload bundles an image straight into a bucket: its parts are sent while
// they are made and the manifest last, with nothing on disk. Keys, image and bucket
// are looked at before any work. ManifestPath of the result is the manifest's place in
// the store, BUCKET/PREFIX/NAME.manifest.xml.
//
// If it fails or is cancelled, what was sent is removed again, and no bundle of that
// name is in the bucket: an earlier one loses its manifest when the first part is
// made. What could not be removed is an event, upload.LeftBehind.
func BundleAndUpload(ctx context.Context, r UploadRequest) (BundleResult, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	options, image, err := r.begin(ctx)
	if err != nil {
		return BundleResult{}, err
	}
	defer image.stop()
	copied, err := r.preserve(options.Manifest.Name)
	if err != nil {
		return BundleResult{}, err
	}
	queue, err := r.Store.OpenQueue(ctx, upload.QueueRequest{
		To: r.To, Name: options.Manifest.Name, ACL: r.ACL,
		BucketLocation: r.BucketLocation, DefaultLocation: r.DefaultLocation, Progress: r.Events,
	})
	if err != nil {
		return BundleResult{}, errors.Join(err, copied.abort())
	}
	options.Held = queue.Held()
	// A part that fails ends the wait for the image, too, which may be long.
	release := context.AfterFunc(queue.Context(), func() { cancel(context.Cause(queue.Context())) })
	result, err := r.create(ctx, image, options, &teeSink{queue, copied}, func(document []byte) (string, error) {
		release()
		if err := queue.Wait(); err != nil {
			return "", err
		}
		if err := copied.commit(document); err != nil {
			return "", err
		}
		return queue.Commit(ctx, document)
	})
	if err != nil {
		queue.Abort()
		return BundleResult{}, errors.Join(ender(ctx, err), copied.abort())
	}
	result.Notes = append(result.Notes, copied.notes()...)
	return result, nil
}

// ender is what ended the context, if err comes of that: whatever was waiting then
// may have put its own name before it.
func ender(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
		return cause
	}
	return err
}

// preserve makes room for the copy of the bundle, if there is to be one.
func (r UploadRequest) preserve(name string) (*copiedBundle, error) {
	if !r.Preserve {
		return &copiedBundle{}, nil
	}
	sink, err := bundle.NewDirSink(r.destination(), name, r.inputs()...)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", name, err)
	}
	return &copiedBundle{sink: sink}, nil
}

// A copiedBundle is the copy in a directory of a bundle that is uploaded. There is
// none if sink is nil.
type copiedBundle struct {
	sink *bundle.DirSink
	path string // of the manifest, when it is complete
}

// commit completes the copy. It then stays, whatever becomes of the upload.
func (c *copiedBundle) commit(document []byte) (err error) {
	if c.sink != nil {
		c.path, err = c.sink.Commit(document)
	}
	return err
}

func (c *copiedBundle) abort() error {
	if c.sink == nil {
		return nil
	}
	return c.sink.Abort()
}

func (c *copiedBundle) notes() []string {
	if c.sink == nil {
		return nil
	}
	return []string{"the bundle is in " + c.path + ", too"}
}

// A teeSink puts every part into both sinks.
type teeSink struct {
	bundle.Sink
	copied *copiedBundle
}

func (s *teeSink) Put(ctx context.Context, part manifest.Part, body []byte, done func()) error {
	if s.copied.sink != nil {
		if err := s.copied.sink.Put(ctx, part, body, func() {}); err != nil {
			return err
		}
	}
	return s.Sink.Put(ctx, part, body, done)
}
