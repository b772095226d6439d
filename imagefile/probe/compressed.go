package probe

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// maxDictionary is the most memory that a compressed image can make a
// decompressor take, in bytes. Images that ask for more are not looked into.
const maxDictionary = 128 << 20

// errDictionary means that a stream is not looked into.
var errDictionary = errors.New("dictionary unknown or too large")

// peekSize is how much of what is compressed is unpacked to tell what it is:
// enough for an archive's magic and for the superblocks that old ramdisks have.
const peekSize = 4 << 10

// compression is a way to compress an image.
type compression struct {
	name   string
	magics []string
	open   func(w window) (io.Reader, error)
}

// compressions are those that the Linux kernel unpacks ramdisks from, but for
// LZMA and LZO, which few systems use.
func compressions() []compression {
	return []compression{
		{"gzip", []string{"\x1f\x8b"}, func(w window) (io.Reader, error) { return gzip.NewReader(w.reader()) }},
		{"bzip2", []string{"BZh"}, func(w window) (io.Reader, error) { return bzip2.NewReader(w.reader()), nil }},
		{"xz", []string{"\xfd7zXZ\x00"}, openXZ},
		{"zstd", []string{"\x28\xb5\x2f\xfd"}, openZstd},
		{"lz4", []string{"\x02\x21\x4c\x18", "\x04\x22\x4d\x18"}, func(w window) (io.Reader, error) { return lz4.NewReader(w.reader()), nil }},
	}
}

// compressed recognises compressed images, and tells a ramdisk or a kernel by
// what is inside.
func compressed(w window) (Report, bool) {
	for _, c := range compressions() {
		for _, magic := range c.magics {
			if w.has(0, magic) {
				report := inside(w, c)
				report.Compression = c.name
				return report, true
			}
		}
	}
	return Report{}, false
}

// inside looks at the beginning of what is compressed. Streams that cannot be
// read, or hold something else, are of unknown kind.
func inside(w window, c compression) Report {
	r, err := c.open(w)
	if err != nil {
		return Report{Kind: Unknown}
	}
	if d, ok := r.(*zstd.Decoder); ok {
		defer d.Close()
	}
	head := make([]byte, peekSize)
	n, _ := io.ReadFull(r, head) // a broken stream may still have begun well
	head = head[:n]
	switch fs, ok := filesystem(memory(head)); {
	case isCPIO(head):
		return Report{Kind: Ramdisk, RamdiskFormat: "cpio"}
	case ok:
		return Report{Kind: Ramdisk, RamdiskFormat: fs.Filesystem, Label: fs.Label, UUID: fs.UUID, FilesystemSize: fs.FilesystemSize}
	case memory(head).has(0, elfMagic):
		return compressedKernel("ELF", head, r)
	case memory(head).has(arm64At, arm64Magic):
		return compressedKernel("Image", head, r)
	}
	return Report{Kind: Unknown}
}

// compressedKernel tells a kernel, as Xen's guests and arm64 machines have
// them, from any other program.
func compressedKernel(format string, head []byte, rest io.Reader) Report {
	version := banner(io.MultiReader(bytes.NewReader(head), rest))
	if version == "" {
		return Report{Kind: Unknown}
	}
	return Report{Kind: Kernel, KernelFormat: format, KernelVersion: version}
}

// memory is a window on bytes at hand.
func memory(b []byte) window {
	return window{r: bytes.NewReader(b), size: int64(len(b)), err: new(error)}
}

// openZstd bounds the memory that a frame can ask for.
func openZstd(w window) (io.Reader, error) {
	return zstd.NewReader(w.reader(),
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxDictionary))
}

// openXZ holds the dictionary that the first block asks for against the bound
// before a decompressor allocates it.
func openXZ(w window) (io.Reader, error) {
	size, ok := xzDictionary(w.upTo(12, 64))
	if !ok || size > maxDictionary {
		return nil, errDictionary
	}
	return xz.NewReader(w.reader())
}

// xzDictionary reads the dictionary's size from a block header (section 3.1 of
// the .xz file format 1.2.0) whose one filter is LZMA2.
func xzDictionary(b []byte) (size int64, ok bool) {
	const lzma2 = 0x21
	if len(b) < 2 || b[1]&0x3f != 0 {
		return 0, false
	}
	rest := b[2:]
	for _, present := range []byte{0x40, 0x80} { // compressed and unpacked size
		for b[1]&present != 0 {
			if len(rest) == 0 {
				return 0, false
			}
			more := rest[0] & 0x80
			rest = rest[1:]
			if more == 0 {
				break
			}
		}
	}
	if len(rest) < 3 || rest[0] != lzma2 || rest[1] != 1 || rest[2] > 40 {
		return 0, false
	}
	bits := rest[2]
	return int64(2|bits&1) << (bits/2 + 11), true
}
