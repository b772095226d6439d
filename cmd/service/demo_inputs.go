package service

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"emikit/imagefile/sample"
)

// inputs are the files that the demo bundles, and what there is to say of them.
type inputs struct {
	kernel, ramdisk, root string
	notes                 []string
}

// demoFilesystemSize is small, in bytes, so that the demo is quick.
const demoFilesystemSize = 16 << 20

func makeInputs(dir string) (inputs, error) {
	in := inputs{root: filepath.Join(dir, "root.img")}
	err := sample.WriteFilesystem(in.root, demoFilesystemSize, "demo-root", []sample.File{
		{Name: "README", Mode: 0o644, Content: "The root filesystem of emikit's demo.\n"},
		{Name: "etc/fstab", Mode: 0o644, Content: "/dev/sda1 / ext4 defaults 0 1\n"},
	})
	if err != nil {
		return inputs{}, err
	}
	if kernel, ramdisk, ok := hostBoot("/boot"); ok {
		in.kernel, in.ramdisk = kernel, ramdisk
		in.notes = []string{fmt.Sprintf("kernel and ramdisk are this machine's: %s, %s", kernel, ramdisk)}
		return in, nil
	}
	in.notes = []string{"no readable kernel and ramdisk in /boot: small ones are made, the kernel of which only says hello"}
	return in, in.makeBoot(dir)
}

// makeBoot writes a kernel and a ramdisk of our own.
func (in *inputs) makeBoot(dir string) error {
	kernel, err := sample.Kernel("hello from the kernel of emikit's demo")
	if err != nil {
		return err
	}
	ramdisk, err := sample.Ramdisk([]sample.File{
		{Name: "init", Mode: 0o755, Content: "#!/bin/sh\necho hello from the ramdisk of emikit demo\n"},
	})
	if err != nil {
		return err
	}
	in.kernel = filepath.Join(dir, "vmlinuz-"+sample.KernelVersion)
	in.ramdisk = filepath.Join(dir, "initrd.img-"+sample.KernelVersion)
	if err := os.WriteFile(in.kernel, kernel, 0o644); err != nil {
		return err
	}
	return os.WriteFile(in.ramdisk, ramdisk, 0o644)
}

// hostBoot finds the newest kernel in boot that can be read and has a ramdisk
// beside it that can be read too, as Debian and Fedora name them.
func hostBoot(boot string) (kernel, ramdisk string, ok bool) {
	kernels, err := filepath.Glob(filepath.Join(boot, "vmlinuz-*"))
	if err != nil {
		return "", "", false
	}
	slices.Sort(kernels)
	slices.Reverse(kernels)
	for _, k := range kernels {
		version := strings.TrimPrefix(filepath.Base(k), "vmlinuz-")
		for _, name := range []string{"initrd.img-" + version, "initramfs-" + version + ".img"} {
			if r := filepath.Join(boot, name); readable(k) && readable(r) {
				return k, r, true
			}
		}
	}
	return "", "", false
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}
