package bundle

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"

	"emikit/bundle/inflate"
)

// A gzip stream is cut into pieces. What [Create] makes is deflate blocks that refer
// to nothing outside themselves, each block of the image ending in a sync flush: a
// piece that ends there can be inflated without those before it. Other programs
// make such streams too, but most let each block refer to what came before. So the
// workers only try: whether a piece could stand for itself shows when it has been
// inflated, and whether it began where a block of the stream does shows when those
// before it have.

// syncMarker ends a sync flush. The same bytes may turn up by chance: then neither
// piece can be inflated alone, and both are inflated one after the other.
const syncMarker = "\x00\x00\xff\xff"

const (
	// pieceSize is the longest piece in bytes: a block that was stored as it is.
	pieceSize = blockSize + 4<<10
	// headroom is how much room there is before a piece for what the one before
	// it left: at most the header of a deflate block, which describes its codes
	// in less than 300 bytes (RFC 1951, 3.2.7).
	headroom = 512
	// windowSize is how far back deflate refers, in bytes.
	windowSize = 32 << 10
)

// A piece is a part of the gzip stream in a block: the compressed bytes, and, if it
// could be inflated alone, data.
type piece struct {
	src   []byte // the compressed bytes, with headroom before them
	whole bool   // data is all that it holds, and no block goes on after it
}

// begin makes an empty piece.
func (p *piece) begin() {
	if p.src == nil {
		p.src = make([]byte, headroom, headroom+pieceSize)
	}
	p.src, p.whole = p.src[:headroom], false
}

func (p *piece) zip() []byte { return p.src[headroom:] }

// after returns the compressed bytes with rest, which the piece before left, in
// front.
func (p *piece) after(rest []byte) []byte {
	if len(rest) > headroom {
		return append(rest, p.zip()...)
	}
	from := headroom - len(rest)
	copy(p.src[from:], rest)
	return p.src[from:]
}

// cut is the stage that cuts the stream into pieces. It sends each to the workers
// and, in order, to the stage that waits for them.
func cut(ctx context.Context, in *blockReader, blocks *pool, workers, ordered chan<- *block) error {
	for {
		b, err := blocks.get(ctx)
		if err != nil {
			return err
		}
		b.piece.begin()
		if err := b.piece.fill(in); err != nil {
			return err
		}
		if len(b.piece.zip()) == 0 {
			break
		}
		workers <- b
		ordered <- b
	}
	close(workers)
	close(ordered)
	return nil
}

// fill reads up to the next boundary, or as much as there is room for.
func (p *piece) fill(in *blockReader) error {
	for {
		room := cap(p.src) - len(p.src)
		rest, err := in.peek()
		if room == 0 || len(rest) == 0 || err != nil {
			return err
		}
		n, boundary := p.untilMarker(rest[:min(room, len(rest))])
		p.src = append(p.src, rest[:n]...)
		in.discard(n)
		if boundary {
			return nil
		}
	}
}

// untilMarker returns how much of rest the piece should take, and whether it then
// ends at a boundary. If rest ends too soon after a marker to tell, the piece takes it
// up to there, and the next rest tells.
func (p *piece) untilMarker(rest []byte) (n int, boundary bool) {
	if n, found := p.splitMarker(rest); found {
		switch begins := beginsBlock(rest[n:]); {
		case begins == perhaps && n > 0:
			return n, false
		case begins != never:
			return n, true
		}
	}
	for from := 0; ; {
		i := bytes.Index(rest[from:], []byte(syncMarker))
		if i < 0 {
			return len(rest), false
		}
		from += i + len(syncMarker)
		if begins := beginsBlock(rest[from:]); begins != never {
			return from, begins == surely
		}
	}
}

// splitMarker says whether the piece so far ends in a marker, or in the first bytes of
// one whose last are the first n of rest.
func (p *piece) splitMarker(rest []byte) (n int, found bool) {
	for k := len(syncMarker); k > 0; k-- {
		if bytes.HasSuffix(p.zip(), []byte(syncMarker[:k])) && bytes.HasPrefix(rest, []byte(syncMarker[k:])) {
			return len(syncMarker) - k, true
		}
	}
	return 0, false
}

// likelihood is what the bytes behind a marker tell.
type likelihood uint8

const (
	never likelihood = iota
	perhaps
	surely // as far as the header of a block tells
)

// beginsBlock says whether a deflate block begins with rest (RFC 1951, 3.2.3 to 3.2.7).
// What is stored may hold a marker by chance. And when 65535 bytes are stored behind a
// zero byte, the header of that block looks like one: 00, then the length ff ff, and its
// complement 00 00; nor does one of a multiple of 256 bytes count, which is what runs of
// 00 00 ff ff look like.
func beginsBlock(rest []byte) likelihood {
	const (
		header   = 5 // bytes, of a stored block
		maxCodes = 29
	)
	if len(rest) < header {
		return perhaps
	}
	possible, final := false, rest[0]&1 != 0
	switch kind := rest[0] >> 1 & 3; kind {
	case 0:
		possible = rest[0] == 0 && rest[1] != 0 && rest[1] == ^rest[3] && rest[2] == ^rest[4]
	case 1:
		possible = !final || string(rest[:2]) == deflateFinal
	case 2:
		possible = rest[0]>>3 <= maxCodes && rest[1]&31 <= maxCodes
	}
	if possible {
		return surely
	}
	return never
}

// attempts says whether it is worth trying to inflate pieces alone. It may be used
// from several goroutines.
type attempts struct {
	inRow     atomic.Int64 // pieces that could not be used, one after the other
	succeeded atomic.Int64
}

func (a *attempts) succeed() {
	a.inRow.Store(0)
	a.succeeded.Add(1)
}

func (a *attempts) fail() { a.inRow.Add(1) }

// worthwhile is so until many in a row have failed, and then now and again: an image may
// hold a stretch that is full of markers.
func (a *attempts) worthwhile() bool {
	const many, again = 16, 32
	failed := a.inRow.Load()
	return failed < many || failed%again == 0
}

// inflatePieces is one of the workers that try to inflate pieces alone.
func inflatePieces(ctx context.Context, tries *attempts, in <-chan *block) error {
	var (
		decoder   = new(inflate.Decoder)
		zeroPiece []byte // one that holds a full block of zeros
	)
	return each(ctx, in, func(b *block) error {
		zip := b.piece.zip()
		switch {
		case len(zip) > 0 && bytes.Equal(zip, zeroPiece):
			b.data, b.piece.whole = zeros[:], true
		case tries.worthwhile():
			decoder.Reset()
			n, taken, err := decoder.Decode(b.buf, 0, zip)
			b.data = b.buf[:n]
			b.piece.whole = taken == len(zip) && errors.Is(err, inflate.ErrInput) && decoder.AtBoundary()
			if b.piece.whole && n == blockSize && len(zip) < blockSize/256 && allZero(b.data) {
				zeroPiece = append(zeroPiece[:0], zip...)
			}
		}
		b.ready <- struct{}{}
		return nil
	})
}
