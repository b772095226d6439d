package bundle_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"emikit/bundle"
	"emikit/manifest"
)

// sparseImage is the file that testdata/tars hold (see testdata/README).
func sparseImage() []byte {
	image := make([]byte, 2*mib)
	for i := range 30 {
		at := i*65536 + 4096*(i%3)
		copy(image[at:], bytes.Repeat([]byte{'A' + byte(i%26)}, 4096))
	}
	return image
}

func TestEveryTarFormat(t *testing.T) {
	tars, err := filepath.Glob("testdata/tars/*.tar.gz")
	if err != nil || len(tars) < 10 {
		t.Fatalf("found %d tars (%v), want at least 10", len(tars), err)
	}
	for _, path := range tars {
		zip, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, store := encrypted(zip, sha1.Sum(gunzipped(t, zip)), 2*mib)
		var got bytes.Buffer
		if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil {
			t.Errorf("%s: %v", path, err)
		} else if !bytes.Equal(got.Bytes(), sparseImage()) {
			t.Errorf("%s: got another image (%d bytes)", path, got.Len())
		}
	}
}

// A key that was opened rightly may still be another bundle's.
func TestWrongBundlingKey(t *testing.T) {
	m, store := create(t, make([]byte, 5000), options(t, 0))
	wrong := fixedKey()
	wrong.Key[0]++
	if err := bundle.Unbundle(t.Context(), m, wrong, store, io.Discard); !errors.Is(err, bundle.ErrKeyDependent) {
		t.Errorf("got %v, want ErrKeyDependent", err)
	}
}

// What is wrong with the parts is told as such, also where it makes decrypted data
// wrong as well.
func TestPartErrors(t *testing.T) {
	good, parts := create(t, noise(7, 2*mib+500), options(t, mib))
	for name, tt := range map[string]struct {
		spoil func(m *manifest.Manifest, store *memory, name string)
		want  error
	}{
		"missing":   {func(_ *manifest.Manifest, s *memory, name string) { delete(s.parts, name) }, bundle.ErrMissingPart},
		"tampered":  {func(_ *manifest.Manifest, s *memory, name string) { s.parts[name][17] ^= 1 }, bundle.ErrPartDigest},
		"truncated": {func(_ *manifest.Manifest, s *memory, name string) { s.parts[name] = s.parts[name][:99] }, bundle.ErrPartDigest},
		"empty":     {func(_ *manifest.Manifest, s *memory, name string) { s.parts[name] = nil }, bundle.ErrPartDigest},
		"size less": {func(m *manifest.Manifest, _ *memory, _ string) { m.BundledSize -= 16 }, bundle.ErrBundledSize},
		"size more": {func(m *manifest.Manifest, _ *memory, _ string) { m.BundledSize += 16 }, bundle.ErrBundledSize},
		"size odd":  {func(m *manifest.Manifest, _ *memory, _ string) { m.BundledSize++ }, bundle.ErrBundledSize},
		"size zero": {func(m *manifest.Manifest, _ *memory, _ string) { m.BundledSize = 0 }, bundle.ErrBundledSize},
		"size huge": {func(m *manifest.Manifest, _ *memory, _ string) { m.BundledSize = math.MaxInt64 - 15 }, bundle.ErrBundledSize},
		"no parts":  {func(m *manifest.Manifest, _ *memory, _ string) { m.Parts = nil }, bundle.ErrBundledSize},
	} {
		for index := range 3 {
			m, store := new(*good), parts.clone()
			tt.spoil(m, store, manifest.PartName("disk.img", index))
			err := bundle.Unbundle(t.Context(), m, fixedKey(), store, io.Discard)
			if !errors.Is(err, tt.want) || errors.Is(err, bundle.ErrKeyDependent) {
				t.Errorf("part %d %s: unbundle: got %v, want %v", index, name, err, tt.want)
			}
			if _, err := bundle.Verify(t.Context(), m, store, bundle.VerifyOptions{}); !errors.Is(err, tt.want) {
				t.Errorf("part %d %s: verify: got %v, want %v", index, name, err, tt.want)
			}
		}
	}
}

// clone returns a store of the same parts, which may be spoiled.
func (s *memory) clone() *memory {
	clone := newMemory()
	for name, body := range s.parts {
		clone.parts[name] = bytes.Clone(body)
	}
	return clone
}

// A part's end, where its digest is compared, may come after what was in it has
// failed to unpack: the part is the cause all the same, whoever notices first.
func TestSlowPartIsTheCause(t *testing.T) {
	m, store := create(t, mixed(6*mib), options(t, 3*mib/2))
	store.parts["disk.img.part.00"][50] ^= 1 // in the first block, whose end comes before the part's
	synctest.Test(t, func(t *testing.T) {
		err := bundle.Unbundle(t.Context(), m, fixedKey(), slow{store}, io.Discard)
		if !errors.Is(err, bundle.ErrPartDigest) {
			t.Errorf("got %v, want ErrPartDigest", err)
		}
	})
}

// slow gives the last bytes of a part when nothing else is going on any more.
type slow struct{ *memory }

func (s slow) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	body, err := s.memory.Open(ctx, part)
	return &slowBody{body, len(s.parts[part.Name])}, err
}

type slowBody struct {
	io.ReadCloser
	left int
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.left <= len(p) {
		time.Sleep(time.Second) // of a synctest bubble: until all else is blocked
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= n
	return n, err
}

// A server that never stops sending is cut off.
type endless struct{ *memory }

func (s endless) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	body, err := s.memory.Open(ctx, part)
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(body, neverending{}), body}, err
}

type neverending struct{}

func (neverending) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEndlessPart(t *testing.T) {
	m, store := create(t, noise(8, 100000), options(t, 0))
	for _, o := range []bundle.VerifyOptions{{}, {Key: new(fixedKey())}} {
		if _, err := bundle.Verify(t.Context(), m, endless{store}, o); !errors.Is(err, bundle.ErrBundledSize) {
			t.Errorf("with key %t: got %v, want ErrBundledSize", o.Key != nil, err)
		}
	}
}

// Parts may be of any number and length, empty ones included.
func TestOddlyCutParts(t *testing.T) {
	image := noise(9, 300000)
	m, store := create(t, image, options(t, 0))
	body := store.parts[m.Parts[0].Name]
	cut, pieces := *m, newMemory()
	cut.Parts, cut.BundledSize = nil, 0
	for n := 0; len(body) > 0; n = (n*7 + 3) % 5000 {
		n := min(n, len(body))
		addPart(&cut, pieces, body[:n])
		body = body[n:]
	}
	addPart(&cut, pieces, nil)
	var got bytes.Buffer
	if err := bundle.Unbundle(t.Context(), &cut, fixedKey(), pieces, &got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), image) {
		t.Error("image differs")
	}
}

func TestUnbundleReturnsTheCause(t *testing.T) {
	cause := errors.New("disk on fire")
	m, store := create(t, noise(10, 3*mib), options(t, 0))
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, brokenWriter{cause}); err != cause {
		t.Errorf("writing fails: got %v, want %v", err, cause)
	}
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), brokenSource{cause}, io.Discard); !errors.Is(err, cause) {
		t.Errorf("reading fails: got %v, want %v", err, cause)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

type brokenSource struct{ err error }

func (s brokenSource) Open(context.Context, manifest.Part) (io.ReadCloser, error) {
	return io.NopCloser(iotest.ErrReader(s.err)), nil
}
