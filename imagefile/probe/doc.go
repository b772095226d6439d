// Package probe tells what an image holds from its first bytes: a Linux
// kernel, a ramdisk, a filesystem, or a partitioned disk.
//
// [Probe] reads a bounded number of bytes wherever they lie, trusts none of
// them, and never fails on content: what it does not know is [Unknown]. Only
// an error of the reader itself is returned.
package probe
