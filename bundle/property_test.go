package bundle_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"emikit/bundle"
)

// A layout is an image in memory that knows some of its holes. Others hold zeros as
// data does, and what a Read returns is as short as it likes.
type layout struct {
	image  []byte
	hole   []bool // for each run: it is known
	ends   []int  // of the runs
	off    int
	random *rand.Rand
}

// newLayout makes up an image of runs of every kind.
func newLayout(seed uint64, size int) *layout {
	l := &layout{image: noise(seed, size), random: rand.New(rand.NewPCG(seed, 9))}
	for from := 0; from < size; {
		to := min(size, from+l.length())
		run := l.image[from:to]
		known := false
		switch l.random.IntN(4) {
		case 0:
			clear(run)
			known = true
		case 1:
			clear(run)
		case 2:
			copy(run, bytes.Repeat([]byte("one line of a text\n"), len(run)/19+1))
		}
		l.ends, l.hole = append(l.ends, to), append(l.hole, known)
		from = to
	}
	return l
}

// length draws one of a run: of a few bytes, about a page, or blocks.
func (l *layout) length() int {
	most := []int{20, 5000, 70000, 3 * mib}[l.random.IntN(4)]
	return 1 + l.random.IntN(most)
}

// run returns which run comes next; len(l.ends) at the end.
func (l *layout) run() (i int) {
	for i < len(l.ends) && l.ends[i] <= l.off {
		i++
	}
	return i
}

func (l *layout) Hole() (int64, error) {
	if i := l.run(); i < len(l.ends) && l.hole[i] {
		return int64(l.ends[i] - l.off), nil
	}
	return 0, nil
}

func (l *layout) SkipHole(n int64) error {
	if hole, _ := l.Hole(); n > hole {
		return fmt.Errorf("skip of %d bytes, there are %d", n, hole)
	}
	l.off += int(n)
	return nil
}

func (l *layout) Read(p []byte) (int, error) {
	if l.off == len(l.image) {
		return 0, io.EOF
	}
	most := len(p)
	if l.random.IntN(3) == 0 {
		most = 1 + l.random.IntN(len(p))
	}
	n := copy(p[:most], l.image[l.off:])
	l.off += n
	return n, nil
}

// sizeNear draws a size within a few bytes of a multiple of an edge: of AES blocks, tar
// blocks and records, runs that become holes, blocks, and parts. Most images are longer
// than what circulates in the pipeline, so that blocks are used again.
func sizeNear(random *rand.Rand, partSize int) int {
	edge := []int{16, 512, 10240, 64 << 10, mib, partSize}[random.IntN(6)]
	return max(0, edge*random.IntN(9*mib/edge+1)+random.IntN(7)-3)
}

// TestAnyLayout: whatever the image looks like, whatever its size and that of the parts,
// however many workers compress and however hard, the stream is one gzip member of what
// the manifest says, and the image comes out again.
func TestAnyLayout(t *testing.T) {
	for seed := range uint64(14) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			o := options(t, int64(1<<(10+random.IntN(12))+random.IntN(33)-16))
			o.Workers = 1 + random.IntN(3)*random.IntN(3)
			o.Compression = bundle.Compressions()[random.IntN(3)]
			l := newLayout(seed, sizeNear(random, int(o.PartSize)))
			checkLayout(t, l, o)
		})
	}
}

func checkLayout(t *testing.T, l *layout, o bundle.Options) {
	t.Helper()
	store := newMemory()
	m, _, err := bundle.Create(t.Context(), l, int64(len(l.image)), o, store)
	if err != nil {
		t.Fatal(err)
	}
	checkStream(t, m, store)
	var got bytes.Buffer
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), l.image) {
		t.Errorf("image of %d bytes came back different (%d bytes)", len(l.image), got.Len())
	}
	o.Workers = 1 + o.Workers%3
	if again, _ := create(t, l.image, o); !same(again, m) {
		t.Errorf("bundled by %d workers, without knowledge of holes, it is another bundle", o.Workers)
	}
}

// TestEveryPadding: the ciphertext comes back whichever of the sixteen paddings it ends
// in.
func TestEveryPadding(t *testing.T) {
	seen := map[int]bool{}
	for size := 20000; len(seen) < 16; size++ {
		m, store := create(t, noise(3, size), options(t, 1000))
		seen[len(decrypted(t, m, store))%16] = true
		var got bytes.Buffer
		if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil || got.Len() != size {
			t.Errorf("%d bytes: got %d, %v", size, got.Len(), err)
		}
		if size == 20500 {
			t.Fatalf("got streams of %d lengths modulo 16, want all", len(seen))
		}
	}
}
