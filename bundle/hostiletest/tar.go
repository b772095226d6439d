package hostiletest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// Sizes in a tar stream, in bytes, and places in a header (GNU tar manual, "Basic
// Tar Format").
const (
	tarBlock  = 512
	tarRecord = 10240

	atSize     = 124
	atChecksum = 148
	atType     = 156
	atLink     = 157
	atMagic    = 257
	atEntries  = 386
	atMore     = 482
	atRealSize = 483
)

// A member is a header and what follows it.
type member struct {
	name, link string
	kind       byte
	size       string // the field; "" is the length of data
	data       []byte
	spoil      func(header []byte) // changes what the fields above do not; nil for nothing
}

// file is the member that a bundle holds.
func file(image []byte) member { return member{name: ImageName, kind: '0', data: image} }

// bytes returns the member in GNU form, filled up to whole blocks.
func (m member) bytes() []byte {
	h := make([]byte, tarBlock)
	copy(h[:100], m.name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[atSize:], octal(int64(len(m.data)))+"00000000000\x00")
	copy(h[atSize:], m.size)
	h[atType] = m.kind
	copy(h[atLink:atMagic], m.link)
	copy(h[atMagic:], "ustar  \x00")
	if m.spoil != nil {
		m.spoil(h)
	}
	putChecksum(h)
	return fill(append(h, m.data...), tarBlock)
}

// octal returns a field of 12 bytes.
func octal(n int64) string { return fmt.Sprintf("%011o\x00", n) }

// base256 returns a field of 12 bytes with a number that octal digits cannot
// express.
func base256(n int64) string {
	field := binary.BigEndian.AppendUint64(make([]byte, 4), uint64(n))
	if n < 0 {
		copy(field, "\xff\xff\xff\xff")
	}
	field[0] |= 0x80
	return string(field)
}

func putChecksum(header []byte) {
	copy(header[atChecksum:], "        ")
	sum := 0
	for _, c := range header[:tarBlock] {
		sum += int(c)
	}
	copy(header[atChecksum:], fmt.Sprintf("%06o\x00 ", sum))
}

// fill adds zeros up to a multiple of unit.
func fill(data []byte, unit int) []byte {
	return append(data, make([]byte, (unit-len(data)%unit)%unit)...)
}

// archive returns the stream of some members, with its end.
func archive(members ...member) []byte {
	var stream []byte
	for _, m := range members {
		stream = append(stream, m.bytes()...)
	}
	return fill(append(stream, make([]byte, 2*tarBlock)...), tarRecord)
}

func goodStream(image []byte) []byte { return archive(file(image)) }

// pax returns the member that gives the next one other attributes.
func pax(records ...string) member {
	var data []byte
	for i := 0; i < len(records); i += 2 {
		data = append(data, paxRecord(records[i], records[i+1])...)
	}
	return member{name: "./PaxHeaders/" + ImageName, kind: 'x', data: data}
}

// paxRecord counts its own length, whose digits count too.
func paxRecord(key, value string) string {
	record, n := "", 0
	for n != len(record) || n == 0 {
		n = len(record)
		record = fmt.Sprintf("%d %s=%s\n", n, key, value)
	}
	return record
}

// An Extent is a run of data in a sparse member.
type Extent struct{ Offset, Size int64 }

// SparseStream returns a stream of one member of type S, as GNU tar writes it of a
// file of size bytes that holds runs of x.
func SparseStream(size int64, runs ...Extent) []byte {
	var data []byte
	for _, r := range runs {
		data = fill(append(data, bytes.Repeat([]byte("x"), int(r.Size))...), tarBlock)
	}
	return archive(sparse(size, data, runs))
}

// sparse is that member, whose map need not fit the data. Its data has already been
// filled up.
func sparse(size int64, data []byte, runs []Extent) member {
	var entries []byte
	stored := int64(0)
	for _, r := range runs {
		entries = append(entries, octal(r.Offset)+octal(r.Size)...)
		stored += r.Size
	}
	return sparseMap(size, stored, entries, data)
}

// sparseMap is a sparse member with the entries of its map as they stand.
func sparseMap(size, stored int64, entries, data []byte) member {
	inHeader := min(len(entries), atMore-atEntries)
	head, rest := entries[:inHeader], entries[inHeader:]
	var more []byte
	for blocks := range slices.Chunk(rest, 21*24) {
		block := make([]byte, tarBlock)
		copy(block, blocks)
		more = append(more, block...)
	}
	for i := tarBlock; i < len(more); i += tarBlock {
		more[i-8] = 1 // another block follows the one before
	}
	return member{name: ImageName, kind: 'S', size: octal(stored), data: append(more, data...), spoil: func(h []byte) {
		copy(h[atEntries:atMore], head)
		if len(rest) > 0 {
			h[atMore] = 1
		}
		copy(h[atRealSize:], octal(size))
	}}
}
