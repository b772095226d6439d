package upload

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

// manifestSuffix ends the names of manifests.
const manifestSuffix = ".manifest.xml"

// DownloadRequest says which bundle comes from where.
type DownloadRequest struct {
	From Location
	// ManifestName is the name of the manifest under From; empty means every
	// manifest that is there.
	ManifestName string
	// Manifest is the path of a manifest on disk: the parts that it names are fetched,
	// whatever manifests there are in the bucket, and no manifest is written.
	Manifest string
	// Dir is the directory to write into. It is made if missing, its parents are
	// not.
	Dir string
	// PrivateKey finds the user's key if a manifest is encrypted. What it decrypts to
	// is written beside it, under its name and ".plaintext". nil: such a manifest is
	// an error.
	PrivateKey manifest.KeyFinder
	// Progress is told of each step, from one goroutine at a time. nil is
	// allowed.
	Progress func(Event)
}

// DownloadResult says what was written.
type DownloadResult struct {
	// Manifests are the paths of the manifests.
	Manifests []string
}

// DownloadBundle fetches a bundle: its manifest first, then its parts, several
// at once, each compared with its digest while it is written. Files get their
// names only when all of the bundle is there, the manifest last; when anything
// fails, nothing of the bundle is left in the directory. An earlier bundle of that
// name is replaced. Of two runs at once that write one bundle into one directory the
// second is refused (lockfile.ErrLocked).
func (s *Store) DownloadBundle(ctx context.Context, r DownloadRequest) (DownloadResult, error) {
	names := []string{r.ManifestName}
	if r.Manifest != "" {
		names = []string{filepath.Base(r.Manifest)}
	} else if r.ManifestName == "" {
		var err error
		if names, err = s.listManifests(ctx, r.From); err != nil {
			return DownloadResult{}, err
		}
	}
	unmake, err := makeDir(r.Dir)
	if err != nil {
		return DownloadResult{}, err
	}
	var result DownloadResult
	for _, name := range names {
		path, err := s.downloadOne(ctx, r, name)
		if err != nil {
			unmake()
			return result, err
		}
		if r.Manifest == "" {
			result.Manifests = append(result.Manifests, path)
		}
	}
	return result, nil
}

// makeDir makes the directory at path unless there is one. unmake takes it away
// again if it was made and is empty.
func makeDir(path string) (unmake func(), err error) {
	err = os.Mkdir(path, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return func() {}, nil
	}
	return func() { os.Remove(path) }, err
}

// listManifests finds the names of the manifests directly under from.
func (s *Store) listManifests(ctx context.Context, from Location) ([]string, error) {
	names, err := s.list(ctx, from, "")
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, manifestSuffix) })
	if len(names) == 0 {
		return nil, fmt.Errorf("manifest '%s/*%s' %w", from, manifestSuffix, ErrNoManifest)
	}
	return names, nil
}

// Manifest fetches the manifest called name under from and reads it. find finds the
// user's private key if it is encrypted. progress may be nil.
func (s *Store) Manifest(ctx context.Context, from Location, name string, find manifest.KeyFinder, progress func(Event)) (*manifest.Manifest, error) {
	d := &downloader{store: s, request: DownloadRequest{From: from, PrivateKey: find}, teller: &teller{fn: progress}}
	return d.manifest(ctx, name)
}

func (s *Store) downloadOne(ctx context.Context, r DownloadRequest, name string) (path string, err error) {
	d := &downloader{store: s, request: r, teller: &teller{fn: r.Progress}}
	m, err := d.find(ctx, name)
	if err != nil {
		return "", err
	}
	if d.stage, err = openStage(r.Dir, m, name); err != nil {
		return "", err
	}
	defer func() {
		if cerr := d.stage.close(); err == nil {
			err = cerr
		}
	}()
	if err := d.writeManifest(name); err != nil {
		return "", err
	}
	if err := d.parts(ctx, m); err != nil {
		return "", err
	}
	if err := d.commit(m, name); err != nil {
		return "", err
	}
	d.teller.tell(Event{Kind: ManifestDone, Name: name})
	return filepath.Join(r.Dir, name), nil
}

// downloader fetches one bundle.
type downloader struct {
	store   *Store
	request DownloadRequest
	teller  *teller
	stage   *stage

	document  []byte // the manifest, as it came
	encrypted bool   // it is, and plaintext is what it decrypts to
	plaintext []byte
}

// find finds the manifest, in the bucket or on disk.
func (d *downloader) find(ctx context.Context, name string) (*manifest.Manifest, error) {
	if d.request.Manifest == "" {
		return d.manifest(ctx, name)
	}
	m, _, err := readManifest(d.request.Manifest, d.request.PrivateKey)
	if err == nil {
		err = checkNames(m, name)
	}
	return m, err
}

// manifest fetches the manifest. Nothing is written yet.
func (d *downloader) manifest(ctx context.Context, name string) (*manifest.Manifest, error) {
	if name != filepath.Base(name) || name == "." || name == ".." {
		return nil, fmt.Errorf("manifest %q: not a plain name", name)
	}
	from := d.request.From
	d.teller.tell(Event{Kind: ManifestBegin, Name: name})
	var document bytes.Buffer
	err := d.fetch(ctx, name, manifest.MaxSize, func() (io.Writer, error) {
		document.Reset()
		return &document, nil
	})
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Status == 404 {
		return nil, &noManifestError{path: from.Path(name), refusal: refusal}
	}
	if err != nil {
		return nil, err
	}
	m, err := d.read(name, document.Bytes())
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", from.Path(name), err)
	}
	return m, nil
}

// writeManifest puts the manifest on disk, and with it what an encrypted one
// decrypts to.
func (d *downloader) writeManifest(name string) error {
	if d.request.Manifest != "" {
		return nil
	}
	if d.encrypted {
		if err := writeSynced(d.stage.path(plaintextName(name)), d.plaintext); err != nil {
			return err
		}
	}
	return writeSynced(d.stage.path(name), d.document)
}

// checkNames refuses a bundle whose files would replace one another.
func checkNames(m *manifest.Manifest, name string) error {
	seen := map[string]bool{name: true, plaintextName(name): true}
	for _, part := range m.Parts {
		if seen[part.Name] {
			return fmt.Errorf("two files are called %s", part.Name)
		}
		seen[part.Name] = true
	}
	return nil
}

func (d *downloader) parts(ctx context.Context, m *manifest.Manifest) error {
	d.teller.tell(Event{Kind: Begin, Name: d.request.From.Bucket, Size: m.BundledSize})
	budget := newBudget(m.BundledSize)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(d.store.pace.onDisk())
	for _, part := range m.Parts {
		g.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err // a part failed while this one waited
			}
			return d.part(ctx, part, budget)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := budget.spent(); err != nil {
		return fmt.Errorf("download %s: %w", d.request.From.Path(m.Name), err)
	}
	d.teller.tell(Event{Kind: PartsDone, Name: d.request.From.Bucket})
	return nil
}

// part fetches a part.
func (d *downloader) part(ctx context.Context, part manifest.Part, budget *budget) (err error) {
	d.teller.tell(Event{Kind: PartBegin, Name: part.Name, Index: part.Index})
	file, err := os.OpenFile(d.stage.path(part.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	f := &partFile{File: file, budget: budget}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	sum := sha1.New()
	err = d.fetch(ctx, part.Name, budget.total, func() (io.Writer, error) {
		sum.Reset()
		return io.MultiWriter(f, sum), f.restart()
	})
	if err != nil {
		return err
	}
	if got := manifest.Digest(sum.Sum(nil)); got != part.Digest {
		return &DigestError{Path: d.request.From.Path(part.Name), Op: "download", Want: part.Digest, Got: got}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	d.store.log.DebugContext(ctx, "part checked", "object", d.request.From.Path(part.Name), "size", f.taken, "sha1", part.Digest)
	d.teller.tell(Event{Kind: PartDone, Name: part.Name, Index: part.Index, Size: f.taken})
	return nil
}

// fetch copies an object of at most limit bytes to the writer that begin
// returns, for each attempt anew. One that loses the connection is made again.
func (d *downloader) fetch(ctx context.Context, name string, limit int64, begin func() (io.Writer, error)) error {
	return d.store.retry(ctx, name, d.teller, func() error {
		body, size, err := d.store.open(ctx, d.request.From, name)
		if err != nil {
			return err
		}
		defer body.Close()
		to, err := begin()
		if err != nil {
			return err
		}
		n, err := io.Copy(to, io.LimitReader(body, min(limit, math.MaxInt64-1)+1))
		if err := checkCopy(n, size, limit, err); err != nil {
			return fmt.Errorf("download %s: %w", d.request.From.Path(name), err)
		}
		return nil
	})
}

// checkCopy judges a copy of n bytes of a body that was said to have size, and
// may have limit.
func checkCopy(n, size, limit int64, err error) error {
	switch {
	case n > limit:
		return fmt.Errorf("it is longer than the %d bytes that it may have", limit)
	case errors.Is(err, io.ErrUnexpectedEOF) || err == nil && n < size:
		return fmt.Errorf("%w: %d of %d bytes", ErrTruncated, n, size)
	case err != nil && !isLocal(err):
		return fmt.Errorf("%w: %d of %d bytes: %w", ErrTruncated, n, size, err)
	}
	return err
}

// isLocal reports whether a copy failed in writing rather than in reading.
func isLocal(err error) bool {
	_, local := errors.AsType[*fs.PathError](err)
	return local || errors.Is(err, ErrBundledSize)
}

// noManifestError is worded as euca-download-bundle words it.
type noManifestError struct {
	path    string
	refusal *Error
}

func (e *noManifestError) Error() string {
	return fmt.Sprintf("manifest '%s' %v", e.path, ErrNoManifest)
}
func (e *noManifestError) Unwrap() []error { return []error{ErrNoManifest, e.refusal} }

// Hint tells a missing bucket from a missing manifest.
func (e *noManifestError) Hint() string {
	if e.refusal.Code == "NoSuchBucket" {
		return "there is no such bucket"
	}
	return ""
}
