package inflate

import "encoding/binary"

// The fast loop runs while an iteration can neither use up the input nor fill the
// output: it reads at most two times 8 bytes, and writes at most two literals and
// the longest match, which it may overshoot by the length of a copy. It looks the next
// code up before it copies a match, and takes a code with its extra bits at once: what
// each step waits for is the step before it.
const (
	longestMatch = 258
	copyUnit     = 16
	fastInput    = 16
	fastOutput   = 2 + longestMatch + copyUnit
)

// fast decodes as far as it can without looking for the ends of src and dst at
// every step. What it leaves, and what is wrong, is for [Decoder.one].
func (d *Decoder) fast(dst []byte, pos int, s *input) (int, error) {
	lastIn, lastOut := len(s.src)-fastInput, len(dst)-fastOutput
	src, at, bits, n := s.src, s.at, s.bits, s.n
	if at > lastIn || pos > lastOut {
		return pos, nil
	}
	bits, n, at = refill(bits, n, src, at)
	e := d.lit[bits&(1<<litLenBits-1)]
	for at <= lastIn && pos <= lastOut {
		// 56 bits at least: two literals (30) and a length (20).
		if e&flagLiteral != 0 {
			bits >>= uint(e & 31)
			n -= uint(e & 31)
			dst[pos] = byte(e >> valueShift)
			pos++
			e = d.lit[bits&(1<<litLenBits-1)]
			if e&flagLiteral != 0 {
				bits >>= uint(e & 31)
				n -= uint(e & 31)
				dst[pos] = byte(e >> valueShift)
				pos++
				e = d.lit[bits&(1<<litLenBits-1)]
			}
		}
		before, beforeN := bits, n
		if e&flagSubtable != 0 {
			bits >>= litLenBits
			n -= litLenBits
			e = d.lit[uint(e>>valueShift)+uint(bits&(1<<(e.extra()&15)-1))]
		}
		if e == 0 || e&flagEnd != 0 {
			bits, n = before, beforeN // for one to say
			break
		}
		saved := bits
		bits >>= uint(e & 31)
		n -= uint(e & 31)
		bits, n, at = refill(bits, n, src, at)
		if e&flagLiteral != 0 {
			dst[pos] = byte(e >> valueShift)
			pos++
			e = d.lit[bits&(1<<litLenBits-1)]
			continue
		}
		length := int(e>>valueShift) + int(saved&(1<<(e&31)-1)>>(e.length()&31))
		e = d.dist[bits&(1<<distBits-1)]
		if e&flagSubtable != 0 {
			bits >>= distBits
			n -= distBits
			e = d.dist[uint(e>>valueShift)+uint(bits&(1<<(e.extra()&15)-1))]
		}
		if e == 0 {
			return pos, errSymbol
		}
		saved = bits
		bits >>= uint(e & 31)
		n -= uint(e & 31)
		distance := int(e>>valueShift) + int(saved&(1<<(e&31)-1)>>(e.length()&31))
		bits, n, at = refill(bits, n, src, at)
		e = d.lit[bits&(1<<litLenBits-1)]
		if distance > pos {
			return pos, errDistance
		}
		copyMatch(dst, pos, distance, length)
		pos += length
	}
	s.at, s.bits, s.n = at, bits, n
	return pos, nil
}

// refill makes bits 56 at least, n of which were there, and returns where src goes on.
func refill(bits uint64, n uint, src []byte, at int) (uint64, uint, int) {
	return bits | binary.LittleEndian.Uint64(src[at:])<<(n&63), n | 56, at + int((63-n)>>3)
}

// copyMatch copies length bytes from distance before pos to pos. There is room for
// copyUnit more than the longest match, which it may spoil.
func copyMatch(dst []byte, pos, distance, length int) {
	to := (*[longestMatch + copyUnit]byte)(dst[pos:])
	from := (*[longestMatch + copyUnit]byte)(dst[pos-distance:])
	switch {
	case distance >= copyUnit:
		for i := 0; i < length && i < longestMatch; i += copyUnit {
			*(*[copyUnit]byte)(to[i:]) = *(*[copyUnit]byte)(from[i:])
		}
	case distance == 1:
		value := uint64(from[0]) * 0x0101010101010101
		for i := 0; i < length && i < longestMatch; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], value)
		}
	default:
		for i := 0; i < length && i < longestMatch; i++ {
			to[i] = from[i]
		}
	}
}
