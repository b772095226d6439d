package volume

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// bootable is a disk with GRUB 2 as grub-bios-setup puts it there: the core of three
// sectors begins in the sector at.
func bootable(p Partition, at int64) []byte {
	const size = 8 << 20
	disk := make([]byte, size)
	head, tail := p.table(size, [16]byte{1})
	copy(disk, head)
	copy(disk[size-len(tail):], tail)
	if p == PartitionGPT { // somebody else's table has the partition elsewhere
		entry := disk[2*sectorSize+(gptEntries-1)*gptEntry:]
		binary.LittleEndian.PutUint64(entry[32:], uint64(at))
	}
	copy(disk[0x180:], "GRUB \x00Geom")
	binary.LittleEndian.PutUint64(disk[loaderCore:], uint64(at))
	core := disk[at*sectorSize:]
	copy(core, "the core")
	copy(core[3*sectorSize-8:], "its end.")
	copy(core[3*sectorSize:], "what is not its own")
	binary.LittleEndian.PutUint64(core[loaderRest:], uint64(at)+1)
	binary.LittleEndian.PutUint16(core[loaderRest+8:], 2)
	return disk
}

func TestLoaderIsCopied(t *testing.T) {
	for _, test := range []struct {
		p        Partition
		from, to int64 // sectors
	}{{PartitionMBR, 1, 1}, {PartitionGPT, 2048, 2048}, {PartitionGPT, 4096, 2048}} {
		l := loaderIn(bytes.NewReader(bootable(test.p, test.from)), test.p)
		if l == nil {
			t.Errorf("%s, at %d: no loader", test.p, test.from)
			continue
		}
		head, _ := test.p.table(16<<20, [16]byte{2})
		table := bytes.Clone(head)
		head = l.put(head)
		if before, _ := test.p.room(); int64(len(head)) > before {
			t.Errorf("%s: %d bytes reach into the filesystem", test.p, len(head))
		}
		if !bytes.Equal(head[loaderCode:sectorSize], table[loaderCode:sectorSize]) {
			t.Errorf("%s: the table is another", test.p)
		}
		core := head[test.to*sectorSize:]
		if !bytes.HasPrefix(core, []byte("the core")) || !bytes.HasSuffix(core, []byte("its end.")) || len(core) != 3*sectorSize {
			t.Errorf("%s: a core of %d bytes, want three sectors", test.p, len(core))
		}
		if binary.LittleEndian.Uint64(head[loaderCore:]) != uint64(test.to) || binary.LittleEndian.Uint64(core[loaderRest:]) != uint64(test.to)+1 {
			t.Errorf("%s: the loader does not know its place", test.p)
		}
	}
}

func TestLoadersThatCannotBeCopied(t *testing.T) {
	le := binary.LittleEndian
	for name, test := range map[string]struct {
		p     Partition
		spoil func(disk []byte)
	}{
		"another loader":     {PartitionMBR, func(disk []byte) { copy(disk[0x180:], "LILO") }},
		"GRUB 0.97":          {PartitionMBR, func(disk []byte) { le.PutUint64(disk[loaderCore:], 0x7fff3456) }},
		"a core in pieces":   {PartitionMBR, func(disk []byte) { le.PutUint16(disk[sectorSize+loaderBefore+8:], 1) }},
		"a core elsewhere":   {PartitionMBR, func(disk []byte) { le.PutUint64(disk[sectorSize+loaderRest:], 77) }},
		"a large core":       {PartitionMBR, func(disk []byte) { le.PutUint16(disk[sectorSize+loaderRest+8:], 0xffff) }},
		"no table":           {PartitionMBR, func(disk []byte) { disk[511] = 0 }},
		"entries nowhere":    {PartitionGPT, func(disk []byte) { le.PutUint64(disk[sectorSize+72:], 1<<63) }},
		"very many entries":  {PartitionGPT, func(disk []byte) { le.PutUint32(disk[sectorSize+80:], 1<<31) }},
		"entries of no size": {PartitionGPT, func(disk []byte) { le.PutUint32(disk[sectorSize+84:], 0) }},
		"no partition for it": {PartitionGPT, func(disk []byte) {
			copy(disk[2*sectorSize+(gptEntries-1)*gptEntry:], "Hah!")
			disk[2*sectorSize+(gptEntries-1)*gptEntry+5] = 0
		}},
		"a loader past the end": {PartitionGPT, func(disk []byte) {
			le.PutUint64(disk[2*sectorSize+(gptEntries-1)*gptEntry+32:], 1<<50)
			le.PutUint64(disk[loaderCore:], 1<<50)
		}},
	} {
		disk := bootable(test.p, map[Partition]int64{PartitionMBR: 1, PartitionGPT: 2048}[test.p])
		test.spoil(disk)
		if l := loaderIn(bytes.NewReader(disk), test.p); l != nil {
			t.Errorf("%s: got a loader of %d bytes", name, len(l.core))
		}
	}
	if l := loaderIn(bytes.NewReader(bootable(PartitionMBR, 1)), PartitionGPT); l != nil {
		t.Error("a loader for one kind of table was taken for another")
	}
	if l := loaderIn(bytes.NewReader(nil), PartitionMBR); l != nil {
		t.Error("a loader of nothing")
	}
}
