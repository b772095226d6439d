package volume

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"slices"
)

// A Loader is the part of GRUB 2 for BIOS machines that lies outside of filesystems: a
// beginning in the first sector of a disk, and a core in the sectors after it or, with
// a GPT, in a partition for it. It looks for the rest in the first partition, by that
// number or by the filesystem's UUID; a copy of both finds a copy of the volume.
type Loader struct {
	// Disk is where it was found.
	Disk string

	kind  Partition
	first []byte // the code in the first sector
	core  []byte
}

// Where GRUB 2 keeps what it must know of its own place, and how much code the first
// sector has room for (boot.S and diskboot.S).
const (
	loaderCode   = 440  // bytes
	loaderCore   = 0x5c // in the first sector: the sector where the core begins
	loaderRest   = 500  // in the core's first sector: where it goes on, how many sectors
	loaderBefore = 488  // and the piece after that, of which there must be none
)

// Loader finds the boot loader of the disk that the volume is on, if a copy can boot
// an image with the same kind of table; nil otherwise.
func (v *Volume) Loader(p Partition) *Loader {
	disk, number := v.disk()
	if number != 1 { // which the image's filesystem is in
		return nil
	}
	f, err := os.Open(disk)
	if err != nil {
		return nil
	}
	defer f.Close() // it was only read
	l := loaderIn(f, p)
	if l != nil {
		l.Disk = disk
	}
	return l
}

// loaderIn finds a loader on a disk; nil if there is none, or another.
func loaderIn(disk io.ReaderAt, p Partition) *Loader {
	head := make([]byte, 2*sectorSize)
	if _, err := disk.ReadAt(head, 0); err != nil || tableIn(head) != p {
		return nil
	}
	at, ok := int64(1), true
	if p == PartitionGPT {
		at, ok = bootPartition(disk, head[sectorSize:])
	}
	l := &Loader{kind: p, first: slices.Clone(head[:loaderCode])}
	if !ok || !bytes.Contains(l.first, []byte("GRUB")) || binary.LittleEndian.Uint64(l.first[loaderCore:]) != uint64(at) {
		return nil
	}
	sector := make([]byte, sectorSize)
	if _, err := disk.ReadAt(sector, at*sectorSize); err != nil || binary.LittleEndian.Uint64(sector[loaderRest:]) != uint64(at)+1 ||
		binary.LittleEndian.Uint16(sector[loaderBefore+8:]) != 0 {
		return nil
	}
	sectors := 1 + int(binary.LittleEndian.Uint16(sector[loaderRest+8:]))
	if sectors > alignment/sectorSize-1 {
		return nil // there is no room for it
	}
	l.core = make([]byte, sectors*sectorSize)
	if _, err := disk.ReadAt(l.core, at*sectorSize); err != nil {
		return nil
	}
	return l
}

// bootPartition is where the partition for the loader begins, by the table whose header
// is given.
func bootPartition(disk io.ReaderAt, header []byte) (sector int64, ok bool) {
	le := binary.LittleEndian
	count, size := int64(le.Uint32(header[80:])), int64(le.Uint32(header[84:]))
	if count > 1024 || size < gptEntry || size > sectorSize {
		return 0, false
	}
	entries := make([]byte, count*size)
	if _, err := disk.ReadAt(entries, int64(le.Uint64(header[72:])&(1<<40-1))*sectorSize); err != nil {
		return 0, false
	}
	for ; len(entries) > 0; entries = entries[size:] {
		if bytes.HasPrefix(entries, []byte(biosBoot)) {
			return int64(le.Uint64(entries[32:]) & (1<<40 - 1)), true
		}
	}
	return 0, false
}

// put puts the loader into the beginning of a disk, before the filesystem, and returns
// that. Its place may be another than it was.
func (l *Loader) put(head []byte) []byte {
	at := int64(1)
	if l.kind == PartitionGPT {
		at = alignment / sectorSize
	}
	core := slices.Clone(l.core)
	end := at*sectorSize + int64(len(core))
	head = append(head, make([]byte, max(end-int64(len(head)), 0))...)
	copy(head, l.first)
	binary.LittleEndian.PutUint64(head[loaderCore:], uint64(at))
	binary.LittleEndian.PutUint64(core[loaderRest:], uint64(at)+1)
	copy(head[at*sectorSize:], core)
	return head
}
