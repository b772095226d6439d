package probe

import (
	"fmt"
	"math/bits"
	"strings"
)

// filesystem recognises the filesystems, and swap space, that images hold.
func filesystem(w window) (Report, bool) {
	for _, try := range []func(window) (Report, bool){
		ext, xfs, btrfs, squashfs, iso9660, ntfs, fat, swap,
	} {
		if report, ok := try(w); ok {
			report.Kind = Filesystem
			return report, true
		}
	}
	return Report{}, false
}

// ext reads the superblock of ext2, ext3 and ext4: the Linux kernel's
// Documentation/filesystems/ext4/super.rst. The three share one format; which
// it is follows from the features in use.
func ext(w window) (Report, bool) {
	sb := w.at(1024, 1024)
	if sb == nil || le.Uint16(sb[56:]) != 0xef53 || le.Uint32(sb[24:]) > 6 {
		return Report{}, false
	}
	const incompat64Bit = 0x80
	blocks := uint64(le.Uint32(sb[4:]))
	if le.Uint32(sb[96:])&incompat64Bit != 0 {
		blocks |= uint64(le.Uint32(sb[336:])) << 32
	}
	return Report{
		Filesystem:     extVersion(le.Uint32(sb[92:]), le.Uint32(sb[96:]), le.Uint32(sb[100:])),
		Label:          clean(sb[120:136]),
		UUID:           uuid(sb[104:120]),
		FilesystemSize: product(blocks, 1024<<le.Uint32(sb[24:])),
	}, true
}

// extVersion names the oldest of the three drivers that can mount a filesystem
// with these features for writing.
func extVersion(compat, incompat, roCompat uint32) string {
	const (
		compatJournal  = 0x4
		incompatDevice = 0x8              // a journal by itself
		incompatOfExt3 = 0x2 | 0x4 | 0x10 // filetype, recover, meta_bg
		roCompatOfExt3 = 0x1 | 0x2 | 0x4  // sparse_super, large_file, btree_dir
	)
	switch {
	case incompat&incompatDevice != 0:
		return "ext journal"
	case incompat&^incompatOfExt3 != 0 || roCompat&^roCompatOfExt3 != 0:
		return "ext4"
	case compat&compatJournal != 0:
		return "ext3"
	}
	return "ext2"
}

// xfs reads a superblock as XFS Algorithms and Data Structures describes it.
func xfs(w window) (Report, bool) {
	sb := w.at(0, 512)
	if sb == nil || string(sb[:4]) != "XFSB" {
		return Report{}, false
	}
	return Report{
		Filesystem:     "xfs",
		Label:          clean(sb[108:120]),
		UUID:           uuid(sb[32:48]),
		FilesystemSize: product(be.Uint64(sb[8:]), uint64(be.Uint32(sb[4:]))),
	}, true
}

// btrfs reads the first copy of the superblock.
func btrfs(w window) (Report, bool) {
	sb := w.at(64<<10, 1024)
	if sb == nil || string(sb[0x40:0x48]) != "_BHRfS_M" {
		return Report{}, false
	}
	return Report{
		Filesystem:     "btrfs",
		Label:          clean(sb[0x12b : 0x12b+256]),
		UUID:           uuid(sb[0x20:0x30]),
		FilesystemSize: product(le.Uint64(sb[0x70:]), 1),
	}, true
}

// squashfs reads the superblock of version 4, which is little-endian.
func squashfs(w window) (Report, bool) {
	sb := w.at(0, 96)
	if sb == nil || string(sb[:4]) != "hsqs" {
		return Report{}, false
	}
	return Report{Filesystem: "squashfs", FilesystemSize: product(le.Uint64(sb[40:]), 1)}, true
}

// iso9660 reads the primary volume descriptor, which follows 16 sectors (ECMA-119,
// section 8.4).
func iso9660(w window) (Report, bool) {
	d := w.at(16*2048, 2048)
	if d == nil || d[0] != 1 || string(d[1:6]) != "CD001" {
		return Report{}, false
	}
	return Report{
		Filesystem:     "iso9660",
		Label:          clean(d[40:72]),
		FilesystemSize: product(uint64(le.Uint32(d[80:])), uint64(le.Uint16(d[128:]))),
	}, true
}

// ntfs reads the boot sector. The label lies elsewhere, and is not looked for.
func ntfs(w window) (Report, bool) {
	b := w.at(0, 512)
	if b == nil || string(b[3:11]) != "NTFS    " {
		return Report{}, false
	}
	return Report{
		Filesystem:     "ntfs",
		UUID:           fmt.Sprintf("%016X", le.Uint64(b[72:])),
		FilesystemSize: product(le.Uint64(b[40:]), uint64(le.Uint16(b[11:]))),
	}, true
}

// fat reads the boot sector of FAT12, FAT16 and FAT32. Nothing in it says what
// it is, so that all its fields must make sense; the number of clusters alone
// decides which of the three it is (Microsoft's FAT specification, 1.03).
func fat(w window) (Report, bool) {
	b := w.at(0, 512)
	if b == nil || !plausibleFAT(b) {
		return Report{}, false
	}
	sectorSize := uint64(le.Uint16(b[11:]))
	sectors := uint64(le.Uint16(b[19:]))
	if sectors == 0 {
		sectors = uint64(le.Uint32(b[32:]))
	}
	table := uint64(le.Uint16(b[22:]))
	extra := b[36:] // where FAT12 and FAT16 keep their label
	if table == 0 {
		table = uint64(le.Uint32(b[36:]))
		extra = b[64:]
	}
	roots := (uint64(le.Uint16(b[17:]))*32 + sectorSize - 1) / sectorSize
	meta := uint64(le.Uint16(b[14:])) + uint64(b[16])*table + roots
	if table == 0 || sectors <= meta {
		return Report{}, false
	}
	report := Report{
		Filesystem:     fatVersion((sectors - meta) / uint64(b[13])),
		FilesystemSize: product(sectors, sectorSize),
	}
	if extra[2] == 0x29 { // serial number and label are there
		report.UUID = fmt.Sprintf("%04X-%04X", le.Uint16(extra[5:]), le.Uint16(extra[3:]))
		report.Label = strings.TrimSuffix(clean(extra[7:18]), "NO NAME")
	}
	return report, true
}

// plausibleFAT checks the fields that can hold few values.
func plausibleFAT(b []byte) bool {
	jump := b[0] == 0xeb && b[2] == 0x90 || b[0] == 0xe9
	sectorSize := le.Uint16(b[11:])
	media := b[21]
	return jump && le.Uint16(b[510:]) == 0xaa55 &&
		sectorSize >= 512 && sectorSize <= 4096 && bits.OnesCount16(sectorSize) == 1 &&
		bits.OnesCount8(b[13]) == 1 && // sectors in a cluster
		le.Uint16(b[14:]) != 0 && // reserved sectors, this one among them
		(b[16] == 1 || b[16] == 2) && // tables
		(media == 0xf0 || media >= 0xf8)
}

func fatVersion(clusters uint64) string {
	switch {
	case clusters < 4085:
		return "FAT12"
	case clusters < 65525:
		return "FAT16"
	}
	return "FAT32"
}

// swap recognises Linux swap space made with pages of 4 KiB.
func swap(w window) (Report, bool) {
	if !w.has(4086, "SWAPSPACE2") {
		return Report{}, false
	}
	b := w.at(1024, 44)
	return Report{
		Filesystem:     "swap",
		Label:          clean(b[28:44]),
		UUID:           uuid(b[12:28]),
		FilesystemSize: product(uint64(le.Uint32(b[4:]))+1, 4096),
	}, true
}

// uuid writes 16 bytes in the usual form, and nothing for zeros.
func uuid(b []byte) string {
	if [16]byte(b) == [16]byte{} {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// product multiplies sizes; one that no disk can have is 0, which means that
// the size is not known.
func product(a, b uint64) int64 {
	high, low := bits.Mul64(a, b)
	if high != 0 || low > 1<<62 {
		return 0
	}
	return int64(low)
}
