package probe

import (
	"fmt"
	"unicode/utf16"
)

// sectorSize is the unit of MBR tables, and of GPT on nearly all disks.
const sectorSize = 512

// Limits of what is read of a table.
const (
	maxLogical    = 64  // logical partitions of an MBR disk
	maxGPTEntries = 128 // the number that every tool writes
)

// mbrDisk recognises a partition table in the first sector: four entries, of
// which those in use have a place and a size.
func mbrDisk(w window) (Report, bool) {
	entries, ok := mbrEntries(w, 0)
	if !ok {
		return Report{}, false
	}
	report := Report{Kind: Disk, Table: "MBR"}
	for i, e := range entries {
		if e.kind == 0 {
			continue
		}
		report.Partitions = append(report.Partitions, partition(w, i+1, e, 0))
		if e.extended() {
			report.Partitions = append(report.Partitions, logical(w, e)...)
		}
	}
	return report, len(report.Partitions) > 0
}

// mbrEntry is one entry of a table; places and sizes are in sectors.
type mbrEntry struct {
	kind        byte
	active      bool
	start, size int64
}

func (e mbrEntry) extended() bool { return e.kind == 0x05 || e.kind == 0x0f || e.kind == 0x85 }

// mbrEntries reads the four entries of the table in a sector.
func mbrEntries(w window, sector int64) (entries [4]mbrEntry, ok bool) {
	b := w.at(sector*sectorSize, sectorSize)
	if b == nil || le.Uint16(b[510:]) != 0xaa55 {
		return entries, false
	}
	for i := range entries {
		raw := b[446+16*i:]
		e := mbrEntry{
			kind:   raw[4],
			active: raw[0] == 0x80,
			start:  int64(le.Uint32(raw[8:])),
			size:   int64(le.Uint32(raw[12:])),
		}
		if raw[0]&0x7f != 0 || e.kind != 0 && (e.start == 0 || e.size == 0) {
			return entries, false
		}
		entries[i] = e
	}
	return entries, true
}

// logical follows the chain of tables in an extended partition. Each holds a
// logical partition, placed relative to the table, and the next table, placed
// relative to the extended partition.
func logical(w window, extended mbrEntry) []Partition {
	var found []Partition
	table := extended.start
	for range maxLogical {
		entries, ok := mbrEntries(w, table)
		if !ok {
			break
		}
		if e := entries[0]; e.kind != 0 {
			found = append(found, partition(w, 5+len(found), e, table))
		}
		next := extended.start + entries[1].start
		if entries[1].kind == 0 || next <= table {
			break // the end, or a chain that leads back
		}
		table = next
	}
	return found
}

// partition describes an entry whose place is relative to sector base.
func partition(w window, index int, e mbrEntry, base int64) Partition {
	p := Partition{
		Index:    index,
		Type:     mbrType(e.kind),
		Start:    (base + e.start) * sectorSize,
		Size:     e.size * sectorSize,
		Bootable: e.active,
	}
	if !e.extended() {
		p.look(w)
	}
	return p
}

// look names the filesystem in a partition.
func (p *Partition) look(w window) {
	if report, ok := filesystem(w.sub(p.Start, p.Size)); ok {
		p.Filesystem, p.Label = report.Filesystem, report.Label
	}
}

// mbrType names the types that images have.
func mbrType(kind byte) string {
	switch kind {
	case 0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e:
		return "FAT"
	case 0x05, 0x0f, 0x85:
		return "extended"
	case 0x07:
		return "NTFS or exFAT"
	case 0x82:
		return "Linux swap"
	case 0x83:
		return "Linux"
	case 0x8e:
		return "Linux LVM"
	case 0xa5:
		return "FreeBSD"
	case 0xee:
		return "GPT protective"
	case 0xef:
		return "EFI system"
	case 0xfd:
		return "Linux RAID"
	}
	return fmt.Sprintf("type 0x%02x", kind)
}

// gptDisk recognises a GUID partition table (UEFI specification 2.10, section
// 5.3) on disks with sectors of 512 or 4096 bytes.
func gptDisk(w window) (Report, bool) {
	for _, sector := range []int64{512, 4096} {
		header := w.at(sector, 92)
		if header == nil || string(header[:8]) != "EFI PART" {
			continue
		}
		return Report{Kind: Disk, Table: "GPT", Partitions: gptPartitions(w, header, sector)}, true
	}
	return Report{}, false
}

// gptPartitions reads the entries that a header places.
func gptPartitions(w window, header []byte, sector int64) []Partition {
	const minEntry, maxEntry = 128, 4096
	table := product(le.Uint64(header[72:]), uint64(sector))
	count := min(le.Uint32(header[80:]), maxGPTEntries)
	size := le.Uint32(header[84:])
	if size < minEntry || size > maxEntry {
		return nil
	}
	var found []Partition
	for i := range int64(count) {
		e := w.at(table+i*int64(size), minEntry)
		if e == nil {
			break
		}
		if p, ok := gptPartition(e, int(i)+1, sector); ok {
			p.look(w)
			found = append(found, p)
		}
	}
	return found
}

// gptPartition reads an entry, unless it is not in use or makes no sense.
func gptPartition(e []byte, index int, sector int64) (Partition, bool) {
	first, last := le.Uint64(e[32:]), le.Uint64(e[40:])
	if [16]byte(e[:16]) == [16]byte{} || last < first || last > 1<<52 {
		return Partition{}, false
	}
	return Partition{
		Index: index,
		Type:  gptType(guid(e[:16])),
		Name:  utf16Text(e[56:128]),
		Start: int64(first) * sector,
		Size:  int64(last-first+1) * sector,
	}, true
}

// guid writes a GUID, whose first three fields are little-endian.
func guid(b []byte) string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x",
		le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:16])
}

// gptType names the types that images have: those of the UEFI specification,
// and of the UAPI group's Discoverable Partitions Specification.
func gptType(id string) string {
	switch id {
	case "c12a7328-f81f-11d2-ba4b-00a0c93ec93b":
		return "EFI system"
	case "21686148-6449-6e6f-744e-656564454649":
		return "BIOS boot"
	case "0fc63daf-8483-4772-8e79-3d69d8477de4":
		return "Linux filesystem"
	case "4f68bce3-e8cd-4db1-96e7-fbcaf984b709":
		return "Linux root (x86-64)"
	case "b921b045-1df0-41c3-af44-4c6f280d3fae":
		return "Linux root (arm64)"
	case "bc13c2ff-59e6-4262-a352-b275fd6f7172":
		return "Linux extended boot"
	case "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f":
		return "Linux swap"
	case "e6d6d379-f507-44c2-a23c-238f2a3df928":
		return "Linux LVM"
	case "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7":
		return "Microsoft basic data"
	case "e3c9e316-0b5c-4db8-817d-f92df00215ae":
		return "Microsoft reserved"
	case "9e1a2d38-c612-4316-aa26-8b49521e5a8b":
		return "PowerPC PReP boot"
	}
	return "type " + id
}

// utf16Text reads GPT's names.
func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = le.Uint16(b[2*i:])
	}
	return clean([]byte(string(utf16.Decode(units))))
}
