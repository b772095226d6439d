package inflate

import "encoding/binary"

// The fast loop runs while an iteration can neither use up the input nor fill the
// output: it reads at most two times 8 bytes, and writes at most two literals and
// the longest match, which it may overshoot by the length of a copy.
const (
	longestMatch = 258
	copyUnit     = 8
	fastInput    = 16
	fastOutput   = 2 + longestMatch + copyUnit
)

// fast decodes as far as it can without looking for the ends of src and dst at
// every step. What it leaves, and what is wrong, is for [Decoder.one].
func (d *Decoder) fast(dst []byte, pos int, s *input) (int, error) {
	lastIn, lastOut := len(s.src)-fastInput, len(dst)-fastOutput
	src, at, bits, n := s.src, s.at, s.bits, s.n
	for at <= lastIn && pos <= lastOut {
		// 56 bits at least: two literals (30) and the code of a length.
		bits |= binary.LittleEndian.Uint64(src[at:]) << (n & 63)
		at += int((63 - n) >> 3)
		n |= 56

		e := d.lit[bits&(1<<litLenBits-1)]
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
		bits >>= uint(e & 31)
		n -= uint(e & 31)
		if e&flagLiteral != 0 {
			dst[pos] = byte(e >> valueShift)
			pos++
			continue
		}
		if e == 0 || e&flagEnd != 0 {
			bits, n = before, beforeN // for one to say
			break
		}
		length := int(e>>valueShift) + int(bits&(1<<(e.extra()&15)-1))
		bits >>= e.extra() & 15
		n -= e.extra()

		bits |= binary.LittleEndian.Uint64(src[at:]) << (n & 63)
		at += int((63 - n) >> 3)
		n |= 56
		e = d.dist[bits&(1<<distBits-1)]
		if e&flagSubtable != 0 {
			bits >>= distBits
			n -= distBits
			e = d.dist[uint(e>>valueShift)+uint(bits&(1<<(e.extra()&15)-1))]
		}
		if e == 0 {
			return pos, errSymbol
		}
		bits >>= uint(e & 31)
		n -= uint(e & 31)
		distance := int(e>>valueShift) + int(bits&(1<<(e.extra()&15)-1))
		bits >>= e.extra() & 15
		n -= e.extra()
		if distance > pos {
			return pos, errDistance
		}
		copyMatch(dst, pos, distance, length)
		pos += length
	}
	s.at, s.bits, s.n = at, bits, n
	return pos, nil
}

// copyMatch copies length bytes from distance before pos to pos. There is room for
// copyUnit more than the longest match, which it may spoil.
func copyMatch(dst []byte, pos, distance, length int) {
	to := (*[longestMatch + copyUnit]byte)(dst[pos:])
	switch {
	case distance >= copyUnit:
		from := (*[longestMatch + copyUnit]byte)(dst[pos-distance:])
		for i := 0; i < length && i < longestMatch; i += copyUnit {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
	case distance == 1:
		value := uint64(dst[pos-1]) * 0x0101010101010101
		for i := 0; i < length && i < longestMatch; i += copyUnit {
			binary.LittleEndian.PutUint64(to[i:], value)
		}
	default:
		from := (*[longestMatch + copyUnit]byte)(dst[pos-distance:])
		for i := 0; i < length && i < longestMatch; i++ {
			to[i] = from[i]
		}
	}
}
