package probe

import (
	"fmt"
	"strconv"
	"strings"
)

// Summary says what was found: in one line, or for a disk in one more for each
// partition.
func (r Report) Summary() []string {
	switch r.Kind {
	case Kernel:
		return []string{r.kernelLine()}
	case Ramdisk:
		return []string{r.ramdiskLine()}
	case Filesystem:
		return []string{r.filesystemLine()}
	case Disk:
		return r.diskLines()
	}
	if r.Compression != "" {
		return []string{fmt.Sprintf("%s compressed data, %s", r.Compression, humanSize(r.Size))}
	}
	return []string{"unknown content, " + humanSize(r.Size)}
}

func (r Report) kernelLine() string {
	format := r.KernelFormat
	if r.Compression != "" {
		format += ", " + r.Compression + " compressed"
	}
	switch r.KernelFormat {
	case "memdisk":
		return strings.TrimSpace("MEMDISK "+r.KernelVersion) + ", which boots the disk it is given as ramdisk"
	case "multiboot":
		return "multiboot kernel"
	}
	version := r.KernelVersion
	if version == "" {
		version = "of unknown version"
	}
	return fmt.Sprintf("Linux kernel %s (%s)", version, format)
}

func (r Report) ramdiskLine() string {
	line := "ramdisk: " + r.RamdiskFormat + " filesystem"
	if r.RamdiskFormat == "cpio" {
		line = "ramdisk: cpio archive"
	}
	line += quoted(r.Label)
	if r.Compression != "" {
		line += ", " + r.Compression + " compressed"
	} else {
		line += ", not compressed"
	}
	if r.Microcode {
		line += ", after CPU microcode"
	}
	return line
}

func (r Report) filesystemLine() string {
	line := r.Filesystem + " filesystem" + quoted(r.Label)
	if r.Filesystem == "swap" {
		line = "swap space" + quoted(r.Label)
	}
	size := r.FilesystemSize
	if size == 0 {
		return line + ", image of " + humanSize(r.Size)
	}
	line += ", " + humanSize(size)
	if size > r.Size {
		line += fmt.Sprintf(" (cut off: the image has %s)", humanSize(r.Size))
	}
	return line
}

func (r Report) diskLines() []string {
	count := fmt.Sprintf("%d partitions", len(r.Partitions))
	if len(r.Partitions) == 1 {
		count = "1 partition"
	}
	lines := []string{fmt.Sprintf("disk with %s in an %s table, %s", count, r.Table, humanSize(r.Size))}
	if r.Table == "GPT" {
		lines[0] = strings.Replace(lines[0], "an GPT", "a GPT", 1)
	}
	for _, p := range r.Partitions {
		lines = append(lines, p.line())
	}
	return lines
}

// line is one partition in a summary.
func (p Partition) line() string {
	line := fmt.Sprintf("partition %d: %s%s, %s at %s", p.Index, p.Type, quoted(p.Name), humanSize(p.Size), humanSize(p.Start))
	if p.Filesystem != "" {
		line += ", " + p.Filesystem + quoted(p.Label)
	}
	if p.Bootable {
		line += ", active"
	}
	return line
}

// quoted writes a name in quotes after a space, and nothing without a name.
func quoted(name string) string {
	if name == "" {
		return ""
	}
	return ` "` + name + `"`
}

// humanSize writes a size in the largest unit of which there is at least one,
// with a decimal where it is not a round number.
func humanSize(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	unit := 0
	scale := int64(1 << 10)
	for unit < len(units)-1 && n>>10 >= scale {
		scale <<= 10
		unit++
	}
	if n%scale == 0 {
		return fmt.Sprintf("%d %s", n/scale, units[unit])
	}
	return fmt.Sprintf("%.1f %s", float64(n)/float64(scale), units[unit])
}
