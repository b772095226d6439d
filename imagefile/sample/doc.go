// Package sample makes a kernel, a ramdisk and a root filesystem that are a
// few kilobytes to a few megabytes small, for a demonstration or a test on a
// machine that has none to offer. They are real: the kernel follows the Linux
// boot protocol and, booted by a PC's boot loader or QEMU, writes a line to
// the first serial port and halts; the ramdisk is a compressed cpio archive;
// the filesystem is an ext4 that fsck accepts.
package sample
