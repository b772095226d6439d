package volume

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Table is the kind of partition table of the disk that the volume is on;
// [PartitionNone] if it is on no partition of one, or that cannot be told.
func (v *Volume) Table() Partition {
	disk, _ := v.disk()
	f, err := os.Open(disk)
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

// disk returns the path of the disk that the volume is on, and the number of its
// partition; "" if it is on none, as far as can be told.
func (v *Volume) disk() (path string, number int) {
	if !v.Mounted {
		return "", 0
	}
	device, err := filepath.EvalSymlinks(v.Device)
	if err != nil {
		return "", 0
	}
	// /sys/class/block/vda1 leads to …/block/vda/vda1.
	place, err := filepath.EvalSymlinks(filepath.Join("/sys/class/block", strings.TrimPrefix(device, "/dev/")))
	if err != nil {
		return "", 0
	}
	text, err := os.ReadFile(filepath.Join(place, "partition"))
	if err != nil {
		return "", 0
	}
	number, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return "", 0
	}
	return "/dev/" + filepath.Base(filepath.Dir(place)), number
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
