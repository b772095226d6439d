package extfs

import "encoding/binary"

// placeReserve makes the inode that has the blocks reserved for descriptors, so that
// nobody else takes them. A block of pointers leads to those of the first group, each of
// which holds pointers to its copies in the other groups.
func (i *Image) placeReserve() {
	n := &Node{
		Mode: TypeFile | 0o600, links: 1, Atime: i.created, Mtime: i.created, Ctime: i.created,
		Size: (pointersPerMap*pointersPerMap + pointersPerMap + directBlocks) * blockSize,
	}
	i.inodes[resizeInode-1] = n
	block, content := i.alloc.one(), make([]byte, blockSize)
	first := 1 + i.geometry.gdt
	for at := range i.geometry.reserve {
		// The index is that of the block of descriptors that it will be.
		index := (i.geometry.gdt + at) % pointersPerMap
		binary.LittleEndian.PutUint32(content[4*index:], uint32(first+at))
	}
	i.keep(block, content)
	binary.LittleEndian.PutUint32(n.root[4*(directBlocks+1):], block)
	n.owned = uint32(1 + i.geometry.reserve*int64(1+len(i.geometry.backups())))
}

// putReserve writes one of those blocks.
func (i *Image) putReserve(b []byte, block int64) {
	if block >= blocksPerGroup {
		return // a copy
	}
	for n, group := range i.geometry.backups() {
		binary.LittleEndian.PutUint32(b[4*n:], uint32(block+group*blocksPerGroup))
	}
}
