package bundle

import "hash/crc32"

// A CRC-32 is a polynomial over GF(2) modulo that of IEEE 802.3. The sum of two
// pieces of data, one behind the other, follows from theirs: that of the first is
// multiplied by x to the number of bits of the second, as zeros behind the first
// would, and that of the second added. So workers can sum pieces in any order. As in
// package hash/crc32 the highest bit is the constant term.

const crcOne = 1 << 31 // the polynomial 1

// appendCRC returns the sum of data with sum a and n bytes behind it with sum b.
func appendCRC(a, b uint32, n int64) uint32 { return mulCRC(a, shiftCRC(n)) ^ b }

// shiftCRC returns x to the power of 8 n.
func shiftCRC(n int64) uint32 {
	power := uint32(crcOne)
	for square := uint32(crcOne >> 8); n > 0; n >>= 1 {
		if n&1 != 0 {
			power = mulCRC(power, square)
		}
		square = mulCRC(square, square)
	}
	return power
}

// mulCRC multiplies two polynomials.
func mulCRC(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a&crcOne != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc32.IEEE
		}
	}
	return product
}
