package volume

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// Table is the kind of partition table of the disk that the volume is on;
// [PartitionNone] if it is on no partition of one, or that cannot be told.
func (v *Volume) Table() Partition {
	if !v.Mounted {
		return PartitionNone
	}
	device, err := filepath.EvalSymlinks(v.Device)
	if err != nil {
		return PartitionNone
	}
	// /sys/class/block/vda1 leads to …/block/vda/vda1.
	place, err := filepath.EvalSymlinks(filepath.Join("/sys/class/block", strings.TrimPrefix(device, "/dev/")))
	if err != nil {
		return PartitionNone
	}
	if _, err := os.Stat(filepath.Join(place, "partition")); err != nil {
		return PartitionNone
	}
	f, err := os.Open("/dev/" + filepath.Base(filepath.Dir(place)))
	if err != nil {
		return PartitionNone
	}
	defer f.Close() // it was only read
	head := make([]byte, 2*sectorSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		return PartitionNone
	}
	return tableIn(head)
}

// tableIn is the kind of table in the first two sectors of a disk.
func tableIn(head []byte) Partition {
	switch {
	case bytes.HasPrefix(head[sectorSize:], []byte("EFI PART")):
		return PartitionGPT
	case bytes.Equal(head[510:512], []byte{0x55, 0xaa}):
		return PartitionMBR
	}
	return PartitionNone
}
