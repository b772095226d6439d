package bundle

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"os"
	"testing"

	"emikit/manifest"

	"github.com/klauspost/compress/flate"
)

// One benchmark for each stage of the pipelines, and for what the stages call most.
// Bytes are those that go in, of a full block.

// kindNames are those of kinds, in order.
var kindNames = []string{"zeros", "lines", "program", "noise"}

// kinds are full blocks of what images are made of, by name.
func kinds(tb testing.TB) map[string][]byte {
	tb.Helper()
	return map[string][]byte{
		"zeros": bytes.Clone(zeros[:]), "lines": lines(blockSize), "program": program(tb), "noise": noise(blockSize),
	}
}

// program is a block of this program.
func program(tb testing.TB) []byte {
	tb.Helper()
	path, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	code := make([]byte, blockSize)
	if _, err := f.ReadAt(code, blockSize); err != nil {
		tb.Fatal(err)
	}
	return code
}

// compressors returns a deflater for each compression.
func compressors(tb testing.TB) map[Compression]*deflater {
	tb.Helper()
	all := map[Compression]*deflater{}
	for _, c := range Compressions() {
		d, err := newDeflater(c)
		if err != nil {
			tb.Fatal(err)
		}
		all[c] = d
	}
	return all
}

// A loop calls step for blocks of data until the benchmark has enough.
func loop(b *testing.B, data []byte, step func() error) {
	b.Helper()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeflate(b *testing.B) {
	blocks, all := kinds(b), compressors(b)
	for _, c := range Compressions() {
		for _, kind := range kindNames {
			d, data := all[c], blocks[kind]
			b.Run(fmt.Sprintf("%s/%s", c, kind), func(b *testing.B) {
				loop(b, data, deflating(d, data))
				b.ReportMetric(float64(len(deflated(b, d, data)))/float64(len(data)), "size")
			})
		}
	}
}

// BenchmarkLevel compresses at each level of the library.
func BenchmarkLevel(b *testing.B) {
	blocks := kinds(b)
	for level := flate.BestSpeed; level <= flate.BestCompression; level++ {
		w, err := flate.NewWriter(nil, level)
		if err != nil {
			b.Fatal(err)
		}
		var zip bytes.Buffer
		for _, kind := range kindNames[1:] {
			data := blocks[kind]
			b.Run(fmt.Sprintf("%d/%s", level, kind), func(b *testing.B) {
				loop(b, data, func() error { return compress(w, &zip, data) })
				b.ReportMetric(float64(zip.Len())/float64(len(data)), "size")
			})
		}
	}
}

func deflating(d *deflater, data []byte) func() error {
	b := &block{data: data}
	return func() error { return d.compress(b) }
}

func deflated(tb testing.TB, d *deflater, data []byte) []byte {
	tb.Helper()
	b := &block{data: data}
	if err := d.compress(b); err != nil {
		tb.Fatal(err)
	}
	return b.out
}

func BenchmarkLooksRandom(b *testing.B) {
	d, data := mustDeflater(b), noise(blockSize)
	loop(b, data, func() error { _, err := d.looksRandom(data); return err })
}

// A passage sends one block at a time through a stage and gets it back.
type passage struct {
	in   chan *block
	outs []chan *block
}

// through starts a stage that the test ends.
func through(tb testing.TB, outs int, stage func(ctx context.Context, p *passage) error) *passage {
	tb.Helper()
	p := &passage{in: make(chan *block, 1)}
	for range outs {
		p.outs = append(p.outs, make(chan *block, 1))
	}
	done := make(chan error, 1)
	go func() { done <- stage(context.Background(), p) }()
	tb.Cleanup(func() {
		close(p.in)
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return p
}

// digestPassage sends zeros through, which the stage then compresses as well: it is the
// only worker.
func digestPassage(tb testing.TB) func() error {
	tb.Helper()
	sum, worker := new(manifest.Digest), mustDeflater(tb)
	p := through(tb, 2, func(ctx context.Context, p *passage) error {
		return digest(ctx, sum, worker, p.in, p.outs[0], p.outs[1])
	})
	b := &block{data: zeros[:], ready: make(chan struct{}, 1)}
	return func() error {
		p.in <- b
		<-p.outs[1]
		<-b.ready
		return nil
	}
}

func BenchmarkDigest(b *testing.B) { loop(b, zeros[:], digestPassage(b)) }

// sealing writes blocks to the cipher, and what comes out to a part.
func sealing(tb testing.TB) func() error {
	tb.Helper()
	bodies := newPool(1, 2*blockSize)
	parts := &partWriter{ctx: context.Background(), bodies: bodies, size: 2 * blockSize, out: bodies.free}
	w, err := newCBCWriter(manifest.Key{}, parts)
	if err != nil {
		tb.Fatal(err)
	}
	data := noise(blockSize - 7) // so that AES blocks straddle those written
	return func() error {
		if parts.part != nil && len(parts.part.data) > blockSize {
			parts.part.data = parts.part.data[:0]
		}
		_, err := w.Write(data)
		return err
	}
}

func BenchmarkEncrypt(b *testing.B) { loop(b, zeros[:blockSize-7], sealing(b)) }

func decrypting(tb testing.TB) func() error {
	p := through(tb, 0, func(ctx context.Context, p *passage) error { return decrypt(ctx, manifest.Key{}, p.in) })
	b := &block{data: noise(blockSize), ready: make(chan struct{}, 1)}
	return func() error {
		p.in <- b
		<-b.ready
		return nil
	}
}

func BenchmarkDecrypt(b *testing.B) { loop(b, zeros[:], decrypting(b)) }

// ownPieces is a stream of a block of each kind, without header and trailer.
func ownPieces(tb testing.TB) (zip []byte, size int) {
	tb.Helper()
	d := mustDeflater(tb)
	blocks := kinds(tb)
	for _, kind := range kindNames {
		data := blocks[kind]
		zip = append(zip, deflated(tb, d, data)...)
		size += len(data)
	}
	return zip, size
}

// cutting cuts a stream into pieces.
func cutting(tb testing.TB) (stream []byte, step func() error) {
	tb.Helper()
	stream, _ = ownPieces(tb)
	var p piece
	nothing := make(chan *block)
	close(nothing)
	in := &blockReader{ctx: tb.Context(), in: nothing}
	return stream, func() error {
		for in.rest = stream; len(in.rest) > 0; {
			p.begin()
			if err := p.fill(in); err != nil {
				return err
			}
		}
		return nil
	}
}

func BenchmarkCut(b *testing.B) {
	stream, step := cutting(b)
	loop(b, stream, step)
}

// inflating sends pieces of every kind through a worker.
func inflating(tb testing.TB) (size int, step func() error) {
	tb.Helper()
	tries := new(attempts)
	p := through(tb, 0, func(ctx context.Context, p *passage) error { return inflatePieces(ctx, tries, p.in) })
	var blocks []*block
	d := mustDeflater(tb)
	for _, data := range kinds(tb) {
		b := &block{buf: make([]byte, blockSize), ready: make(chan struct{}, 1)}
		b.piece.begin()
		b.piece.src = append(b.piece.src, deflated(tb, d, data)...)
		blocks = append(blocks, b)
		size += len(data)
	}
	return size, func() error {
		for _, b := range blocks {
			p.in <- b
			<-b.ready
			if !b.piece.whole {
				return fmt.Errorf("a piece of %d bytes was not inflated alone", len(b.piece.zip()))
			}
		}
		return nil
	}
}

func BenchmarkInflatePieces(b *testing.B) {
	size, step := inflating(b)
	loop(b, make([]byte, size), step)
}

// joining has the stage that puts pieces together take one that was inflated.
func joining(tb testing.TB) func() error {
	tb.Helper()
	out := make(chan *block, 1)
	g := &gunzip{ctx: context.Background(), tries: new(attempts), out: out, limit: 1 << 62, in: inDeflate}
	b := &block{data: noise(blockSize), ready: make(chan struct{}, 1)}
	b.piece.whole = true
	return func() error {
		b.ready <- struct{}{}
		err := g.piece(b)
		<-out
		return err
	}
}

func BenchmarkJoin(b *testing.B) { loop(b, zeros[:], joining(b)) }

func BenchmarkAppendCRC(b *testing.B) {
	b.ReportAllocs()
	var sum uint32
	for b.Loop() {
		sum = appendCRC(sum, 12345, blockSize)
	}
}

func writingSparse(tb testing.TB) func() error {
	tb.Helper()
	f, err := os.Create(tb.TempDir() + "/image")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	w := &sparseWriter{f: f}
	data := append(bytes.Clone(zeros[:blockSize/2]), noise(blockSize/2)...)
	return func() error {
		w.off, w.begun = 0, 0
		_, err := w.Write(data)
		return err
	}
}

func BenchmarkWriteSparse(b *testing.B) { loop(b, zeros[:], writingSparse(b)) }

// BenchmarkCBC is the cipher alone, which nothing can be faster than.
func BenchmarkCBC(b *testing.B) {
	c, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		b.Fatal(err)
	}
	mode, data := cipher.NewCBCEncrypter(c, make([]byte, 16)), make([]byte, cbcBuffer)
	loop(b, data, func() error { mode.CryptBlocks(data, data); return nil })
}

// TestStagesAllocateNothing: when every buffer has its size, a stage allocates nothing
// for a block.
func TestStagesAllocateNothing(t *testing.T) {
	if underRace {
		t.Skip("it counts what is allocated, one step after another: nothing can race")
	}
	_, cut := cutting(t)
	_, inflate := inflating(t)
	steps := map[string]func() error{
		"digest": digestPassage(t), "encrypt": sealing(t), "decrypt": decrypting(t),
		"cut": cut, "inflate": inflate, "join": joining(t), "write": writingSparse(t),
	}
	for c, d := range compressors(t) {
		for kind, data := range kinds(t) {
			steps[fmt.Sprintf("deflate %s, %s", kind, c)] = deflating(d, data)
		}
	}
	for name, step := range steps {
		var failed error
		got := testing.AllocsPerRun(5, func() {
			if err := step(); err != nil {
				failed = err
			}
		})
		if got > 0 || failed != nil {
			t.Errorf("%s: got %v allocations for a block, %v, want none", name, got, failed)
		}
	}
}
