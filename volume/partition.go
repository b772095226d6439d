package volume

import (
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"
)

// Partition is a kind of partition table.
type Partition string

// The kinds. A disk without one is the filesystem and nothing else, which is what
// clouds that bring their own kernel want.
const (
	PartitionNone Partition = "none"
	PartitionMBR  Partition = "mbr"
	PartitionGPT  Partition = "gpt"
)

// Partitions returns all of them.
func Partitions() []Partition { return []Partition{PartitionNone, PartitionMBR, PartitionGPT} }

const (
	sectorSize  = 512 // bytes
	gptEntries  = 128
	gptEntry    = 128     // bytes
	gptReserved = 1 << 20 // bytes at the end of a disk, for the copy of the table
	alignment   = 1 << 20 // bytes at which a partition begins
)

// biosBoot is the type of the partition for a boot loader, in the bytes of the disk.
const biosBoot = "Hah!IdontNeedEFI"

// room is what a table takes of a disk, in bytes: before the filesystem and after it.
// With gpt, a partition for the boot loader lies before, as euca2ools makes it.
func (p Partition) room() (before, after int64) {
	switch p {
	case PartitionMBR:
		return alignment, 0
	case PartitionGPT:
		return 2 * alignment, gptReserved
	}
	return 0, 0
}

// table returns what is to be at the beginning and at the end of a disk of size bytes.
func (p Partition) table(size int64, id [16]byte) (head, tail []byte) {
	before, after := p.room()
	switch p {
	case PartitionMBR:
		return mbr(0x83, before/sectorSize, (size-before)/sectorSize, id), nil
	case PartitionGPT:
		return gpt(before/sectorSize, (size-after)/sectorSize-1, size/sectorSize, id)
	}
	return nil, nil
}

// mbr makes the first sector of a disk with one partition.
func mbr(kind byte, start, sectors int64, id [16]byte) []byte {
	const signature, entry = 440, 446
	b := make([]byte, sectorSize)
	copy(b[signature:], id[:4])
	e := b[entry:]
	if kind != 0xee {
		e[0] = 0x80 // to boot from
	}
	e[4] = kind
	copy(e[1:4], "\xfe\xff\xff") // cylinders, heads and sectors: look at the numbers below
	copy(e[5:8], "\xfe\xff\xff")
	binary.LittleEndian.PutUint32(e[8:], uint32(start))
	binary.LittleEndian.PutUint32(e[12:], uint32(min(sectors, 1<<32-1)))
	b[510], b[511] = 0x55, 0xaa
	return b
}

// gpt makes the table of the UEFI specification, section 5.3, and its copy. The
// filesystem is in the sectors from first to last.
func gpt(first, last, sectors int64, id [16]byte) (head, tail []byte) {
	entries := make([]byte, gptEntries*gptEntry)
	linux := [16]byte{0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}
	putGPTEntry(entries, linux, derived(id, 1), first, last, "Image")
	const boot = alignment / sectorSize
	putGPTEntry(entries[(gptEntries-1)*gptEntry:], [16]byte([]byte(biosBoot)), derived(id, 2), boot, 2*boot-1, "BIOS Boot")
	table := int64(len(entries) / sectorSize)
	head = mbr(0xee, 1, sectors-1, [16]byte{})
	head = append(head, gptHeader(entries, 1, sectors-1, 2, sectors, id)...)
	head = append(head, entries...)
	tail = append(entries, gptHeader(entries, sectors-1, 1, sectors-1-table, sectors, id)...)
	return head, tail
}

func putGPTEntry(b []byte, kind, id [16]byte, first, last int64, name string) {
	copy(b, kind[:])
	copy(b[16:], id[:])
	binary.LittleEndian.PutUint64(b[32:], uint64(first))
	binary.LittleEndian.PutUint64(b[40:], uint64(last))
	for i, c := range utf16.Encode([]rune(name)) {
		binary.LittleEndian.PutUint16(b[56+2*i:], c)
	}
}

// gptHeader makes the header in sector self, whose copy is in the sector other, of the
// table that begins in the sector at.
func gptHeader(entries []byte, self, other, at, sectors int64, id [16]byte) []byte {
	const size = 92
	le := binary.LittleEndian
	b := make([]byte, sectorSize)
	copy(b, "EFI PART\x00\x00\x01\x00")
	le.PutUint32(b[12:], size)
	le.PutUint64(b[24:], uint64(self))
	le.PutUint64(b[32:], uint64(other))
	table := int64(len(entries) / sectorSize)
	le.PutUint64(b[40:], uint64(2+table))
	le.PutUint64(b[48:], uint64(sectors-2-table))
	copy(b[56:], id[:])
	le.PutUint64(b[72:], uint64(at))
	le.PutUint32(b[80:], gptEntries)
	le.PutUint32(b[84:], gptEntry)
	le.PutUint32(b[88:], crc32.ChecksumIEEE(entries))
	le.PutUint32(b[16:], crc32.ChecksumIEEE(b[:size]))
	return b
}

// derived makes another id of one.
func derived(id [16]byte, n byte) [16]byte {
	id[15] ^= n
	return id
}
