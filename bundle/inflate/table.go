package inflate

import "math/bits"

// Sizes of RFC 1951, 3.2.5 to 3.2.7.
const (
	maxCodeLength  = 15
	maxLitLenCodes = 286 // 286 and 287 never occur in a stream
	maxDistCodes   = 30  // nor do 30 and 31
	codeLengths    = 19  // symbols of the code in which the other two are described
	maxSymbols     = 288 // of any code
	endOfBlock     = 256
)

// An entry of a table says what comes next in the stream. From the low end:
//
//	 0–4   bits to consume: the code's, in a subtable those beyond the first ones, and
//	       the extra bits
//	 5–8   extra bits that follow the code
//	12–15  flags
//	16–31  the literal, the base of a length or distance, or where a subtable begins
//
// The zero entry is of a code that does not exist.
type entry uint32

const (
	flagLiteral  entry = 1 << 15
	flagEnd      entry = 1 << 14 // end of block
	flagSubtable entry = 1 << 13 // bits 5–8 are then the subtable's size

	extraShift = 5
	valueShift = 16
)

func (e entry) extra() uint { return uint(e>>extraShift) & 15 }

// length is that of the code without the extra bits.
func (e entry) length() uint { return uint(e&31) - e.extra() }
func (e entry) value() int   { return int(e >> valueShift) }

// The first look-up takes this many bits; codes that are longer need a second one,
// in a subtable.
const (
	litLenBits = 11
	distBits   = 9
)

// Tables with room for the subtables of any complete code: each takes no more
// entries than codes longer than the first look-up can fill, rounded up to
// powers of two (computed by zlib's enough.c for these sizes: 2342 and 594).
type (
	litLenTable [1 << litLenBits * 2]entry
	distTable   [1 << distBits * 2]entry
)

// lengthBase and lengthExtra describe symbols 257 to 285, distBase and distExtra
// the distances (RFC 1951, 3.2.5).
var (
	lengthBase = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
		257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6,
		7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// litLenEntry is what symbol means in the code of literals and lengths, without the
// code's own length.
func litLenEntry(symbol int) entry {
	switch {
	case symbol < endOfBlock:
		return flagLiteral | entry(symbol)<<valueShift
	case symbol == endOfBlock:
		return flagEnd
	}
	i := symbol - endOfBlock - 1
	if i >= len(lengthBase) {
		return 0
	}
	return entry(lengthExtra[i])<<extraShift | entry(lengthBase[i])<<valueShift
}

func distEntry(symbol int) entry {
	if symbol >= len(distBase) {
		return 0
	}
	return entry(distExtra[symbol])<<extraShift | entry(distBase[symbol])<<valueShift
}

func codeLengthEntry(symbol int) entry { return flagLiteral | entry(symbol)<<valueShift }

// build fills table for the prefix code in which symbol i has lengths[i] bits, 0 if
// it has no code, and mean tells what it means. first is the number of bits of the
// first look-up. A code that leaves room is refused, as zlib does, unless it is a
// single one of one bit, or there is none at all.
func build(table []entry, first uint, lengths []uint8, mean func(symbol int) entry) error {
	var count [maxCodeLength + 1]int
	for _, n := range lengths {
		count[n]++
	}
	symbols, err := inOrder(&count, lengths)
	if err != nil {
		return err
	}
	clear(table)
	end, code := 1<<first, uint(0) // what is used of table; the next code
	for i, symbol := range symbols[:len(lengths)-count[0]] {
		n := uint(lengths[symbol])
		if i > 0 {
			code = (code + 1) << (n - uint(lengths[symbols[i-1]]))
		}
		reversed := uint(bits.Reverse16(uint16(code))) >> (16 - n)
		e := mean(int(symbol))
		if n <= first {
			fill(table[:1<<first], reversed, n, e)
		} else {
			root := &table[reversed&(1<<first-1)]
			if *root == 0 {
				size := subtableBits(&count, n, first)
				*root = flagSubtable | entry(first) | entry(size)<<extraShift | entry(end)<<valueShift
				end += 1 << size
			}
			fill(table[root.value():][:1<<root.extra()], reversed>>first, n-first, e)
		}
		count[n]--
	}
	return nil
}

// inOrder returns the symbols in the order of their codes, those without any last,
// and checks that the lengths make a code.
func inOrder(count *[maxCodeLength + 1]int, lengths []uint8) (symbols [maxSymbols]uint16, err error) {
	var at [maxCodeLength + 1]int
	room, used, last := 1, 0, 0
	for n := 1; n <= maxCodeLength; n++ {
		at[n] = used
		used += count[n]
		if room = room<<1 - count[n]; room < 0 {
			return symbols, errCode
		}
		if count[n] > 0 {
			last = n
		}
	}
	if room > 0 && last > 1 {
		return symbols, errCode
	}
	for symbol, n := range lengths {
		if n > 0 {
			symbols[at[n]] = uint16(symbol)
			at[n]++
		}
	}
	return symbols, nil
}

// subtableBits returns the size of a subtable that begins with a code of n bits:
// as many bits as the longest code in it has beyond the first ones. count holds the
// codes that have not been placed.
func subtableBits(count *[maxCodeLength + 1]int, n, first uint) uint {
	size := n - first
	for room := 1 << size; size+first < maxCodeLength; room <<= 1 {
		if room -= count[size+first]; room <= 0 {
			break
		}
		size++
	}
	return size
}

// fill sets every entry of table whose index ends in the n bits of code.
func fill(table []entry, code, n uint, e entry) {
	if e == 0 {
		return // a symbol that never occurs
	}
	for i := code; i < uint(len(table)); i += 1 << n {
		table[i] = e | entry(n+e.extra())
	}
}
