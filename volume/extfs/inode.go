package extfs

import "encoding/binary"

const extentsFlag = 0x80000

// put writes the inode. created is when the filesystem was made, which is when the
// inode was.
func (n *Node) put(b []byte, created Time) {
	le := binary.LittleEndian
	le.PutUint16(b[0x00:], uint16(n.Mode))
	le.PutUint16(b[0x02:], uint16(n.UID))
	le.PutUint32(b[0x04:], uint32(n.size()))
	le.PutUint16(b[0x18:], uint16(n.GID))
	le.PutUint16(b[0x1a:], uint16(n.linkCount()))
	sectors := uint64(n.owned) * (blockSize / 512)
	le.PutUint32(b[0x1c:], uint32(sectors))
	if n.extents {
		le.PutUint32(b[0x20:], extentsFlag)
	}
	copy(b[0x28:0x28+rootSize], n.root[:])
	le.PutUint32(b[0x68:], n.xattrBlock)
	le.PutUint32(b[0x6c:], uint32(n.size()>>32))
	le.PutUint16(b[0x74:], uint16(sectors>>32))
	le.PutUint16(b[0x78:], uint16(n.UID>>16))
	le.PutUint16(b[0x7a:], uint16(n.GID>>16))
	le.PutUint16(b[0x80:], extraSize)
	putTime(b, 0x08, 0x8c, n.Atime)
	putTime(b, 0x0c, 0x84, n.Ctime)
	putTime(b, 0x10, 0x88, n.Mtime)
	putTime(b, 0x90, 0x94, created)
	if all, err := stored(n.Xattrs); err == nil { // New has seen that it is
		inInode, _, _ := shareXattrs(all)
		putInodeXattrs(b, inInode)
	}
}

// putTime writes the seconds, and beside them, in two bits, those past 2038, and the
// nanoseconds.
func putTime(b []byte, at, extra int, t Time) {
	binary.LittleEndian.PutUint32(b[at:], uint32(t.Sec))
	epoch := uint32((t.Sec-int64(int32(t.Sec)))>>32) & 3
	binary.LittleEndian.PutUint32(b[extra:], t.Nsec<<2|epoch)
}

// size is the length of what the inode holds.
func (n *Node) size() int64 {
	switch n.kind() {
	case TypeFile:
		return n.Size
	case TypeDir:
		return n.dirBlocks() * blockSize
	case TypeLink:
		return int64(len(n.Target))
	}
	return 0
}

// maxLinks is what the count of links can tell; ext4 writes 1 for a directory that
// has more.
const (
	maxLinks     = 65000
	maxLinksOld  = 32000 // of ext2 and ext3
	manyDirLinks = 1
)

func (n *Node) linkCount() int {
	if n.isDir() && n.links > maxLinks {
		return manyDirLinks
	}
	return n.links
}

// putDevice notes the numbers of a device in the inode: those that fit into a byte
// each as Linux 2.4 had it, larger ones in the place beside.
func (n *Node) putDevice() {
	if n.Major < 256 && n.Minor < 256 {
		binary.LittleEndian.PutUint32(n.root[0:], n.Major<<8|n.Minor)
		return
	}
	binary.LittleEndian.PutUint32(n.root[4:], n.Minor&0xff|n.Major<<8|n.Minor&^0xff<<12)
}
