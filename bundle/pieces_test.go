package bundle

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"
)

// gunzipped sends a stream through the stages that decompress, in blocks of the
// lengths that a reader returns. tried is how many pieces were inflated alone.
func gunzipped(ctx context.Context, stream io.Reader, limit int64) (data []byte, alone int64, err error) {
	group, ctx := errgroup.WithContext(ctx)
	sealed, pieces, plain := newPool(4, blockSize), newPool(6, blockSize), newPool(3, windowSize+blockSize)
	opened, tried, zipped, inflated := queue(sealed), queue(pieces), queue(pieces), queue(pieces, plain)
	tries := new(attempts)
	group.Go(func() error {
		for {
			b, err := sealed.get(ctx)
			if err != nil {
				return err
			}
			n, err := stream.Read(b.buf)
			b.data = b.buf[:n]
			b.ready <- struct{}{}
			opened <- b
			if errors.Is(err, io.EOF) {
				close(opened)
				return nil
			}
		}
	})
	group.Go(func() error {
		return cut(ctx, &blockReader{ctx: ctx, in: opened, wait: true}, pieces, tried, zipped)
	})
	for range 2 {
		group.Go(func() error { return inflatePieces(ctx, tries, tried) })
	}
	group.Go(func() error { return inflateAll(ctx, tries, limit, zipped, plain, inflated) })
	var all bytes.Buffer
	group.Go(func() error {
		_, err := io.Copy(&all, &blockReader{ctx: ctx, in: inflated})
		return err
	})
	err = group.Wait()
	return all.Bytes(), tries.succeeded.Load(), err
}

// A member is one gzip member in the making, of deflate blocks made by hand.
type member struct {
	zip  bytes.Buffer
	data []byte
}

// deflate adds data as a block of Create would be, or, with flush false, without
// the flush at its end.
func (m *member) deflate(tb testing.TB, w *flate.Writer, data []byte) {
	tb.Helper()
	var zip bytes.Buffer
	if err := compress(w, &zip, data); err != nil {
		tb.Fatal(err)
	}
	m.zip.Write(zip.Bytes())
	m.data = append(m.data, data...)
}

func (m *member) store(data []byte) {
	var zip bytes.Buffer
	store(&zip, data)
	m.zip.Write(zip.Bytes())
	m.data = append(m.data, data...)
}

func (m *member) bytes() []byte {
	sum := gzipSum{crc32.ChecksumIEEE(m.data), int64(len(m.data))}
	return append(append([]byte(gzipHeader), m.zip.Bytes()...), sum.trailer()...)
}

func noise(n int) []byte {
	random := rand.New(rand.NewPCG(5, uint64(n)))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

func lines(n int) []byte {
	var text bytes.Buffer
	for i := 0; text.Len() < n; i++ {
		fmt.Fprintf(&text, "%d bottles, %x\n", i, i*i)
	}
	return text.Bytes()[:n]
}

// TestPieces inflates streams of every kind of maker.
func TestPieces(t *testing.T) {
	w, err := flate.NewWriter(nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	text, random := lines(3*blockSize), noise(2*blockSize)
	marked := bytes.Clone(random[:blockSize])
	for i := 1000; i < len(marked); i += 50000 {
		copy(marked[i:], syncMarker)
	}
	zeroEnds := bytes.Clone(random[:blockSize])
	for i := 65534; i < len(zeroEnds); i += 65535 {
		zeroEnds[i] = 0
	}
	table := bytes.Clone(random[:blockSize])
	copy(table[5000:], bytes.Repeat([]byte(syncMarker), 1000))
	own := func(blocks ...[]byte) (stream, want []byte) {
		var m member
		m.deflate(t, w, make([]byte, 512))
		for _, b := range blocks {
			if random, _ := mustDeflater(t).looksRandom(b); random {
				m.store(b)
			} else {
				m.deflate(t, w, b)
			}
		}
		return m.bytes(), m.data
	}
	foreign := func(level, flush int, parts ...[]byte) (stream, want []byte) {
		var zip bytes.Buffer
		w, err := gzip.NewWriterLevel(&zip, level)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range parts {
			if underRace {
				data = data[:min(len(data), blockSize/4)]
			}
			for from := 0; from < len(data); from += flush {
				w.Write(data[from:min(len(data), from+flush)])
				w.Flush()
			}
			want = append(want, data...)
		}
		w.Close()
		return zip.Bytes(), want
	}
	both := func(a, wantA, b, wantB []byte) (stream, want []byte) {
		return append(bytes.Clone(a), b...), append(bytes.Clone(wantA), wantB...)
	}
	zero := zeros[:]
	cases := []struct {
		name  string
		alone int64 // pieces that must have been inflated alone, at least
		make  func() (stream, want []byte)
	}{
		{"our blocks", 5, func() ([]byte, []byte) {
			return own(text[:blockSize], zero, random[:blockSize], zero, zero, text[blockSize:2*blockSize], text[:77])
		}},
		{"a table of markers in stored data", 4, func() ([]byte, []byte) { return own(zero, table, zero, zeroEnds, zero) }},
		{"markers in stored data", 1, func() ([]byte, []byte) { return own(zero, marked, zero, text[:blockSize]) }},
		{"zero bytes before stored blocks", 4, func() ([]byte, []byte) { return own(zeroEnds, zeroEnds, zero, zeroEnds) }},
		{"one stream", 0, func() ([]byte, []byte) { return foreign(6, 10*blockSize, text, zero, random) }},
		{"flushed, not independent", 0, func() ([]byte, []byte) { return foreign(6, 100<<10, text, random, text, zero) }},
		{"flushed often", 0, func() ([]byte, []byte) { return foreign(1, 300, text[:200<<10]) }},
		{"stored by others", 0, func() ([]byte, []byte) { return foreign(0, 1<<20, random, marked) }},
		{"members", 2, func() ([]byte, []byte) {
			a, wantA := own(text[:blockSize], zero, zero)
			b, wantB := foreign(9, 1<<20, text)
			a, wantA = both(a, wantA, b, wantB)
			return both(a, wantA, a, wantA)
		}},
		{"nothing", 0, func() ([]byte, []byte) { return foreign(6, 1) }},
	}
	for _, tc := range cases {
		stream, want := tc.make()
		for how, reader := range map[string]io.Reader{
			"large reads": bytes.NewReader(stream),
			"halves":      iotest.HalfReader(bytes.NewReader(stream)),
			"odd lengths": &oddReader{bytes.NewReader(stream), 1},
		} {
			if underRace && how != "odd lengths" {
				continue
			}
			got, alone, err := gunzipped(t.Context(), reader, 1<<30)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %s: got %d of %d bytes, equal up to %d, %v", tc.name, how, len(got), len(want), same(got, want), err)
			}
			if how != "odd lengths" && alone < tc.alone { // so short that more markers than that mislead
				t.Errorf("%s, %s: got %d pieces inflated alone, want %d at least", tc.name, how, alone, tc.alone)
			}
		}
	}
}

func mustDeflater(tb testing.TB) *deflater {
	tb.Helper()
	d, err := newDeflater(CompressionDefault)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func same(a, b []byte) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// An oddReader returns 1, 5, 9, … bytes at a time.
type oddReader struct {
	r io.Reader
	n int
}

func (o *oddReader) Read(p []byte) (int, error) {
	n := min(o.n%5001, len(p))
	o.n += 4
	return o.r.Read(p[:n])
}

// TestBadStreams has each stream fail in the stage that inflates.
func TestBadStreams(t *testing.T) {
	var good bytes.Buffer
	w := gzip.NewWriter(&good)
	w.Write(lines(100000))
	w.Close()
	changed := func(at int) []byte {
		b := bytes.Clone(good.Bytes())
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 0x10
		return b
	}
	cases := map[string]struct {
		stream []byte
		limit  int64
		want   error
	}{
		"empty":             {nil, 1 << 20, io.ErrUnexpectedEOF},
		"half a header":     {good.Bytes()[:7], 1 << 20, io.ErrUnexpectedEOF},
		"half a stream":     {good.Bytes()[:good.Len()/2], 1 << 20, io.ErrUnexpectedEOF},
		"half a trailer":    {good.Bytes()[:good.Len()-3], 1 << 20, io.ErrUnexpectedEOF},
		"other magic":       {changed(1), 1 << 20, errGzipHeader},
		"reserved flag":     {append([]byte("\x1f\x8b\x08\xe0"), good.Bytes()[4:]...), 1 << 20, errGzipHeader},
		"other sum":         {changed(-6), 1 << 20, errGzipSum},
		"other length":      {changed(-2), 1 << 20, errGzipSum},
		"data behind":       {append(bytes.Clone(good.Bytes()), "more than enough"...), 1 << 20, errGzipHeader},
		"more than allowed": {good.Bytes(), 99999, ErrUnbundledSize},
		"endless name":      {append([]byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03"), bytes.Repeat([]byte("n"), 1<<20)...), 1 << 20, errGzipHeader},
	}
	for name, tc := range cases {
		_, _, err := gunzipped(t.Context(), bytes.NewReader(tc.stream), tc.limit)
		if !errors.Is(err, tc.want) || !errors.Is(err, ErrKeyDependent) {
			t.Errorf("%s: got %v, want %v, as an error that depends on the key", name, err, tc.want)
		}
	}
}

// TestGzipHeaders reads all that a header may hold.
func TestGzipHeaders(t *testing.T) {
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	w.Extra, w.Name, w.Comment = bytes.Repeat([]byte("x"), 60000), "a name", "a comment"
	w.Write(lines(1000))
	w.Close()
	got, _, err := gunzipped(t.Context(), &oddReader{&zip, 1}, 1<<20)
	if err != nil || !bytes.Equal(got, lines(1000)) {
		t.Errorf("got %d bytes, %v, want 1000", len(got), err)
	}
}
