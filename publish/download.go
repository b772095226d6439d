package publish

import (
	"context"
	"io"
	"path/filepath"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/upload"
)

// DownloadRequest says which bundle in an object store to turn back into an image.
type DownloadRequest struct {
	// UnbundleRequest's Manifest is that of a manifest on disk, which is then used and
	// not the one in the bucket; its Source is of no account.
	UnbundleRequest
	// Store is the object store; the number of its jobs is that of the parts that are
	// fetched at once, for each of which some MiB are held in memory.
	Store *upload.Store
	// From is where the bundle is, and ManifestName its manifest's name there.
	From         upload.Location
	ManifestName string
	// File, if not "", is the path of the image, instead of a file in Destination.
	File string
	// Output, if not nil, takes the image, and no file is written.
	Output io.Writer
	// Events, if not nil, is told of requests that are made again, from one goroutine at
	// a time.
	Events func(upload.Event)
}

// DownloadAndUnbundle turns a bundle in a bucket back into its image, with nothing
// but the image on disk: the parts are fetched ahead, several at once, while those
// before are unpacked. The image appears under its name only when all of it has been
// checked. What Output was given is worth nothing unless the error is nil.
func DownloadAndUnbundle(ctx context.Context, r DownloadRequest) (UnbundleResult, error) {
	opened, err := await(ctx, func() (opened, error) { return r.open(ctx) })
	if err != nil {
		return UnbundleResult{}, err
	}
	m, log := opened.manifest, logOr(r.Log)
	log.DebugContext(ctx, "manifest read", "file", r.path(), "parts", len(m.Parts), "size", m.Size, "bundled", m.BundledSize,
		"key", r.PrivateKey)
	parts := r.Store.ReadAhead(ctx, r.From, m.Parts, r.Events)
	defer parts.Close()
	path, err := r.write(ctx, opened, r.watched(parts, m))
	if err != nil {
		return UnbundleResult{}, err
	}
	log.DebugContext(ctx, "image written", "file", path, "size", m.Size, "digest", m.Digest)
	return UnbundleResult{ImagePath: path, Manifest: m, Notes: r.notes(m, r.path())}, nil
}

// path is where the manifest is, on disk or in the store.
func (r DownloadRequest) path() string {
	if r.Manifest != "" {
		return r.Manifest
	}
	return r.From.Path(r.ManifestName)
}

// open reads the manifest and opens the bundling key in it.
func (r DownloadRequest) open(ctx context.Context) (opened, error) {
	if r.Manifest != "" {
		return r.UnbundleRequest.open()
	}
	return r.unlock(r.path(), func(find manifest.KeyFinder) (*manifest.Manifest, error) {
		return r.Store.Manifest(ctx, r.From, r.ManifestName, find, r.Events)
	})
}

// write unbundles to where the image is to go, and returns its path if it is a file.
func (r DownloadRequest) write(ctx context.Context, o opened, parts bundle.Source) (string, error) {
	if r.Output != nil {
		output, finish := interruptibleWriter(ctx, r.Output)
		return "", finish(bundle.Unbundle(ctx, o.manifest, o.key, parts, output))
	}
	path, remove := r.File, func() {}
	if path == "" {
		path = filepath.Join(r.Destination, o.manifest.Name) // a plain file name, or Parse had refused it
		var err error
		if remove, err = makeDir(r.Destination); err != nil {
			return "", err
		}
	}
	if err := bundle.UnbundleFile(ctx, o.manifest, o.key, parts, path, r.Manifest, r.PrivateKey, r.Certificate, r.OwnCertificate); err != nil {
		remove()
		return "", err
	}
	return path, nil
}

// DownloadParts writes the parts of a bundle in a bucket to w, one after the other,
// each compared with its digest: what [UnbundleStream] reads.
func DownloadParts(ctx context.Context, store *upload.Store, r upload.DownloadRequest, w io.Writer) error {
	output, finish := interruptibleWriter(ctx, w)
	return finish(store.DownloadParts(ctx, r, output))
}
