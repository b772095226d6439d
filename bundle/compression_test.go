package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"emikit/bundle"
)

// TestCompressions: every compression unbundles to the image, and the slower ones
// make fewer bytes of it.
func TestCompressions(t *testing.T) {
	image := append(mixed(mib), sources(t)...)
	var sizes []int64
	for _, c := range bundle.Compressions() {
		o := options(t, 0)
		o.Compression = c
		m, store := create(t, image, o)
		var got bytes.Buffer
		if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		if !bytes.Equal(got.Bytes(), image) {
			t.Errorf("%s: the image is not what was bundled", c)
		}
		sizes = append(sizes, m.BundledSize)
	}
	if !slices.IsSortedFunc(sizes, func(a, b int64) int { return int(b - a) }) || sizes[0] == sizes[2] {
		t.Errorf("got bundles of %v bytes by %v, want each smaller than the one before", sizes, bundle.Compressions())
	}
}

// sources are those of this package: text as people write it.
func sources(t *testing.T) (text []byte) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, data...)
	}
	return text
}

func TestUnknownCompression(t *testing.T) {
	o := options(t, 0)
	o.Compression = "squeeze"
	_, _, err := bundle.Create(t.Context(), bytes.NewReader(nil), 0, o, newMemory())
	if want := `compression "squeeze": not one of [fast default best]`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestStoredBlocks: what cannot shrink grows by less than 0.02 %, the block that
// begins it included.
func TestStoredBlocks(t *testing.T) {
	image := noise(8, 16*mib)
	m, _ := create(t, image, options(t, 0))
	if most := int64(len(image)) + int64(len(image))/5000 + 20000; m.BundledSize > most {
		t.Errorf("got %d bytes from %d of noise, want %d at most", m.BundledSize, len(image), most)
	}
}
