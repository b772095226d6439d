package inflate

import "errors"

// What Decode stops for.
var (
	// ErrInput: all of src is used up and the stream goes on.
	ErrInput = errors.New("more input needed")
	// ErrOutput: dst is full and the stream goes on.
	ErrOutput = errors.New("no room for output")
	// ErrCorrupt: src is not deflate.
	ErrCorrupt = errors.New("corrupt deflate data")
)

// Kinds of corruption. All of them are ErrCorrupt.
var (
	errCode     = corrupt("not a prefix code")
	errKind     = corrupt("unknown kind of block")
	errStored   = corrupt("length of a stored block")
	errSymbol   = corrupt("code that does not exist")
	errDistance = corrupt("reference to before the beginning")
	errCounts   = corrupt("too many symbols")
	errRepeat   = corrupt("repeated code length")
)

type corruptError struct{ what string }

func corrupt(what string) error         { return &corruptError{what} }
func (e *corruptError) Error() string   { return ErrCorrupt.Error() + ": " + e.what }
func (*corruptError) Is(err error) bool { return err == ErrCorrupt }

// A Decoder decodes one stream. The zero value is at the beginning of one. It is
// for one goroutine at a time, and large: reuse it.
type Decoder struct {
	// bits holds the next n bits of the stream, the first in the lowest place.
	bits uint64
	n    uint

	in    state
	final bool // this block is the last
	left  int  // bytes of a stored block

	lit     litLenTable
	dist    distTable
	meta    [1 << codeLengthBits]entry
	lengths [maxLitLenCodes + maxDistCodes]uint8
}

// state is what comes next in the stream.
type state uint8

const (
	atBlock state = iota
	inStored
	inCodes
	atEnd
)

// Reset takes the decoder to the beginning of a stream.
func (d *Decoder) Reset() { d.bits, d.n, d.in, d.final, d.left = 0, 0, atBlock, false, 0 }

// AtEnd says whether the stream has ended.
func (d *Decoder) AtEnd() bool { return d.in == atEnd }

// AtBoundary says whether the decoder stands between two blocks and between two
// bytes of the input.
func (d *Decoder) AtBoundary() bool { return d.in == atBlock && d.n == 0 }

// Decode decodes from src into dst[pos:]. What precedes, dst[:pos], are the last
// bytes of the stream so far, at most 32 KiB of which matter. It returns where
// the output now ends and how many bytes of src it took.
//
// The error is nil at the end of the stream; ErrInput when src has come to an end:
// go on with the following bytes, before which those of src that were not taken,
// at most a block's header, must stand again; ErrOutput when dst is full; or
// ErrCorrupt.
func (d *Decoder) Decode(dst []byte, pos int, src []byte) (end, taken int, err error) {
	s := input{src: src, bits: d.bits, n: d.n}
	for err == nil && d.in != atEnd {
		switch d.in {
		case atBlock:
			err = d.begin(&s)
		case inStored:
			pos, err = d.stored(dst, pos, &s)
		case inCodes:
			pos, err = d.codes(dst, pos, &s)
		}
	}
	s.giveBack()
	d.bits, d.n = s.bits, s.n
	return pos, s.at, err
}

// begin reads the header of a block. If src ends within, nothing is taken of it.
func (d *Decoder) begin(s *input) error {
	if d.final {
		s.align()
		d.in = atEnd
		return nil
	}
	saved := *s
	err := d.header(s)
	if err == ErrInput {
		*s = saved
	}
	return err
}

// Kinds of blocks (RFC 1951, 3.2.3).
const (
	kindStored = iota
	kindFixed
	kindDynamic
)

func (d *Decoder) header(s *input) error {
	if err := s.need(3); err != nil {
		return err
	}
	final, kind := s.take(1) == 1, s.take(2)
	var err error
	switch kind {
	case kindStored:
		err = d.storedHeader(s)
	case kindFixed:
		err = d.fixed()
	case kindDynamic:
		err = d.dynamic(s)
	default:
		err = errKind
	}
	if err == nil {
		d.final = final
	}
	return err
}

func (d *Decoder) storedHeader(s *input) error {
	s.align()
	if err := s.need(32); err != nil {
		return err
	}
	n, complement := s.take(16), s.take(16)
	if n != ^complement&0xffff {
		return errStored
	}
	d.in, d.left = inStored, int(n)
	return nil
}

// stored copies what it can of a stored block.
func (d *Decoder) stored(dst []byte, pos int, s *input) (int, error) {
	s.giveBack()
	n := copy(dst[pos:], s.src[s.at:min(len(s.src), s.at+d.left)])
	pos, s.at, d.left = pos+n, s.at+n, d.left-n
	switch {
	case d.left == 0:
		d.in = atBlock
		return pos, nil
	case s.at == len(s.src):
		return pos, ErrInput
	}
	return pos, ErrOutput
}

// An input is a piece of the stream while it is decoded.
type input struct {
	src  []byte
	at   int    // next byte of src
	bits uint64 // see Decoder
	n    uint
}

// need makes sure that k bits are there, at most 56.
func (s *input) need(k uint) error {
	for s.n < k {
		if s.at == len(s.src) {
			return ErrInput
		}
		s.bits |= uint64(s.src[s.at]) << s.n
		s.at++
		s.n += 8
	}
	return nil
}

// take removes k bits that are there.
func (s *input) take(k uint) uint {
	v := uint(s.bits & (1<<k - 1))
	s.bits >>= k
	s.n -= k
	return v
}

// align removes the bits up to the next byte of the input.
func (s *input) align() { s.take(s.n % 8) }

// giveBack puts whole bytes that were read ahead back to src. Since that is done
// with every piece, all of them come from this one.
func (s *input) giveBack() {
	s.at -= int(s.n / 8)
	s.n %= 8
	s.bits &= 1<<s.n - 1
}
