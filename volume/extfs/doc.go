// Package extfs writes ext2, ext3 and ext4 filesystems: a tree of [Node]s becomes an
// [Image], whose bytes are made as they are read, from front to back or anywhere. No
// loop device, no mount, no root and no room on disk are needed for that.
//
//	tree of Nodes ── New ──► Image ── ReadAt, Hole ──► bytes of the filesystem
//
// Everything a Linux filesystem holds is kept: hard links, device nodes, fifos, long
// and short symbolic links, holes, extended attributes, POSIX ACLs, owners of 32 bits
// and times with nanoseconds. Sockets are refused: they mean nothing in a copy.
//
// The format is that of the kernel's Documentation/filesystems/ext4 in its plainest
// form, which every kernel since Linux 2.6.28 mounts (ext2 and ext3: far older ones):
// blocks of 4096 bytes, inodes of 256, no checksums, no 64 bit block numbers, no
// flexible groups. Blocks and inodes are given out in the order of the tree, without
// gaps, so all bitmaps are a run of ones followed by zeros, and what a block holds is
// found by a binary search.
//
//	group: [superblock, group descriptors, room for more]¹ block bitmap, inode bitmap, inode table, blocks…
//	¹ in groups 0, 1 and the powers of 3, 5 and 7
package extfs
