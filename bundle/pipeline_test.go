package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"emikit/bundle"
	"emikit/manifest"
)

// holey is an image of a given size that holds runs of one letter in holes. It
// counts what is read of it.
type holey struct {
	size, off int64
	runs      []run // in order
	read      int64
}

type run struct{ off, size int64 }

// next returns where data begins at or after the offset, and where that run ends.
func (h *holey) next() (begin, end int64) {
	for _, r := range h.runs {
		if h.off < r.off+r.size {
			return max(r.off, h.off), r.off + r.size
		}
	}
	return h.size, h.size
}

func (h *holey) Hole() (int64, error) {
	begin, _ := h.next()
	return begin - h.off, nil
}

func (h *holey) SkipHole(n int64) error {
	if hole, _ := h.Hole(); n > hole {
		return fmt.Errorf("skip of %d bytes, there are %d", n, hole)
	}
	h.off += n
	return nil
}

// Read stops where data turns into a hole, to be a difficult image.
func (h *holey) Read(p []byte) (int, error) {
	begin, end := h.next()
	if begin > h.off {
		clear(p[:min(int64(len(p)), begin-h.off)])
		end = begin
	}
	if h.off == h.size {
		return 0, io.EOF
	}
	n := min(int64(len(p)), end-h.off)
	if begin == h.off {
		copy(p[:n], bytes.Repeat([]byte("x"), int(n)))
	}
	h.off += n
	h.read += n
	return int(n), nil
}

// content returns the whole image.
func (h holey) content() []byte {
	image := make([]byte, h.size)
	for _, r := range h.runs {
		copy(image[r.off:], bytes.Repeat([]byte("x"), int(r.size)))
	}
	return image
}

// Bundling an image whose holes are known gives the same bundle as reading it
// all, without reading whole blocks of holes.
func TestHolesAreNotRead(t *testing.T) {
	for name, image := range map[string]holey{
		"all hole":      {size: 5*mib + 3},
		"hole, data":    {size: 5 * mib, runs: []run{{4*mib + 17, mib - 17}}},
		"data, hole":    {size: 5*mib + 1, runs: []run{{0, 17}}},
		"in between":    {size: 6 * mib, runs: []run{{100, 1}, {mib + 5, 3*mib - 10}, {4*mib + 1, 1}}},
		"no hole":       {size: 2*mib + 1, runs: []run{{0, 2*mib + 1}}},
		"many":          {size: 3 * mib, runs: []run{{0, 1}, {4096, 4096}, {12288, 1}, {2 * mib, 1}, {3*mib - 1, 1}}},
		"ends in block": {size: mib + mib/2, runs: []run{{mib, 1}}},
	} {
		want, _ := create(t, image.content(), options(t, 0))
		got, _, err := bundle.Create(t.Context(), &image, image.size, options(t, 0), newMemory())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !same(got, want) {
			t.Errorf("%s: bundle differs from that of the same image without holes", name)
		}
		data := int64(0)
		for _, r := range image.runs {
			data += r.size
		}
		if image.read > data {
			t.Errorf("%s: read %d bytes, want no more than the %d of data", name, image.read, data)
		}
	}
}

// A hole that goes on past the size that was said makes the image too long.
func TestHolePastTheEnd(t *testing.T) {
	_, _, err := bundle.Create(t.Context(), &holey{size: 2 * mib}, mib, options(t, 0), newMemory())
	if !errors.Is(err, bundle.ErrImageSize) {
		t.Errorf("got %v, want ErrImageSize", err)
	}
}

func newMemoryBundle(t *testing.T, image *holey) (*manifest.Manifest, *memory) {
	t.Helper()
	store := newMemory()
	m, _, err := bundle.Create(t.Context(), image, image.size, options(t, 0), store)
	if err != nil {
		t.Fatal(err)
	}
	return m, store
}

func TestHolesAreRestored(t *testing.T) {
	const size = 50*mib + 1
	image := &holey{size: size, runs: []run{{0, 5}, {10*mib - 3, 70000}, {40*mib + 77, 1}, {size - 1, 1}}}
	m, store := newMemoryBundle(t, image)
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path); err != nil {
		t.Fatal(err)
	}
	checkSparse(t, path, image)
}

// Nothing is allocated for each block: a long stream takes as much memory in all,
// freed or not, as one that fills the pipeline.
func TestMemoryDoesNotGrow(t *testing.T) {
	full := int64(2*runtime.GOMAXPROCS(0)+12) * mib // fills either pipeline
	creating, unbundling := allocated(t, full)
	creatingMore, unbundlingMore := allocated(t, full+24*mib)
	const slack = mib // for 24 more blocks and parts
	if creatingMore > creating+slack {
		t.Errorf("Create allocated %d bytes in all for %d MiB, %d for 24 MiB more", creating, full>>20, creatingMore)
	}
	if unbundlingMore > unbundling+slack {
		t.Errorf("Unbundle allocated %d bytes in all for %d MiB, %d for 24 MiB more", unbundling, full>>20, unbundlingMore)
	}
}

// allocated returns how many bytes were allocated while an image of noise was
// bundled into files and unbundled.
func allocated(t *testing.T, size int64) (creating, unbundling int64) {
	o := options(t, mib)
	o.Workers = 2
	image := io.LimitReader(&repeated{data: noise(11, mib)}, size)
	dir := t.TempDir()
	sink, err := bundle.NewDirSink(dir, "disk.img")
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Abort()
	start := totalAlloc()
	m, document, err := bundle.Create(t.Context(), image, size, o, sink)
	if err != nil {
		t.Fatal(err)
	}
	created := totalAlloc()
	if _, err := sink.Commit(document); err != nil {
		t.Fatal(err)
	}
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), bundle.OpenDir(dir), io.Discard); err != nil {
		t.Fatal(err)
	}
	return created - start, totalAlloc() - created
}

func totalAlloc() int64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.TotalAlloc)
}

// repeated is an endless stream.
type repeated struct {
	data []byte
	off  int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.data[r.off:])
	r.off = (r.off + n) % len(r.data)
	return n, nil
}

// Cancelled at whatever moment, nothing remains running (synctest waits for every
// goroutine), and the caller's reason is what comes back.
func TestCancellation(t *testing.T) {
	image := noise(12, 3*mib)
	m, store := create(t, image, options(t, 100000))
	reason := errors.New("the user has gone")
	for moment := range int64(40) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			fuse := &fuse{left: moment, blow: func() { cancel(reason) }}

			_, _, err := bundle.Create(ctx, watched{bytes.NewReader(image), fuse}, 3*mib, options(t, 100000), fuse)
			if !errors.Is(err, reason) {
				t.Errorf("create cancelled at %d: got %v, want %v", moment, err, reason)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			fuse := &fuse{left: moment, source: store, blow: func() { cancel(reason) }}
			dir := t.TempDir()
			err := bundle.UnbundleFile(ctx, m, fixedKey(), fuse, filepath.Join(dir, "disk.img"))
			if fuse.left >= 0 && err == nil {
				return // it was over before
			}
			if !errors.Is(err, reason) {
				t.Errorf("unbundle cancelled at %d: got %v, want %v", moment, err, reason)
			}
			expectEmpty(t, dir)
		})
	}
}

// fuse counts reads, opens and puts, and cancels at one of them.
type fuse struct {
	left   int64
	blow   func()
	source bundle.Source
}

func (f *fuse) burn() {
	if atomic.AddInt64(&f.left, -1) < 0 {
		f.blow()
	}
}

func (f *fuse) Put(_ context.Context, _ manifest.Part, _ []byte, done func()) error {
	f.burn()
	done()
	return nil
}

func (f *fuse) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	f.burn()
	body, err := f.source.Open(ctx, part)
	return watchedBody{watched{body, f}, body}, err
}

type watched struct {
	io.Reader
	fuse *fuse
}

func (w watched) Read(p []byte) (int, error) {
	w.fuse.burn()
	return w.Reader.Read(p[:min(len(p), 150000)])
}

type watchedBody struct {
	watched
	io.Closer
}

// Whatever goes wrong, every goroutine has ended when the error comes back (synctest
// would find one that is still blocked).
func TestErrorsLeaveNothingRunning(t *testing.T) {
	image := mixed(3 * mib)
	m, store := create(t, image, options(t, 100000))
	spoil := func(change func(m *manifest.Manifest, store *memory)) (*manifest.Manifest, *memory) {
		m, store := new(*m), store.clone()
		change(m, store)
		return m, store
	}
	broken := errors.New("disk on fire")
	for name, run := range map[string]func(ctx context.Context) error{
		"image":  func(ctx context.Context) error { return createIn(ctx, t, iotest.ErrReader(broken), 3*mib, newMemory()) },
		"longer": func(ctx context.Context) error { return createIn(ctx, t, bytes.NewReader(image), 2*mib, newMemory()) },
		"sink": func(ctx context.Context) error {
			return createIn(ctx, t, bytes.NewReader(image), 3*mib, &failing{2, broken})
		},
		"key": func(ctx context.Context) error {
			return bundle.Unbundle(ctx, m, manifest.Key{}, store, io.Discard)
		},
		"digest": func(ctx context.Context) error {
			m, store := spoil(func(m *manifest.Manifest, _ *memory) { m.Digest[0]++ })
			return bundle.Unbundle(ctx, m, fixedKey(), store, io.Discard)
		},
		"part": func(ctx context.Context) error {
			m, store := spoil(func(_ *manifest.Manifest, s *memory) { delete(s.parts, "disk.img.part.05") })
			return bundle.Unbundle(ctx, m, fixedKey(), store, io.Discard)
		},
		"parts": func(ctx context.Context) error {
			m, store := spoil(func(_ *manifest.Manifest, s *memory) { s.parts["disk.img.part.05"][0]++ })
			return errorOf(bundle.Verify(ctx, m, store, bundle.VerifyOptions{}))
		},
		"size": func(ctx context.Context) error {
			m, store := spoil(func(m *manifest.Manifest, _ *memory) { m.Size++ })
			return bundle.Unbundle(ctx, m, fixedKey(), store, io.Discard)
		},
		"target": func(ctx context.Context) error {
			return bundle.Unbundle(ctx, m, fixedKey(), store, brokenWriter{broken})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			if err := run(t.Context()); err == nil {
				t.Errorf("%s: got no error", name)
			}
		})
	}
}

func createIn(ctx context.Context, t *testing.T, image io.Reader, size int64, sink bundle.Sink) error {
	_, _, err := bundle.Create(ctx, image, size, options(t, 100000), sink)
	return err
}
