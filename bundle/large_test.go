package bundle

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"golang.org/x/sync/errgroup"
)

// Past 4 GiB the length in the gzip trailer wraps around, past 8 GiB tar sizes change
// their form (TestTarHeaderIsThatOfEuca2ools). What depends on it is tested here
// piece by piece, because hashing so much takes seconds; scripts/large-image sends a
// large image all the way and back.

func TestGzipTrailerPast4GiB(t *testing.T) {
	for size, want := range map[int64]uint32{4<<30 - 1: 1<<32 - 1, 4 << 30: 0, 9<<30 + 7: 1<<30 + 7} {
		trailer := (&gzipSum{size: size}).trailer()
		if got := binary.LittleEndian.Uint32(trailer[len(trailer)-4:]); got != want {
			t.Errorf("length %d: got %d, want %d", size, got, want)
		}
	}
}

// largeHole is an image of zeros that cannot be read, only skipped.
type largeHole struct{ left int64 }

func (h *largeHole) Hole() (int64, error) { return h.left, nil }

func (h *largeHole) SkipHole(n int64) error { h.left -= n; return nil }

func (h *largeHole) Read([]byte) (int, error) {
	if h.left > 0 {
		return 0, io.ErrNoProgress
	}
	return 0, io.EOF
}

func TestFramePast8GiB(t *testing.T) {
	const size = 9<<30 + 5
	blocks, hollow := newPool(4, blockSize), newPool(3, 0)
	out := queue(blocks, hollow)
	var group errgroup.Group
	group.Go(func() error {
		return frame(t.Context(), newImageReader(&largeHole{size}, size), "big", blocks, hollow, out)
	})
	first := <-out
	if want := tarHeader("big", size); !bytes.Equal(first.data, want) {
		t.Errorf("got header %q, want %q", first.data, want)
	}
	got := int64(len(first.data))
	first.home.put(first)
	for b := range out {
		got += int64(len(b.data)) * int64(1+b.again)
		b.home.put(b)
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if want := int64((size + 512 + 1024 + 10239) / 10240 * 10240); got != want {
		t.Errorf("got a stream of %d bytes, want %d", got, want)
	}
}
