package probe

import (
	"bytes"
	"compress/gzip"
	"io"
	"reflect"
	"strings"
	"testing"

	"emikit/internal/seeds"
)

// FuzzProbe: a report is made of whatever there is, the same every time, without
// reading outside of the image, and can be shown on a terminal.
func FuzzProbe(f *testing.F) {
	for _, packed := range seeds.Files(f, "testdata/*.gz", 20) {
		if data := unpack(f, packed); len(data) < 100_000 {
			f.Add(data, int64(len(data)))
		}
	}
	gpt := fixture(f, "gpt")
	f.Add(gpt[:20<<10], int64(len(gpt)))
	f.Add(fixture(f, "mbr")[:512], int64(16<<20))
	f.Add(setupHeader("6.1.0 x", true), int64(0x2000))
	f.Fuzz(func(t *testing.T, data []byte, size int64) {
		image := &boundedImage{padded(data), min(max(size, 0), 64<<20), t}
		report, err := Probe(image, image.size)
		if err != nil {
			t.Fatalf("Probe = %v, though reading never fails", err)
		}
		if again, err := Probe(image, image.size); err != nil || !reflect.DeepEqual(again, report) {
			t.Errorf("got %+v, and the second time %+v, %v", report, again, err)
		}
		for _, line := range report.Summary() {
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("Summary has a control character: %q", line)
			}
		}
	})
}

// unpack undoes gzip.
func unpack(tb testing.TB, packed []byte) []byte {
	tb.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		tb.Fatal(err)
	}
	data, err := io.ReadAll(zip)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// boundedImage is an image of size bytes that notices who reads beside it.
type boundedImage struct {
	padded
	size int64
	t    *testing.T
}

func (i *boundedImage) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(p)) > i.size {
		i.t.Errorf("%d bytes are read at %d of an image of %d", len(p), off, i.size)
	}
	return i.padded.ReadAt(p, off)
}
