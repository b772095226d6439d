package volume

import (
	"bytes"
	"io"
	"os"

	"emikit/volume/extfs"
)

// Identity is what a filesystem is called. An image that has the one of its volume is
// found by the same fstab and boot loader.
type Identity struct {
	Kind  extfs.Kind // that of the volume if it is one of ours, otherwise ext4
	Label string
	UUID  [16]byte // zero: it has none
}

// Identity reads what the volume's filesystem is called. Where none is mounted, or its
// device is none that can be read, it has no name.
func (v *Volume) Identity() Identity {
	id := Identity{Kind: extfs.Ext4}
	if !v.Mounted {
		return id
	}
	f, err := os.Open(v.Device)
	if err != nil {
		return id
	}
	defer f.Close() // it was only read
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeDevice == 0 {
		return id
	}
	id.read(f, v.Type)
	return id
}

// read takes label and UUID from a filesystem's superblock. The places are those of
// the kernel's ext4, xfs and btrfs.
func (id *Identity) read(device io.ReaderAt, fstype string) {
	switch fstype {
	case "ext2", "ext3", "ext4":
		if id.take(device, 1024, 0x38, "\x53\xef", 0x68, 0x78, 16) {
			id.Kind = extfs.Kind(fstype)
		}
	case "xfs":
		id.take(device, 0, 0, "XFSB", 32, 108, 12)
	case "btrfs":
		id.take(device, 64<<10, 0x40, "_BHRfS_M", 0x20, 0x12b, 256)
	}
}

func (id *Identity) take(device io.ReaderAt, super int64, magicAt int, magic string, uuidAt, labelAt, labelSize int) bool {
	b := make([]byte, 1024)
	if _, err := device.ReadAt(b, super); err != nil || !bytes.HasPrefix(b[magicAt:], []byte(magic)) {
		return false
	}
	copy(id.UUID[:], b[uuidAt:])
	label, _, _ := bytes.Cut(b[labelAt:labelAt+labelSize], []byte{0})
	id.Label = string(label)
	return true
}
