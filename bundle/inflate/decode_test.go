package inflate_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"emikit/bundle/inflate"
)

// inputs are what streams are made of in these tests, by name.
func inputs() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 200<<10)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	var text bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&text, "line %d of %x\n", i, random.Uint32N(1000))
	}
	far := append(bytes.Clone(noise[:32<<10]), noise[:32<<10]...)
	return map[string][]byte{
		"nothing":  nil,
		"a byte":   {'x'},
		"zeros":    make([]byte, 300<<10),
		"period 3": bytes.Repeat([]byte("abc"), 50000),
		"noise":    noise,
		"text":     text.Bytes(),
		"mixed":    append(append(bytes.Clone(noise[:5000]), text.Bytes()...), make([]byte, 70000)...),
		"far":      far, // matches at the greatest distance
	}
}

// deflated makes a stream of data with Go's own compressor.
func deflated(tb testing.TB, data []byte, level int) []byte {
	tb.Helper()
	var zip bytes.Buffer
	w, err := flate.NewWriter(&zip, level)
	if err != nil {
		tb.Fatal(err)
	}
	half := len(data) / 2
	for _, piece := range [][]byte{data[:half], data[half:]} {
		if _, err := w.Write(piece); err != nil {
			tb.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return zip.Bytes()
}

var levels = []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, 6, flate.BestCompression}

func TestDecode(t *testing.T) {
	for name, data := range inputs() {
		for _, level := range levels {
			zip := deflated(t, data, level)
			dst := make([]byte, len(data))
			n, taken, err := new(inflate.Decoder).Decode(dst, 0, append(zip, "trailer"...))
			if err != nil || taken != len(zip) || !bytes.Equal(dst[:n], data) {
				t.Errorf("%s, level %d: got %d of %d bytes from %d of %d, %v", name, level, n, len(data), taken, len(zip), err)
			}
		}
	}
}

// TestDecodeInSteps gives input and output in small steps of random lengths.
func TestDecodeInSteps(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for name, data := range inputs() {
		for _, level := range levels {
			got, err := inSteps(deflated(t, data, level), random)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, level %d: got %d of %d bytes, %v", name, level, len(got), len(data), err)
			}
		}
	}
}

// inSteps decodes a stream as unbundling does: a window of 32 KiB before the output,
// and what was not taken of the input before the next of it.
func inSteps(zip []byte, random *rand.Rand) (got []byte, err error) {
	var d inflate.Decoder
	const window = 32 << 10
	for from, to := 0, 0; ; {
		to = min(len(zip), max(to, from+1+random.IntN(5000)))
		kept := got[max(0, len(got)-window):]
		dst := append(bytes.Clone(kept), make([]byte, 300+random.IntN(3000))...)
		end, taken, err := d.Decode(dst, len(kept), zip[from:to])
		got = append(got, dst[len(kept):end]...)
		from += taken
		switch {
		case err == nil:
			return got, nil
		case errors.Is(err, inflate.ErrInput) && to == len(zip):
			return got, io.ErrUnexpectedEOF
		case errors.Is(err, inflate.ErrInput):
			to++ // a header may need more than is there
		case !errors.Is(err, inflate.ErrOutput):
			return got, err
		}
	}
}

func TestTruncated(t *testing.T) {
	data := inputs()["mixed"]
	for _, level := range levels {
		zip := deflated(t, data, level)
		dst := make([]byte, len(data))
		for n := 0; n < len(zip); n += 1 + len(zip)/50 {
			if _, _, err := new(inflate.Decoder).Decode(dst, 0, zip[:n]); !errors.Is(err, inflate.ErrInput) {
				t.Fatalf("level %d, %d of %d bytes: got %v, want %v", level, n, len(zip), err, inflate.ErrInput)
			}
		}
	}
}

func TestNoRoom(t *testing.T) {
	data := inputs()["text"]
	zip := deflated(t, data, 6)
	n, _, err := new(inflate.Decoder).Decode(make([]byte, 1000), 0, zip)
	if !errors.Is(err, inflate.ErrOutput) || n < 1000-258 || n > 1000 {
		t.Errorf("got %d bytes and %v, want about 1000 and %v", n, err, inflate.ErrOutput)
	}
}

func TestBoundary(t *testing.T) {
	var zip bytes.Buffer
	w, err := flate.NewWriter(&zip, 6)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "abc")
	w.Flush()
	var d inflate.Decoder
	dst := make([]byte, 100)
	_, taken, err := d.Decode(dst, 0, zip.Bytes())
	if !errors.Is(err, inflate.ErrInput) || taken != zip.Len() || !d.AtBoundary() {
		t.Errorf("after a flush: got %v, %d of %d bytes, boundary %v", err, taken, zip.Len(), d.AtBoundary())
	}
	d.Reset()
	if _, _, err := d.Decode(dst, 0, zip.Bytes()[:3]); !errors.Is(err, inflate.ErrInput) || d.AtBoundary() {
		t.Errorf("within a block: got %v, boundary %v", err, d.AtBoundary())
	}
}

func TestCorrupt(t *testing.T) {
	cases := map[string]string{
		"kind 3":                    "\x07",
		"stored, wrong complement":  "\x01\x01\x00\x00\x00x",
		"distance before beginning": "\x4b\x04\x05\x00",
		"287 literals":              "\xf5\xc0\x01\x00\x00\x00\x00\x00",
		"31 distances":              "\x05\xde\x01\x00\x00\x00\x00\x00",
		"no code for code lengths":  "\x05\xc0\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	}
	for name, zip := range cases {
		_, _, err := new(inflate.Decoder).Decode(make([]byte, 1000), 0, []byte(zip))
		if _, other := io.ReadAll(flate.NewReader(bytes.NewReader([]byte(zip)))); other == nil {
			t.Errorf("%s: it is good deflate to compress/flate", name)
		}
		if !errors.Is(err, inflate.ErrCorrupt) {
			t.Errorf("%s: got %v, want %v", name, err, inflate.ErrCorrupt)
		}
	}
}

// FuzzDecode compares with Go's own decoder: both give the same bytes, and both
// refuse the same streams.
func FuzzDecode(f *testing.F) {
	for _, data := range inputs() {
		for _, level := range levels {
			f.Add(deflated(f, data[:min(len(data), 5000)], level))
		}
	}
	f.Fuzz(func(t *testing.T, zip []byte) {
		const limit = 1 << 20
		reader := bytes.NewReader(zip)
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(reader), limit))
		dst := make([]byte, limit)
		n, taken, err := new(inflate.Decoder).Decode(dst, 0, zip)
		if len(want) == limit || errors.Is(err, inflate.ErrOutput) {
			return
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got %v, compress/flate %v", err, wantErr)
		}
		if err == nil && (!bytes.Equal(dst[:n], want) || taken != len(zip)-reader.Len()) {
			t.Fatalf("got %d bytes from %d, compress/flate %d from %d", n, taken, len(want), len(zip)-reader.Len())
		}
	})
}
