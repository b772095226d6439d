package probe

import "io"

// Kind is what an image holds.
type Kind string

// The kinds of image that can be told apart.
const (
	Unknown    Kind = "unknown"
	Kernel     Kind = "kernel"
	Ramdisk    Kind = "ramdisk"
	Filesystem Kind = "filesystem"
	Disk       Kind = "disk"
)

// Report is what [Probe] found. Its texts are fit to be shown: they hold no
// control characters, whatever the image says.
type Report struct {
	Kind Kind
	Size int64 // of the image, bytes

	Compression string // gzip, xz, zstd, lz4, bzip2; empty when there is none

	KernelVersion string // as the kernel writes it, such as 6.1.0-28-cloud-amd64
	KernelFormat  string // bzImage, zImage, Image, ELF, multiboot or memdisk

	RamdiskFormat string // cpio or a filesystem's name
	Microcode     bool   // CPU microcode comes before the archive proper

	Filesystem     string // ext4, xfs, FAT16, …
	Label          string
	UUID           string
	FilesystemSize int64 // as the filesystem says, bytes; 0 if it does not

	Table      string // MBR or GPT
	Partitions []Partition
}

// Partition is one entry of a disk's partition table.
type Partition struct {
	Index      int    // from 1; logical partitions from 5
	Type       string // what it is for, in words when they are known
	Name       string // GPT's name for it
	Start      int64  // bytes from the beginning of the disk
	Size       int64  // bytes
	Bootable   bool   // MBR's active flag
	Filesystem string // found inside, empty when unknown
	Label      string // that filesystem's label
}

// Probe tells what the size bytes of r hold. The error is r's.
func Probe(r io.ReaderAt, size int64) (Report, error) {
	var failed error
	w := window{r: r, size: size, err: &failed}
	report := identify(w)
	report.Size = size
	return report, failed
}

// identify tries one kind after the other. Kernels come first because the
// boot sectors of some look like partition tables; filesystems before MBR
// tables because a bootable filesystem has the table's signature too; and
// multiboot after disks because GRUB, embedded in one, has such a header.
func identify(w window) Report {
	for _, try := range []func(window) (Report, bool){
		kernel, ramdisk, gptDisk, filesystem, mbrDisk, multiboot, compressed,
	} {
		if report, ok := try(w); ok {
			return report
		}
	}
	return Report{Kind: Unknown}
}
