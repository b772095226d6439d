package bundle_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
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

// Only one regular file is taken, whatever its name: nothing is created under it.
func TestTarMembers(t *testing.T) {
	file := tar.Header{Typeflag: tar.TypeReg, Name: "disk.img", Size: 700, Mode: 0o644}
	named := func(name string) tar.Header { h := file; h.Name = name; return h }
	typed := func(flag byte) tar.Header {
		return tar.Header{Typeflag: flag, Name: "disk.img", Linkname: "/etc/passwd"}
	}
	for name, tt := range map[string]struct {
		stream []byte
		want   string // part of the error
	}{
		"one file":       {tarOf(t, file), ""},
		"absolute name":  {tarOf(t, named("/etc/passwd")), ""},
		"escaping name":  {tarOf(t, named("../../x")), ""},
		"global PAX":     {tarOf(t, tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"a": "b"}}, file), ""},
		"no end":         {bytes.TrimRight(tarOf(t, file), "\x00")[:512:512], "unexpected EOF"},
		"cut at end":     {tarOf(t, file)[:1536], ""},
		"longer padding": {append(tarOf(t, file), make([]byte, 30000)...), ""},
		"hard link":      {tarOf(t, typed(tar.TypeLink)), "hard link"},
		"symbolic link":  {tarOf(t, typed(tar.TypeSymlink)), "symbolic link"},
		"device":         {tarOf(t, typed(tar.TypeBlock)), "device"},
		"pipe":           {tarOf(t, typed(tar.TypeFifo)), "named pipe"},
		"directory":      {tarOf(t, typed(tar.TypeDir), file), "directory"},
		"second member":  {tarOf(t, file, named("b")), `second member follows, "b"`},
		"other size":     {tarOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "disk.img", Size: 699}), "expected size: 700, actual: 699"},
		"empty":          {make([]byte, 10240), "empty"},
		"nothing":        {nil, "empty"},
		"after the end":  {append(tarOf(t, file), tarOf(t, file)...), "data follows its end"},
		"not a tar":      {bytes.Repeat([]byte("image"), 2000), "header"},
	} {
		m, store := sealed(t, tt.stream, 700)
		var got bytes.Buffer
		err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got)
		if tt.want == "" {
			if err != nil || got.Len() != 700 {
				t.Errorf("%s: got %d bytes and error %v, want 700 and none", name, got.Len(), err)
			}
			continue
		}
		if !errors.Is(err, bundle.ErrKeyDependent) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error about %q that depends on the key", name, err, tt.want)
		}
	}
}

func TestKeyDependentErrors(t *testing.T) {
	image := make([]byte, 5000)
	stream := tarOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "disk.img", Size: 5000})
	zip, digest := gzipped(t, stream), manifest.Digest(sha1.Sum(stream))
	badSum := bytes.Clone(zip)
	badSum[len(badSum)-8] ^= 1
	bomb := gzipped(t, append(bytes.Clone(stream), make([]byte, 8*mib)...))
	wrongDigest := digest
	wrongDigest[0] ^= 1
	padded := append(bytes.Clone(zip), bytes.Repeat([]byte{0}, 16-len(zip)%16)...)

	for name, tt := range map[string]struct {
		m     *manifest.Manifest
		store *memory
		want  error
	}{
		"padding zero":   pair(ciphertext(padded, digest, 5000))(bundle.ErrPadding),
		"padding 17":     pair(ciphertext(append(bytes.Clone(zip[:len(zip)/16*16]), bytes.Repeat([]byte{17}, 32)...), digest, 5000))(bundle.ErrPadding),
		"only padding":   pair(encrypted(nil, digest, 5000))(bundle.ErrGzip),
		"not gzip":       pair(encrypted([]byte("PK\x03\x04 and more of it"), digest, 5000))(bundle.ErrGzip),
		"header only":    pair(encrypted(zip[:5], digest, 5000))(bundle.ErrGzip),
		"cut short":      pair(encrypted(zip[:len(zip)-1], digest, 5000))(bundle.ErrGzip),
		"cut in half":    pair(encrypted(zip[:len(zip)/2], digest, 5000))(bundle.ErrGzip),
		"checksum":       pair(encrypted(badSum, digest, 5000))(bundle.ErrGzip),
		"garbage behind": pair(encrypted(append(bytes.Clone(zip), "junk"...), digest, 5000))(bundle.ErrGzip),
		"zeros behind":   pair(encrypted(append(bytes.Clone(zip), make([]byte, 512)...), digest, 5000))(bundle.ErrGzip),
		"bomb":           pair(encrypted(bomb, digest, 5000))(bundle.ErrUnbundledSize),
		"digest":         pair(encrypted(zip, wrongDigest, 5000))(bundle.ErrImageDigest),
		"size":           pair(encrypted(zip, digest, 5001))(bundle.ErrUnbundledSize),
	} {
		err := bundle.Unbundle(t.Context(), tt.m, fixedKey(), tt.store, io.Discard)
		if !errors.Is(err, tt.want) || !errors.Is(err, bundle.ErrKeyDependent) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}

	m, store := create(t, image, options(t, 0))
	wrong := fixedKey()
	wrong.Key[0]++
	if err := bundle.Unbundle(t.Context(), m, wrong, store, io.Discard); !errors.Is(err, bundle.ErrKeyDependent) {
		t.Errorf("wrong key: got %v, want ErrKeyDependent", err)
	}
}

type spoiled = struct {
	m     *manifest.Manifest
	store *memory
	want  error
}

func pair(m *manifest.Manifest, store *memory) func(error) spoiled {
	return func(want error) spoiled { return spoiled{m, store, want} }
}

// Several members are one gzip stream (RFC 1952, 2.2).
func TestSeveralGzipMembers(t *testing.T) {
	stream := tarOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "disk.img", Size: 5000})
	zip := append(gzipped(t, stream[:777]), gzipped(t, stream[777:])...)
	m, store := encrypted(zip, sha1.Sum(stream), 5000)
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, io.Discard); err != nil {
		t.Error(err)
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
