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

// Report is what [Probe] found.
type Report struct {
	Kind Kind
	Size int64 // of the image, bytes

	KernelVersion string // as the kernel writes it, such as 6.1.0-28-cloud-amd64
	KernelFormat  string // bzImage, Image, ELF, multiboot or memdisk
	RamdiskFormat string // how the archive is packed, such as gzip; "none" if it is not

	Filesystem     string // ext4, xfs, vfat, …
	Label          string
	UUID           string
	FilesystemSize int64 // as the filesystem says, bytes; 0 if it does not

	Table      string // mbr or gpt
	Partitions []Partition
}

// Partition is one entry of a disk's partition table.
type Partition struct {
	Index      int    // from 1
	Type       string // what it is for, in words when known
	Name       string // GPT's name for it
	Start      int64  // bytes from the beginning of the disk
	Size       int64  // bytes
	Bootable   bool   // MBR's active flag
	Filesystem string // found inside, empty when unknown
	Label      string // that filesystem's label
}

// Probe tells what the size bytes of r hold.
func Probe(r io.ReaderAt, size int64) (Report, error) {
	return Report{Kind: Unknown, Size: size}, nil
}

// Summary says in a line or more what was found.
func (r Report) Summary() []string { return nil }
