package publish

import (
	"bytes"
	"strings"
)

// edge is how much of the beginning and of the end of a file shows what it is, in
// bytes.
const edge = 512

// looksLike names the format of which the beginning and the end of a file are
// typical, if it is one that a node would have to unpack or convert first. "" is
// any other. The magic numbers are those of the formats' specifications.
func looksLike(head, tail []byte) string {
	const vdiMagic = 0x40 // the signature's place in a VDI header
	for _, format := range []struct {
		name, magic string
		at          int
	}{
		{"a VMDK disk", "KDMV", 0},
		{"a VMDK disk", "COWD", 0},
		{"a VMDK disk's description", "# Disk DescriptorFile", 0},
		{"a VDI disk", "\x7f\x10\xda\xbe", vdiMagic},
		{"a VHDX disk", "vhdxfile", 0},
		{"a VHD disk", "conectix", 0},
		{"compressed with gzip", "\x1f\x8b\x08", 0},
		{"compressed with xz", "\xfd7zXZ\x00", 0},
		{"compressed with zstd", "\x28\xb5\x2f\xfd", 0},
		{"compressed with bzip2", "BZh", 0},
	} {
		if len(head) > format.at && strings.HasPrefix(string(head[format.at:]), format.magic) {
			return format.name
		}
	}
	if bytes.HasPrefix(tail, []byte("conectix")) { // of a fixed size, the footer is all there is
		return "a VHD disk"
	}
	return ""
}
