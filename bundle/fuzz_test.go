package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"emikit/bundle"
)

const tarRecord = 10240

// A stream that is taken gives an image of exactly the size that was said; one that
// is not is refused for a reason that depends on the key.
func FuzzUntar(f *testing.F) {
	tars, err := filepath.Glob("testdata/tars/*.tar.gz")
	if err != nil || len(tars) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, path := range tars {
		zip, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		stream := gunzipped(f, zip)
		f.Add(stream[:min(len(stream), tarRecord)], int64(2*mib)) // long seeds are slow to mutate
	}
	f.Add(tarOf(f, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 5}), int64(5))
	f.Add(sparseTar(40960, runsOf(5, 512)), int64(40960))
	f.Fuzz(func(t *testing.T, stream []byte, size int64) {
		if size > 16*mib {
			return // a hole of any size is taken, but takes time
		}
		m, store := sealed(t, stream, size)
		var image bytes.Buffer
		if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &image); err != nil {
			if size >= 0 && !errors.Is(err, bundle.ErrKeyDependent) {
				t.Errorf("got %v, want an error that depends on the key", err)
			}
			return
		}
		if int64(image.Len()) != size {
			t.Errorf("got an image of %d bytes, want %d", image.Len(), size)
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

// Whatever the parts decrypt to, unbundling ends, and never succeeds with another
// digest than the manifest's.
func FuzzUnbundle(f *testing.F) {
	stream := tarOf(f, tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 700})
	zip := gzipped(f, stream)
	f.Add(zip, int64(700), true)
	f.Add(append(zip, zip...), int64(700), true)
	f.Add(zip[:len(zip)/2], int64(700), true)
	f.Add(bytes.Repeat([]byte{16}, 16), int64(0), false)
	f.Fuzz(func(t *testing.T, plain []byte, size int64, pad bool) {
		if size > 16*mib {
			return
		}
		if !pad && len(plain)%16 != 0 {
			plain = plain[:len(plain)/16*16]
		}
		m, store := encrypted(plain, sha1.Sum(stream), size)
		if !pad && len(plain) > 0 {
			m, store = ciphertext(plain, sha1.Sum(stream), size)
		}
		err := bundle.Unbundle(t.Context(), m, fixedKey(), store, io.Discard)
		if err == nil && size != 700 {
			t.Errorf("an image of %d bytes has the digest of one of 700", size)
		}
	})
}
