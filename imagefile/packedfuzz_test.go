package imagefile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"emikit/internal/seeds"
)

// FuzzPacked: whatever begins like a compressed disk is unpacked or refused for a
// known reason; a size that a file tells is what comes out; it reads the same in
// pieces of any size, and from a pipe.
func FuzzPacked(f *testing.F) {
	for i, data := range seeds.Files(f, "testdata/packed/*", 6) {
		f.Add(data, uint16(i*100))
		f.Add(data[:len(data)/2], uint16(7))
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint16) {
		p, ok := packingOf(FormatAuto, data)
		if !ok {
			return
		}
		first, firstErr := unpackedInPieces(t, p, data, fuzzRead)
		second, secondErr := unpackedInPieces(t, p, data, int(piece)+1)
		if !bytes.Equal(first, second) || (firstErr == nil) != (secondErr == nil) {
			t.Errorf("%d bytes, %v; in pieces of %d: %d, %v", len(first), firstErr, piece+1, len(second), secondErr)
		}
		if p.size == nil || firstErr != nil || len(first) >= fuzzRead {
			return
		}
		size, ok, err := p.size(t.Context(), bytes.NewReader(data), int64(len(data)))
		if ok && size != int64(len(first)) {
			t.Errorf("it says %d bytes, %v, and has %d", size, err, len(first))
		}
	})
}

// unpackedInPieces reads up to fuzzRead bytes, n at a time. The bytes before a
// fault are of no account: how many of them come depends on the pieces.
func unpackedInPieces(t *testing.T, p packing, data []byte, n int) ([]byte, error) {
	t.Helper()
	u, err := p.unpack(&source{ctx: t.Context(), r: bytes.NewReader(data)})
	var all bytes.Buffer
	if err == nil {
		defer u.Close()
		_, err = io.CopyBuffer(&all, struct{ io.Reader }{io.LimitReader(u, fuzzRead)}, make([]byte, n))
	}
	if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want a reason", err)
	}
	if err != nil {
		return nil, err
	}
	return all.Bytes(), nil
}

// TestPackedFixtures: every seed is a whole file of the format.
func TestPackedFixtures(t *testing.T) {
	paths, err := filepath.Glob("testdata/packed/*")
	if err != nil || len(paths) < 6 {
		t.Fatalf("got %d fixtures, %v", len(paths), err)
	}
	for _, path := range paths {
		img := open(t, path)
		got, err := io.ReadAll(img)
		if info, _ := os.Stat(path); err != nil || img.Format() == FormatRaw || len(got) < 3000 {
			t.Errorf("%s (%d bytes): %s of %d bytes, %v", path, info.Size(), img.Format(), len(got), err)
		}
	}
}
