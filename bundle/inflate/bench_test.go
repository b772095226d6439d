package inflate_test

import (
	"bytes"
	stdflate "compress/flate"
	"io"
	"os"
	"testing"

	"emikit/bundle/inflate"

	"github.com/klauspost/compress/flate"
)

// program is what a disk image holds most of that is neither zeros nor noise: code. It
// is that of this test.
func program(tb testing.TB) []byte {
	tb.Helper()
	path, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	code, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return code[len(code)/4:][:1<<20]
}

// A reader decodes a stream, to nowhere in particular.
type reader interface {
	io.Reader
	Reset(io.Reader, []byte) error
}

func decodeAll(r reader) func(zip, dst []byte) error {
	return func(zip, dst []byte) error {
		if err := r.Reset(bytes.NewReader(zip), nil); err != nil {
			return err
		}
		_, err := io.ReadFull(r, dst)
		return err
	}
}

// BenchmarkDecode compares with the readers of Go and of the library that compresses.
// Bytes are those that come out.
func BenchmarkDecode(b *testing.B) {
	all := inputs()
	all["program"] = program(b)
	ours := new(inflate.Decoder)
	decoders := []struct {
		name   string
		decode func(zip, dst []byte) error
	}{
		{"ours", func(zip, dst []byte) error {
			ours.Reset()
			_, _, err := ours.Decode(dst, 0, zip)
			return err
		}},
		{"klauspost", decodeAll(flate.NewReader(nil).(reader))},
		{"go", decodeAll(stdflate.NewReader(nil).(reader))},
	}
	for _, kind := range []string{"zeros", "text", "program", "noise", "period 3", "far"} {
		zip := squeezed(b, all[kind])
		dst := make([]byte, len(all[kind]))
		for _, d := range decoders {
			b.Run(kind+"/"+d.name, func(b *testing.B) {
				b.SetBytes(int64(len(dst)))
				b.ReportAllocs()
				for b.Loop() {
					if err := d.decode(zip, dst); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// squeezed makes a stream as bundles have it.
func squeezed(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var zip bytes.Buffer
	w, err := flate.NewWriter(&zip, 5)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return zip.Bytes()
}

// TestDecodeAllocatesNothing: neither for the stream nor for its tables.
func TestDecodeAllocatesNothing(t *testing.T) {
	d := new(inflate.Decoder)
	for kind, data := range inputs() {
		zip, dst := squeezed(t, data), make([]byte, len(data))
		got := testing.AllocsPerRun(5, func() {
			d.Reset()
			if _, _, err := d.Decode(dst, 0, zip); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		})
		if got != 0 {
			t.Errorf("%s: got %v allocations, want none", kind, got)
		}
	}
}
