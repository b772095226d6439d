package node

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"emikit/bundle"
	"emikit/manifest"
)

// imageFile is the name of a whole image in its folder of the cache.
const imageFile = "image"

// cache holds unpacked images. Several instances that need an image at the
// same time share one fetch of it.
type cache struct {
	dir  string
	key  *rsa.PrivateKey
	http *http.Client
	// pause is how long a fetch waits before it is taken up again.
	pause time.Duration
	free  func(dir string) int64 // bytes that can still be written there
	work  sync.WaitGroup

	mu      sync.Mutex
	fetches map[string]*fetch // running ones, by cache key
}

// fetch is one that is going on for all that wait for it.
type fetch struct {
	waiters int                // guarded by the cache's lock
	cancel  context.CancelFunc // called when nobody waits any more
	done    chan struct{}      // closed when err is set
	err     error
}

// openCache opens a folder of images, and removes what interrupted fetches
// left there.
func openCache(dir string, c Config) (*cache, stale, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, stale{}, err
	}
	removed, err := removeStale(dir)
	if err != nil {
		return nil, stale{}, err
	}
	return &cache{
		dir: dir, key: c.Key, http: c.HTTP, pause: c.RetryPause, free: freeDisk, fetches: map[string]*fetch{},
	}, removed, nil
}

// stale is what was removed from a cache.
type stale struct {
	files int
	bytes int64
}

// removeStale leaves in a cache nothing but whole images.
func removeStale(dir string) (removed stale, err error) {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return removed, err
	}
	for _, folder := range folders {
		path := filepath.Join(dir, folder.Name())
		files, err := os.ReadDir(path)
		if err != nil {
			return removed, err
		}
		for _, file := range files {
			if file.Name() == imageFile {
				continue
			}
			if info, err := file.Info(); err == nil {
				removed.bytes += info.Size()
			}
			removed.files++
			if err := os.RemoveAll(filepath.Join(path, file.Name())); err != nil {
				return removed, err
			}
		}
		_ = os.Remove(path) // succeeds when it is empty, as it is to
	}
	return removed, nil
}

// wait returns when no fetch is going on.
func (c *cache) wait() { c.work.Wait() }

// place puts an artifact's image at path, fetching it unless it is there.
func (c *cache) place(ctx context.Context, a Artifact, path string) error {
	image := filepath.Join(c.dir, a.CacheKey, imageFile)
	for {
		err := clone(image, path)
		if err == nil {
			now := time.Now()
			_ = os.Chtimes(image, now, now) // makeRoom spares what was used last
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := c.fetch(ctx, a); err != nil {
			return err
		}
	}
}

// clone makes path another name of image, which costs nothing; nobody writes
// to either. Where the filesystem has no hard links it is a copy.
func clone(image, path string) error {
	err := os.Link(image, path)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return copyFile(image, path)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// fetch waits until an artifact was fetched: by the fetch that is going on, or
// else by a new one.
func (c *cache) fetch(ctx context.Context, a Artifact) error {
	f := c.join(ctx, a)
	select {
	case <-f.done:
		c.leave(f)
		if errors.Is(f.err, context.Canceled) && ctx.Err() == nil {
			return nil // all others had given up before we came: look again
		}
		return f.err
	case <-ctx.Done():
		c.leave(f)
		return context.Cause(ctx)
	}
}

// join finds the fetch that is going on, or begins one. Its context has ctx's
// values, not its end: others may join.
func (c *cache) join(ctx context.Context, a Artifact) *fetch {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.fetches[a.CacheKey]; ok {
		f.waiters++
		return f
	}
	f := &fetch{waiters: 1, done: make(chan struct{})}
	ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.fetches[a.CacheKey] = f
	c.work.Go(func() {
		f.err = c.unpack(ctx, a)
		f.cancel()
		c.mu.Lock()
		delete(c.fetches, a.CacheKey)
		c.mu.Unlock()
		close(f.done)
	})
	return f
}

// leave ends a fetch that nobody waits for.
func (c *cache) leave(f *fetch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiters--; f.waiters == 0 {
		f.cancel()
	}
}

// unpack fetches, verifies and decrypts an artifact into the cache.
func (c *cache) unpack(ctx context.Context, a Artifact) error {
	dir := filepath.Join(c.dir, a.CacheKey)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := c.makeRoom(a.Size); err != nil {
		return err
	}
	m := a.manifest()
	image := filepath.Join(dir, imageFile)
	err := bundle.UnbundleFile(ctx, m, m.OpenCloudKey(c.key), newSource(c.http, a.Parts, c.pause), image)
	if err != nil {
		_ = os.Remove(dir) // fails when an image is there, as it should
		return unbundleError(err)
	}
	return os.Chmod(image, 0o400) // instances share it
}

// makeRoom removes images from the cache, the longest unused first, until size
// bytes can be written. Instances keep what they have: their files are other
// names of the same content, or copies; and a launch that finds its image gone
// fetches it again.
func (c *cache) makeRoom(size int64) error {
	if size <= c.free(c.dir) {
		return nil
	}
	for _, path := range c.byAge() {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		_ = os.Remove(filepath.Dir(path)) // fails when it is in use, as it should
		if size <= c.free(c.dir) {
			return nil
		}
	}
	return fmt.Errorf("no room for the image on the node's disk: %d bytes needed, %d free", size, c.free(c.dir))
}

// byAge lists the images in the cache, the longest unused first.
func (c *cache) byAge() []string {
	folders, _ := os.ReadDir(c.dir) // what cannot be listed cannot be removed
	used := map[string]time.Time{}
	for _, folder := range folders {
		path := filepath.Join(c.dir, folder.Name(), imageFile)
		if info, err := os.Stat(path); err == nil {
			used[path] = info.ModTime()
		}
	}
	paths := slices.Collect(maps.Keys(used))
	slices.SortFunc(paths, func(a, b string) int { return used[a].Compare(used[b]) })
	return paths
}

// manifest is as much of the artifact's manifest as unbundling needs. The
// node's envelopes stand in the cloud's place: they are opened in the same way,
// without telling what is wrong with them.
func (a Artifact) manifest() *manifest.Manifest {
	m := &manifest.Manifest{
		Name:        a.Name,
		Digest:      a.Digest,
		Size:        a.Size,
		BundledSize: a.BundledSize,
		CloudKey:    a.Key,
		CloudIV:     a.IV,
	}
	for i, p := range a.Parts {
		m.Parts = append(m.Parts, manifest.Part{Index: i, Name: p.Name, Digest: p.Digest})
	}
	return m
}
