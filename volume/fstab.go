package volume

import (
	"fmt"
	"strings"

	"emikit/volume/extfs"
)

// Fstab returns the /etc/fstab of --generate-fstab, as ec2-ami-tools 1.4 write it but
// for the type of the root. Machines of the architecture i386 had other disks on EC2.
// maker is the program that makes it.
func Fstab(arch string, kind extfs.Kind, maker string) []byte {
	lines := []string{
		"# Default /etc/fstab",
		"# Supplied by: " + maker,
		fmt.Sprintf("/dev/sda1 /     %s    defaults 1 1", kind),
		"/dev/sdb  /mnt  ext3    defaults 0 0",
		"none      /dev/pts devpts  gid=5,mode=620 0 0",
		"none      /proc proc    defaults 0 0",
		"none      /sys  sysfs   defaults 0 0",
	}
	if arch == "i386" {
		lines[0] = "# Legacy /etc/fstab"
		lines[3] = "/dev/sda2 /mnt  ext3    defaults 0 0"
		lines[4] = "/dev/sda3 swap  swap    defaults 0 0"
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}
