package probe

import (
	"bytes"
	"strconv"
	"strings"
)

// maxEntries bounds how many files of a microcode archive are walked over.
const maxEntries = 64

// ramdisk recognises a cpio archive that is not compressed as a whole, such as
// one with CPU microcode before the (usually compressed) archive proper.
func ramdisk(w window) (Report, bool) {
	if !isCPIO(w.at(0, 6)) {
		return Report{}, false
	}
	report := Report{Kind: Ramdisk, RamdiskFormat: "cpio"}
	rest, ok := afterMicrocode(w)
	if !ok {
		return report, true
	}
	report.Microcode = true
	if inner, ok := compressed(rest); ok {
		report.Compression = inner.Compression
	}
	return report, true
}

// isCPIO knows the magics of the archives that the Linux kernel unpacks: new
// ASCII, the same with sums, and the old one.
func isCPIO(b []byte) bool {
	magic := string(b[:min(6, len(b))])
	return magic == "070701" || magic == "070702" || magic == "070707"
}

// afterMicrocode walks over an archive of nothing but kernel/, which is where
// the kernel looks for microcode (its Documentation/arch/x86/microcode.rst),
// and returns what follows its end.
func afterMicrocode(w window) (rest window, ok bool) {
	var off int64
	found := false
	for range maxEntries {
		name, next := cpioEntry(w, off)
		switch {
		case next == 0:
			return window{}, false
		case name == "TRAILER!!!":
			return skipZeros(w, next), found
		case name != "." && name != "kernel" && !strings.HasPrefix(name, "kernel/"):
			return window{}, false
		}
		found = found || strings.HasPrefix(name, "kernel/x86/microcode")
		off = next
	}
	return window{}, false
}

// cpioEntry reads the name of the new ASCII entry at off, and where the next
// one begins; 0 when there is no entry.
func cpioEntry(w window, off int64) (name string, next int64) {
	const headerSize, maxName = 110, 4096
	h := w.at(off, headerSize)
	if h == nil || (string(h[:6]) != "070701" && string(h[:6]) != "070702") {
		return "", 0
	}
	fileSize, err1 := strconv.ParseUint(string(h[54:62]), 16, 32)
	nameSize, err2 := strconv.ParseUint(string(h[94:102]), 16, 32)
	if err1 != nil || err2 != nil || nameSize == 0 || nameSize > maxName {
		return "", 0
	}
	raw := w.at(off+headerSize, int(nameSize))
	if raw == nil {
		return "", 0
	}
	data := align(off+headerSize+int64(nameSize), 4)
	return clean(raw), align(data+int64(fileSize), 4)
}

// skipZeros passes over the padding between two archives.
func skipZeros(w window, off int64) window {
	const maxPadding = 64 << 10
	rest := w.upTo(off, maxPadding)
	padding := len(rest) - len(bytes.TrimLeft(rest, "\x00"))
	return w.sub(off+int64(padding), w.size)
}

// align rounds up to a multiple of n.
func align(off, n int64) int64 { return (off + n - 1) / n * n }
