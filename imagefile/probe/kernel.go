package probe

import (
	"bytes"
	"io"
)

// maxVersion is the longest version text that is looked at, in bytes.
const maxVersion = 128

// maxScan bounds how much of an uncompressed kernel is searched for its
// version, in bytes.
const maxScan = 64 << 20

// What kernels other than those for x86 begin with.
const (
	elfMagic   = "\x7fELF"
	arm64Magic = "ARM\x64"
	arm64At    = 0x38 // offset of arm64Magic
)

// kernel recognises Linux kernels, and what else has their boot protocol.
func kernel(w window) (Report, bool) {
	for _, try := range []func(window) (Report, bool){bzImage, arm64Image, elfKernel} {
		if report, ok := try(w); ok {
			report.Kind = Kernel
			return report, true
		}
	}
	return Report{}, false
}

// bzImage reads the setup header of x86 kernels, as the Linux kernel's
// Documentation/arch/x86/boot.rst lays it out. Syslinux's memdisk has one too.
func bzImage(w window) (Report, bool) {
	const sector = 0x200
	b := w.at(0x1f0, 0x30) // offsets below count from here
	if b == nil || le.Uint16(b[0xe:]) != 0xaa55 || string(b[0x12:0x16]) != "HdrS" {
		return Report{}, false
	}
	report := Report{KernelFormat: "zImage"}
	if b[0x21]&1 != 0 { // loaded high
		report.KernelFormat = "bzImage"
	}
	if at := le.Uint16(b[0x1e:]); at != 0 && le.Uint16(b[0x16:]) >= 0x200 {
		report.KernelVersion = firstWord(w.upTo(int64(at)+sector, maxVersion))
	}
	if report.KernelVersion == "MEMDISK" {
		at := int64(le.Uint16(b[0x1e:])) + sector + int64(len("MEMDISK "))
		report.KernelFormat = "memdisk"
		report.KernelVersion = firstWord(w.upTo(at, maxVersion))
	}
	return report, true
}

// arm64Image recognises the header of Documentation/arch/arm64/booting.rst.
func arm64Image(w window) (Report, bool) {
	if !w.has(arm64At, arm64Magic) {
		return Report{}, false
	}
	return Report{KernelFormat: "Image", KernelVersion: banner(w.reader())}, true
}

// elfKernel recognises executables that announce themselves as Linux.
func elfKernel(w window) (Report, bool) {
	if !w.has(0, elfMagic) {
		return Report{}, false
	}
	if version := banner(w.reader()); version != "" {
		return Report{KernelFormat: "ELF", KernelVersion: version}, true
	}
	return Report{}, false
}

// banner finds the version in the text that every Linux kernel greets with.
func banner(r io.Reader) string {
	return firstWord(find(r, "Linux version ", maxVersion, maxScan))
}

// multiboot recognises the header of the Multiboot Specification 0.6.96,
// section 3.1, and that of version 2, which differ in where they may lie.
func multiboot(w window) (Report, bool) {
	head := w.upTo(0, 32<<10)
	for off := 0; off+16 <= len(head); off += 4 {
		words := head[off:]
		magic, flags := le.Uint32(words), le.Uint32(words[4:])
		third, fourth := le.Uint32(words[8:]), le.Uint32(words[12:])
		first := off < 8<<10 && magic == 0x1badb002 && magic+flags+third == 0
		second := off%8 == 0 && magic == 0xe85250d6 && magic+flags+third+fourth == 0
		if first || second {
			return Report{Kind: Kernel, KernelFormat: "multiboot"}, true
		}
	}
	return Report{}, false
}

// firstWord cleans text and returns it up to its first space.
func firstWord(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	b, _, _ = bytes.Cut(b, []byte{' '})
	return clean(b)
}
