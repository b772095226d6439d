package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"errors"
	"hash"
	"io"
	"path/filepath"
	"runtime"
	"testing"

	"emikit/bundle"
	"emikit/internal/seeds"
	"emikit/manifest"
)

const (
	tarRecord = 10240

	// fuzzImage is the largest image that a fuzz target unpacks, in bytes: a hole
	// of any size is taken, but takes time.
	fuzzImage = 16 * mib

	// fuzzMemory bounds what unbundling may allocate in all beside what is in
	// proportion to its input, in bytes: the blocks of the pipeline, and the
	// 1 MiB that archive/tar reads of each of a few headers.
	fuzzMemory = 64 * mib
)

// FuzzUntar: a stream that is taken gives an image of exactly the size that was
// said, the same every time; one that is not is refused for a reason that depends
// on the key.
func FuzzUntar(f *testing.F) {
	for _, zip := range seeds.Files(f, "testdata/tars/*.tar.gz", 10) {
		stream := gunzipped(f, zip)
		f.Add(stream[:min(len(stream), tarRecord)], int64(2*mib)) // long seeds are slow to mutate
	}
	for _, header := range seeds.Files(f, "testdata/tarheaders/*.bin", 7) {
		f.Add(append(header, make([]byte, 1024)...), int64(0))
	}
	for _, kind := range []byte{tar.TypeSymlink, tar.TypeLink, tar.TypeDir, tar.TypeChar, tar.TypeFifo} {
		f.Add(tarOf(f, tar.Header{Typeflag: kind, Name: "../a", Linkname: "/etc/passwd"}), int64(0))
	}
	f.Add(tarOf(f, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5}), int64(5))
	f.Add(tarOf(f, tar.Header{Name: "a", Size: 5}, tar.Header{Name: "b", Size: 5}), int64(5))
	f.Add(sparseTar(40960, runsOf(5, 512)), int64(40960))
	f.Fuzz(func(t *testing.T, stream []byte, size int64) {
		if size > fuzzImage || len(stream) > fuzzImage {
			return
		}
		m, store := sealed(t, stream, size)
		first, err := unbundled(t, m, store)
		if err != nil {
			if size >= 0 && !errors.Is(err, bundle.ErrKeyDependent) {
				t.Errorf("got %v, want an error that depends on the key", err)
			}
			return
		}
		if again, err := unbundled(t, m, store); again != first || err != nil {
			t.Errorf("got image %x, and the second time %x, %v", first, again, err)
		}
	})
}

func gunzipped(t testing.TB, zip []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(zip))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// unbundled unpacks a bundle and returns the image's digest. It demands that not
// a byte more than the declared size comes out, or less if all is said to be well,
// that memory is bounded, and that Verify says the same.
func unbundled(t *testing.T, m *manifest.Manifest, store *memory) (manifest.Digest, error) {
	t.Helper()
	key, image := fixedKey(), &sizedWriter{left: m.Size, sum: sha1.New()}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := bundle.Unbundle(t.Context(), m, key, store, image)
	runtime.ReadMemStats(&after)
	if used := int64(after.TotalAlloc - before.TotalAlloc); used > fuzzMemory+4*m.BundledSize {
		t.Errorf("%d bytes were allocated to unbundle %d", used, m.BundledSize)
	}
	if errors.Is(err, errPastSize) || err == nil && image.left != 0 {
		t.Errorf("got %d bytes and %v of an image of %d", m.Size-image.left, err, m.Size)
	}
	_, verr := bundle.Verify(t.Context(), m, store, bundle.VerifyOptions{Key: &key})
	if (verr == nil) != (err == nil) || errors.Is(verr, bundle.ErrKeyDependent) != errors.Is(err, bundle.ErrKeyDependent) {
		t.Errorf("unbundling says %v, verifying %v", err, verr)
	}
	return manifest.Digest(image.sum.Sum(nil)), err
}

var errPastSize = errors.New("the image goes on past its size")

// sizedWriter takes left bytes and no more.
type sizedWriter struct {
	left int64
	sum  hash.Hash
}

func (w *sizedWriter) Write(p []byte) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, errPastSize
	}
	return w.sum.Write(p)
}

// genuine is what a bundle decrypts to that a tool made.
type genuine struct {
	zip    []byte
	digest manifest.Digest // of the tar stream
	size   int64           // of the image
	image  manifest.Digest
}

// FuzzUnbundle: whatever the parts decrypt to, unbundling ends, and never
// succeeds with anything but the image that the digest is of.
func FuzzUnbundle(f *testing.F) {
	stream := tarOf(f, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 700})
	all := append(smallVectors(f), genuine{gzipped(f, stream), sha1.Sum(stream), 700, sha1.Sum(make([]byte, 700))})
	for i, g := range all {
		f.Add(g.zip, uint8(i), g.size, true)
		f.Add(append(bytes.Clone(g.zip), g.zip...), uint8(i), g.size, true)
		f.Add(g.zip[:len(g.zip)/2], uint8(i), g.size, true)
	}
	f.Add(bytes.Repeat([]byte{16}, 16), uint8(0), int64(0), false)
	f.Add(gzipped(f, make([]byte, 8*mib)), uint8(0), int64(512), true) // a bomb
	f.Fuzz(func(t *testing.T, plain []byte, which uint8, size int64, pad bool) {
		if size > fuzzImage {
			return
		}
		g := all[int(which)%len(all)]
		m, store := encrypted(plain, g.digest, size)
		if whole := len(plain) / aes.BlockSize * aes.BlockSize; !pad && whole > 0 {
			m, store = ciphertext(plain[:whole], g.digest, size)
		}
		image, err := unbundled(t, m, store)
		if err == nil && (size != g.size || image != g.image) {
			t.Errorf("got an image of %d bytes, %s, that has the digest of one of %d, %s", size, image, g.size, g.image)
		}
	})
}

// smallVectors decrypts those bundles of the real tools that are small enough to
// be mutated.
func smallVectors(f *testing.F) (all []genuine) {
	f.Helper()
	manifests, err := filepath.Glob("testdata/vectors/*/bundles/*/*.manifest.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range manifests {
		m := parseFile(f, path)
		if m.BundledSize > 64<<10 || m.Size > fuzzImage {
			continue
		}
		tool := filepath.Dir(filepath.Dir(filepath.Dir(path)))
		zip, key := decryptVector(f, m, tool, vectorSource{filepath.Dir(path), tool})
		image := sha1.New()
		if err := bundle.Unbundle(f.Context(), m, key, vectorSource{filepath.Dir(path), tool}, image); err != nil {
			f.Fatal(err)
		}
		all = append(all, genuine{zip, m.Digest, m.Size, manifest.Digest(image.Sum(nil))})
	}
	if len(all) < 10 {
		f.Fatalf("got %d small bundles of real tools, want at least 10", len(all))
	}
	return all
}

// decryptVector joins and decrypts the parts of a bundle, as openssl would.
func decryptVector(f *testing.F, m *manifest.Manifest, tool string, src bundle.Source) ([]byte, manifest.Key) {
	f.Helper()
	priv, err := manifest.LoadPrivateKey(filepath.Join(tool, "keys", "cloud-pk.pem"))
	if err != nil {
		f.Fatal(err)
	}
	key, err := m.OpenKey(priv)
	if err != nil {
		f.Fatal(err)
	}
	var data []byte
	for _, part := range m.Parts {
		body, err := src.Open(f.Context(), part)
		if err != nil {
			f.Fatal(err)
		}
		data = append(data, readAll(f, body)...)
	}
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		f.Fatal(err)
	}
	cipher.NewCBCDecrypter(c, key.IV[:]).CryptBlocks(data, data)
	return data[:len(data)-int(data[len(data)-1])], key
}

func readAll(t testing.TB, body io.ReadCloser) []byte {
	t.Helper()
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzCreate: whatever is bundled comes out again, whatever the size of the
// parts, and does not when one byte of one part is another.
func FuzzCreate(f *testing.F) {
	for _, zip := range seeds.Files(f, "testdata/tars/*.tar.gz", 10) {
		f.Add(zip, "disk.img", uint16(1000), uint32(7))
	}
	f.Add([]byte{}, "empty", uint16(0), uint32(0))
	f.Add(make([]byte, 100_000), "a b's \u00e9.img", uint16(17), uint32(3))
	f.Add([]byte("x"), "../evil", uint16(1), uint32(0))
	f.Fuzz(func(t *testing.T, image []byte, name string, partSize uint16, at uint32) {
		o := options(t, max(int64(partSize), int64(len(image)/500)))
		o.Manifest.Name = name
		store := newMemory()
		_, document, err := bundle.Create(t.Context(), bytes.NewReader(image), int64(len(image)), o, store)
		if err != nil {
			if !errors.Is(err, manifest.ErrName) {
				t.Errorf("bundle %q: got %v, want nothing refused but names", name, err)
			}
			return
		}
		m, err := manifest.Parse(document)
		if err != nil {
			t.Fatalf("%v: %q", err, document)
		}
		got, err := unbundled(t, m, store)
		if want := manifest.Digest(sha1.Sum(image)); got != want || err != nil {
			t.Fatalf("got image %s, %v; want %s", got, err, want)
		}
		part := m.Parts[int(at)%len(m.Parts)]
		store.parts[part.Name][int(at)%len(store.parts[part.Name])] ^= 1
		if _, err := unbundled(t, m, store); !errors.Is(err, bundle.ErrPartDigest) {
			t.Errorf("%s is altered: got %v, want %v", part.Name, err, bundle.ErrPartDigest)
		}
	})
}
