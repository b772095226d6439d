package volume

import (
	"bytes"
	"testing"

	"emikit/volume/extfs"
)

func TestIdentity(t *testing.T) {
	uuid := [16]byte{0x69, 0x58, 0x26, 0xbe, 9, 0x89, 0x40, 0xfb, 0x96, 2, 0x29, 0x59, 0x50, 0x57, 0xdd, 0x2c}
	for _, test := range []struct {
		fstype                 string
		magic, uuidAt, labelAt int
		magicText, label       string
		want                   extfs.Kind
	}{
		{"ext3", 1024 + 0x38, 1024 + 0x68, 1024 + 0x78, "\x53\xef", "cloudimg-rootfs!", extfs.Ext3},
		{"ext2", 1024 + 0x38, 1024 + 0x68, 1024 + 0x78, "\x53\xef", "", extfs.Ext2},
		{"xfs", 0, 32, 108, "XFSB", "root", extfs.Ext4},
		{"btrfs", 0x10040, 0x10020, 0x1012b, "_BHRfS_M", "root", extfs.Ext4},
	} {
		device := make([]byte, 128<<10)
		copy(device[test.magic:], test.magicText)
		copy(device[test.uuidAt:], uuid[:])
		copy(device[test.labelAt:], test.label)
		id := Identity{Kind: extfs.Ext4}
		id.read(bytes.NewReader(device), test.fstype)
		if want := (Identity{test.want, test.label, uuid}); id != want {
			t.Errorf("%s: got %v, want %v", test.fstype, id, want)
		}
		none := Identity{Kind: extfs.Ext4}
		none.read(bytes.NewReader(make([]byte, 128<<10)), test.fstype)
		if want := (Identity{Kind: extfs.Ext4}); none != want {
			t.Errorf("%s without a superblock: got %v, want %v", test.fstype, none, want)
		}
	}
}

func TestTableIn(t *testing.T) {
	for _, p := range Partitions() {
		head, _ := p.table(16<<20, [16]byte{1})
		b := make([]byte, 2*sectorSize)
		copy(b, head)
		if got := tableIn(b); got != p {
			t.Errorf("got %s, want %s", got, p)
		}
	}
}
