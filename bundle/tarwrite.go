package bundle

import (
	"encoding/binary"
	"fmt"
)

// Sizes in a tar stream, in bytes. A record is what tar writes at once; a stream
// is filled up with zeros to whole records, as euca2ools and GNU tar do it.
const (
	tarBlock  = 512
	tarRecord = 10240
	tarName   = 100 // longest name that fits into a header
)

// tarHeader returns the one header that bundles are written with, byte for byte
// what euca2ools 3.4.1 (Python's tarfile, GNU format) writes: mode 0644, owner and
// times zero, no user names. It depends on nothing but name and size, so the same
// image always gives the same digest.
func tarHeader(name string, size int64) []byte {
	if len(name) <= tarName {
		return tarHeaderBlock(name, '0', 0o644, size)
	}
	long := append([]byte(name), 0)
	header := tarHeaderBlock("././@LongLink", 'L', 0, int64(len(long)))
	header = append(header, long...)
	header = append(header, make([]byte, padding(int64(len(long)), tarBlock))...)
	return append(header, tarHeaderBlock(name[:tarName], '0', 0o644, size)...)
}

// tarHeaderBlock returns one 512-byte header in GNU format (GNU tar manual, "Basic
// Tar Format").
func tarHeaderBlock(name string, typeflag byte, mode, size int64) []byte {
	h := make([]byte, tarBlock)
	copy(h, name)
	copy(h[100:], fmt.Sprintf("%07o\x00%07o\x00%07o\x00", mode, 0, 0)) // mode, uid, gid
	copy(h[124:136], tarNumber(size))
	copy(h[136:], "00000000000\x00") // mtime
	h[156] = typeflag
	copy(h[257:], "ustar  \x00")
	copy(h[329:], "0000000\x000000000\x00") // device numbers

	copy(h[148:], "        ") // the checksum is taken with spaces in its place
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// tarNumber returns a 12-byte numeric field: octal digits, or from 8 GiB on, which
// they cannot express, big-endian base 256 marked by a leading 0x80.
func tarNumber(n int64) []byte {
	if n < 1<<33 {
		return fmt.Appendf(nil, "%011o\x00", n)
	}
	field := make([]byte, 12)
	field[0] = 0x80
	binary.BigEndian.PutUint64(field[4:], uint64(n))
	return field
}

// tarTrailer returns what follows an image of size bytes: zeros to the end of its
// last block, two blocks of zeros, and zeros to the end of the record.
func tarTrailer(header int, size int64) []byte {
	n := padding(size, tarBlock) + 2*tarBlock
	n += padding(int64(header)+size+n, tarRecord)
	return zeros[:n]
}

// padding returns how far n is from the next multiple of unit.
func padding(n, unit int64) int64 { return (unit - n%unit) % unit }
