package bundle_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	stdgzip "compress/gzip"

	"emikit/bundle"
	"emikit/manifest"
)

const mib = 1 << 20

// Sizes at the edges of tar blocks and records, of compressed blocks and of
// parts.
var edges = []int{0, 1, 511, 512, 513, 8703, 8704, 8705, 10240,
	mib - 513, mib - 512, mib - 1, mib, mib + 1, 2*mib - 1, 2 * mib, 3*mib + 12345}

func TestRoundTrip(t *testing.T) {
	for _, size := range edges {
		for kind, image := range map[string][]byte{
			"zeros": make([]byte, size), "noise": noise(2, size), "mixed": mixed(size),
		} {
			t.Run(fmt.Sprint(kind, size), func(t *testing.T) {
				t.Parallel()
				m, store := create(t, image, options(t, 64<<10))
				var got bytes.Buffer
				if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), image) {
					t.Errorf("image of %d bytes came back different (%d bytes)", size, got.Len())
				}
				checkStream(t, m, store)
			})
		}
	}
}

// checkStream takes the bundle apart with the standard library: one gzip member
// with nothing behind it, whose content has the manifest's digest.
func checkStream(t *testing.T, m *manifest.Manifest, store *memory) {
	t.Helper()
	plain := bytes.NewReader(decrypted(t, m, store))
	zip, err := stdgzip.NewReader(plain)
	if err != nil {
		t.Fatal(err)
	}
	zip.Multistream(false)
	stream, err := io.ReadAll(zip)
	if err != nil || plain.Len() != 0 {
		t.Fatalf("gunzip: %v, %d bytes behind the member", err, plain.Len())
	}
	if got := manifest.Digest(sha1.Sum(stream)); got != m.Digest {
		t.Errorf("digest of the tar stream: got %s, manifest says %s", got, m.Digest)
	}
}

// decrypted checks the parts of a bundle and returns what they decrypt to.
func decrypted(t testing.TB, m *manifest.Manifest, store *memory) []byte {
	t.Helper()
	var body []byte
	for _, part := range m.Parts {
		piece := store.parts[part.Name]
		if len(piece) == 0 || sha1.Sum(piece) != part.Digest {
			t.Errorf("%s: empty, or digest is not that of its %d bytes", part.Name, len(piece))
		}
		body = append(body, piece...)
	}
	if int64(len(body)) != m.BundledSize {
		t.Errorf("parts hold %d bytes, manifest says %d", len(body), m.BundledSize)
	}
	key := fixedKey()
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCDecrypter(c, key.IV[:]).CryptBlocks(body, body)
	return body[:len(body)-int(body[len(body)-1])]
}

// The digest covers nothing that depends on how or when the bundle was made, so
// bundling the image of a bundle that euca2ools made gives the same one.
func TestDigestIsThatOfEuca2ools(t *testing.T) {
	manifests, err := filepath.Glob("testdata/vectors/euca2ools/bundles/*/*.manifest.xml")
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no vectors (%v)", err)
	}
	for _, path := range manifests {
		want := parseFile(t, path)
		key, err := want.OpenKey(loadKey(t, "cloud-pk.pem"))
		if err != nil {
			t.Fatal(err)
		}
		var image bytes.Buffer
		if err := bundle.Unbundle(t.Context(), want, key, bundle.OpenDir(filepath.Dir(path)), &image); err != nil {
			t.Fatal(err)
		}
		o := options(t, 0)
		o.Manifest.Name = want.Name
		if got, _ := create(t, image.Bytes(), o); got.Digest != want.Digest {
			t.Errorf("%s: got digest %s, want %s", path, got.Digest, want.Digest)
		}
	}
}

// When the ciphertext is an exact multiple of the part size, no empty part is
// added, as euca2ools does.
func TestNoEmptyPart(t *testing.T) {
	m, _ := create(t, noise(3, 100000), options(t, 0))
	for _, count := range []int64{1, 2, 4} {
		partSize := m.BundledSize / count
		again, _ := create(t, noise(3, 100000), options(t, partSize))
		want := (m.BundledSize + partSize - 1) / partSize
		if got := int64(len(again.Parts)); got != want {
			t.Errorf("%d bytes in parts of %d: got %d parts, want %d", m.BundledSize, partSize, got, want)
		}
	}
}

func TestPartNames(t *testing.T) {
	m, _ := create(t, noise(4, 110000), options(t, 1000))
	if n := len(m.Parts); n < 105 {
		t.Fatalf("got %d parts, want more than 105", n)
	}
	for i, want := range map[int]string{0: "disk.img.part.00", 9: "disk.img.part.09", 99: "disk.img.part.99", 100: "disk.img.part.100"} {
		if got := m.Parts[i].Name; got != want {
			t.Errorf("part %d: got name %s, want %s", i, got, want)
		}
	}
}

// The result does not depend on how many workers there were or how the image
// trickled in.
func TestCreateIsDeterministic(t *testing.T) {
	image := mixed(3*mib + 77)
	o := options(t, 100000)
	want, _ := create(t, image, o)
	for workers := 1; workers <= 5; workers += 2 {
		o.Workers = workers
		source := iotest.OneByteReader(bytes.NewReader(image))
		if workers > 1 {
			source = iotest.HalfReader(bytes.NewReader(image))
		}
		got, _, err := bundle.Create(t.Context(), source, int64(len(image)), o, newMemory())
		if err != nil {
			t.Fatal(err)
		}
		if !same(got, want) {
			t.Errorf("%d workers: bundle differs from the one by default", workers)
		}
	}
}

func TestImageSizeMustMatch(t *testing.T) {
	for size, said := range map[int]int64{10: 11, 11: 10, 0: 1, 1: 0, mib: mib + 1, mib + 1: mib} {
		_, _, err := bundle.Create(t.Context(), bytes.NewReader(make([]byte, size)), said, options(t, 0), newMemory())
		if !errors.Is(err, bundle.ErrImageSize) {
			t.Errorf("image of %d bytes said to be %d: got %v, want ErrImageSize", size, said, err)
		}
	}
}

// failing is a sink that takes some parts, then fails.
type failing struct {
	parts int
	err   error
}

func (f *failing) Put(_ context.Context, _ manifest.Part, _ []byte, done func()) error {
	done()
	if f.parts--; f.parts < 0 {
		return f.err
	}
	return nil
}

// Whatever fails first is what Create returns, once.
func TestCreateReturnsTheCause(t *testing.T) {
	cause := errors.New("disk on fire")
	image := noise(5, 4*mib)
	broken := io.MultiReader(bytes.NewReader(image[:2*mib]), iotest.ErrReader(cause))
	if _, _, err := bundle.Create(t.Context(), broken, 4*mib, options(t, 0), newMemory()); err != cause {
		t.Errorf("image fails: got %v, want %v", err, cause)
	}
	for parts := range 5 {
		sink := &failing{parts, cause}
		if _, _, err := bundle.Create(t.Context(), bytes.NewReader(image), 4*mib, options(t, 100000), sink); err != cause {
			t.Errorf("sink fails after %d parts: got %v, want %v", parts, err, cause)
		}
	}
}

func TestCreateRefusesAtOnce(t *testing.T) {
	untouched := iotest.ErrReader(errors.New("the image was read"))
	for name, spoil := range map[string]func(*bundle.Options){
		"part size":   func(o *bundle.Options) { o.PartSize = bundle.MaxPartSize + 1 },
		"negative":    func(o *bundle.Options) { o.PartSize = -1 },
		"no cloud":    func(o *bundle.Options) { o.CloudCert = nil },
		"no name":     func(o *bundle.Options) { o.Manifest.Name = "" },
		"escape":      func(o *bundle.Options) { o.Manifest.Name = "../x" },
		"no arch":     func(o *bundle.Options) { o.Manifest.Arch = "" },
		"kind":        func(o *bundle.Options) { o.Manifest.Kind = "floppy" },
		"kernel name": func(o *bundle.Options) { o.Manifest.KernelID = "a\x00b" },
	} {
		o := options(t, 0)
		spoil(&o)
		_, _, err := bundle.Create(t.Context(), untouched, 10, o, newMemory())
		if err == nil || strings.Contains(err.Error(), "was read") {
			t.Errorf("%s: got %v, want an error before any work", name, err)
		}
	}
}

func TestTooManyParts(t *testing.T) {
	o := options(t, 1)
	o.Manifest.Name = strings.Repeat("n", 240) // the longer the name, the fewer fit
	_, _, err := bundle.Create(t.Context(), bytes.NewReader(noise(6, 10000)), 10000, o, &failing{parts: 1 << 30})
	if !errors.Is(err, bundle.ErrTooManyParts) {
		t.Errorf("got %v, want ErrTooManyParts", err)
	}
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) {
		t.Errorf("%v: has no hint", err)
	}
}
