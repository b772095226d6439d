package extfs

import "encoding/binary"

// What a filesystem has, as the superblock names it.
const (
	hasJournal = 0x4
	extAttr    = 0x8
	resizable  = 0x10
	dirIndex   = 0x20

	fileTypes = 0x2
	extents   = 0x40

	sparseSuper = 0x1
	largeFile   = 0x2
	hugeFile    = 0x8
	dirNlink    = 0x20
	extraIsize  = 0x40
)

const (
	superOffset     = 1024 // of the superblock in the first block, bytes
	superMagic      = 0xef53
	reservedPercent = 5
	resizeInode     = 7
	journalInode    = 8
	rootInode       = 2
)

// features returns the feature words of the superblock. Older kernels than the kind's
// own mount what they know.
func (i *Image) features() (compat, incompat, readOnly uint32) {
	compat, incompat, readOnly = extAttr|dirIndex, fileTypes, sparseSuper|largeFile
	if i.geometry.journal > 0 {
		compat |= hasJournal
	}
	if i.geometry.reserve > 0 {
		compat |= resizable
	}
	if i.kind == Ext4 {
		incompat |= extents
		readOnly |= hugeFile | dirNlink | extraIsize
	}
	return compat, incompat, readOnly
}

// putSuper writes the superblock as it stands in a group.
func (i *Image) putSuper(b []byte, group int64) {
	for _, field := range i.superFields(group) {
		binary.LittleEndian.PutUint32(b[field.at:], field.value)
	}
	copy(b[0x68:0x78], i.uuid[:])
	copy(b[0x78:0x88], i.label)
	copy(b[0xec:0xfc], i.uuid[:]) // the seed of hashes may be anything
	if i.geometry.journal > 0 {
		i.putJournalFields(b)
	}
}

// A superField is a number in the superblock, or two short ones.
type superField struct {
	at    int
	value uint32
}

func (i *Image) superFields(group int64) []superField {
	g := i.geometry
	compat, incompat, readOnly := i.features()
	return []superField{
		{0x00, uint32(g.inodes * g.groups)},
		{0x04, uint32(g.blocks)},
		{0x08, uint32(min(g.blocks*reservedPercent/100, i.alloc.free()))},
		{0x0c, uint32(i.alloc.free())},
		{0x10, uint32(g.inodes*g.groups - int64(len(i.inodes)))},
		{0x18, 2}, {0x1c, 2}, // blocks and clusters of 1024<<2 bytes
		{0x20, blocksPerGroup}, {0x24, blocksPerGroup},
		{0x28, uint32(g.inodes)},
		{0x30, uint32(i.created.Sec)},
		{0x34, 0xffff << 16}, // mounted 0 times; no check after some
		{0x38, superMagic | 1<<16},
		{0x3c, 1}, // go on after errors
		{0x40, uint32(i.created.Sec)},
		{0x4c, 1}, // revision with inodes of any size
		{0x54, firstInode},
		{0x58, inodeSize | uint32(group)<<16},
		{0x5c, compat}, {0x60, incompat}, {0x64, readOnly},
		{0xcc, uint32(g.reserve) << 16},
		{0xfc, 1},          // directories are hashed by half MD4
		{0x100, 0x4 | 0x8}, // mounted with user_xattr and acl
		{0x108, uint32(i.created.Sec)},
		{0x15c, extraSize | extraSize<<16},
		{0x160, 1}, // names are hashed as signed bytes
	}
}

// putJournalFields notes where the journal is, twice.
func (i *Image) putJournalFields(b []byte) {
	le := binary.LittleEndian
	le.PutUint32(b[0xe0:], journalInode)
	b[0xfd] = 1 // what follows is a copy of the inode's
	copy(b[0x10c:], i.journal.root[:])
	le.PutUint32(b[0x10c+rootSize:], uint32(i.journal.Size>>32))
	le.PutUint32(b[0x10c+rootSize+4:], uint32(i.journal.Size))
}

// descriptors makes a block of group descriptors, the one with that number.
func (i *Image) descriptors(b []byte, number int64) {
	le := binary.LittleEndian
	for j := range int64(descsPerBlock) {
		group := number*descsPerBlock + j
		if group >= i.geometry.groups {
			return
		}
		d := b[j*descSize:]
		first := group*blocksPerGroup + i.geometry.head(group)
		le.PutUint32(d[0:], uint32(first))
		le.PutUint32(d[4:], uint32(first+1))
		le.PutUint32(d[8:], uint32(first+2))
		le.PutUint16(d[12:], uint16(i.geometry.length(group)-i.alloc.used(group)))
		le.PutUint16(d[14:], uint16(i.geometry.inodes-i.usedInodes(group)))
		le.PutUint16(d[16:], uint16(i.dirs[group]))
	}
}

// usedInodes is how many inodes of a group are in use.
func (i *Image) usedInodes(group int64) int64 {
	return min(max(int64(len(i.inodes))-group*i.geometry.inodes, 0), i.geometry.inodes)
}

// putBitmap sets the first used bits of length, and those past length, which stand
// for nothing.
func putBitmap(b []byte, used, length int64) {
	set := func(from, to int64) {
		for ; from < to && from%8 != 0; from++ {
			b[from/8] |= 1 << (from % 8)
		}
		for ; from+8 <= to; from += 8 {
			b[from/8] = 0xff
		}
		for ; from < to; from++ {
			b[from/8] |= 1 << (from % 8)
		}
	}
	set(0, used)
	set(length, blocksPerGroup)
}

// journalSuper makes the first block of an empty journal; the kernel's jbd2 says how.
func journalSuper(blocks int64, uuid [16]byte) []byte {
	const magic, version2 = 0xc03b3998, 4
	b := make([]byte, blockSize)
	be := binary.BigEndian
	be.PutUint32(b[0x00:], magic)
	be.PutUint32(b[0x04:], version2)
	be.PutUint32(b[0x0c:], blockSize)
	be.PutUint32(b[0x10:], uint32(blocks))
	be.PutUint32(b[0x14:], 1) // the first block of the log
	be.PutUint32(b[0x18:], 1) // the first transaction expected
	copy(b[0x30:], uuid[:])
	be.PutUint32(b[0x40:], 1) // one filesystem uses it
	return b
}
