package mock

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"unicode"

	"emikit/imagefile/probe"
	"emikit/node"
)

// describe is what the console of a machine says: that nothing was run, and
// what would have been.
func describe(m node.Machine) string {
	s := m.Spec
	var b strings.Builder
	fmt.Fprintf(&b, "emikit mock hypervisor: nothing was run. The images were fetched, verified,\n"+
		"decrypted and unpacked; this is what they hold.\n\n")
	line := func(name, value string) { fmt.Fprintf(&b, "%-12s %s\n", name, printable(value)) }
	line("instance", fmt.Sprintf("%s, %s", s.InstanceID, typeOf(s.Type)))
	line("kernel", aboutKernel(s.Kernel, m.Kernel))
	line("ramdisk", aboutRamdisk(s.Ramdisk, m.Ramdisk))
	for i, text := range summary(m.Root) {
		if i == 0 {
			line("root", imageOf(s.Machine)+text)
		} else {
			line("", text)
		}
	}
	line("arguments", cmp.Or(s.KernelArgs, "none"))
	line("key", cmp.Or(s.KeyName, "none"))
	line("addresses", fmt.Sprintf("private %s, public %s, MAC %s", address(s.PrivateIP), address(s.PublicIP), cmp.Or(s.MAC, "none")))
	line("user data", fmt.Sprintf("%d bytes", len(s.UserData)))
	b.WriteString("\n")
	return b.String()
}

// typeOf writes out a VM type.
func typeOf(t node.VMType) string {
	return fmt.Sprintf("%s: %d CPU, %d MB memory, %d GB disk", t.Name, t.CPUs, t.MemoryMB, t.DiskGB)
}

// imageOf begins what is said of an image.
func imageOf(a node.Artifact) string { return fmt.Sprintf("%s (%s): ", a.ImageID, a.Name) }

// aboutKernel says which kernel a machine has, or that what it has is none.
func aboutKernel(a *node.Artifact, path string) string {
	if a == nil {
		return "none"
	}
	report, err := look(path)
	if err != nil {
		return imageOf(*a) + err.Error()
	}
	text := strings.Join(report.Summary(), "; ")
	linux := report.Kind == probe.Kernel && report.KernelFormat != "memdisk" && report.KernelFormat != "multiboot"
	if !linux {
		text = "not a Linux kernel: " + text
	}
	return imageOf(*a) + text
}

// aboutRamdisk says what a machine's ramdisk holds. A disk or filesystem may
// be what memdisk is to boot, so that anything is said and nothing judged.
func aboutRamdisk(a *node.Artifact, path string) string {
	if a == nil {
		return "none"
	}
	text := strings.Join(summary(path), "; ")
	return imageOf(*a) + strings.TrimPrefix(text, "ramdisk: ")
}

// summary is what was found in a file, or why nothing was.
func summary(path string) []string {
	report, err := look(path)
	if err != nil {
		return []string{err.Error()}
	}
	return report.Summary()
}

// look probes a file.
func look(path string) (probe.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return probe.Report{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return probe.Report{}, err
	}
	return probe.Probe(file, info.Size())
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}

// printable keeps what users chose (names, arguments) from controlling the
// terminal that shows the console.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
