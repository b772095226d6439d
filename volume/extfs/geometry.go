package extfs

const (
	blockSize      = 4096 // bytes
	inodeSize      = 256  // bytes
	blocksPerGroup = 8 * blockSize
	inodesPerBlock = blockSize / inodeSize
	descSize       = 32 // bytes of a group descriptor
	descsPerBlock  = blockSize / descSize
	// bytesPerInode is how many bytes of a filesystem there are for one inode, at
	// most, as mke2fs has it.
	bytesPerInode = 16384
	// The first inode that is not reserved for the filesystem's own use.
	firstInode = 11
	// Room that must be in the last group for it to be worth its metadata: mke2fs
	// drops a smaller one.
	minLastGroup = 50 // blocks
	// Some inodes stay free in any case, for what is written later.
	spareInodes = 64
	// maxBlocks is what numbers of 32 bits can count.
	maxBlocks = 1<<32 - 1
)

// geometry is how a filesystem of a size is divided.
type geometry struct {
	blocks  int64 // of the filesystem; less than the image has if the last group is dropped
	groups  int64
	inodes  int64 // per group
	gdt     int64 // blocks of group descriptors
	reserve int64 // blocks for those of groups that are added when the filesystem grows
	journal int64 // blocks
}

// divide makes the geometry for blocks, with at least inodes.
func divide(kind Kind, blocks, inodes int64) geometry {
	g := geometry{journal: journalBlocks(kind, blocks)}
	want := max(inodes+spareInodes, blocks*blockSize/bytesPerInode)
	for {
		g.blocks = blocks
		g.groups = (blocks + blocksPerGroup - 1) / blocksPerGroup
		g.gdt = descBlocks(blocks)
		g.reserve = reserveFor(blocks)
		perGroup := (want + g.groups - 1) / max(g.groups, 1)
		g.inodes = (perGroup + inodesPerBlock - 1) / inodesPerBlock * inodesPerBlock
		last := blocks - (g.groups-1)*blocksPerGroup
		if g.groups < 2 || last >= g.meta(g.groups-1)+minLastGroup {
			return g
		}
		blocks -= last
	}
}

// descBlocks is how many blocks the descriptors of a filesystem's groups take.
func descBlocks(blocks int64) int64 {
	const each = blocksPerGroup * descsPerBlock
	return (blocks + each - 1) / each
}

// reserveFor is how many blocks are kept for a filesystem to grow while it is mounted,
// as mke2fs has it: to the 1024-fold.
func reserveFor(blocks int64) int64 {
	return min(descBlocks(min(blocks*1024, maxBlocks))-descBlocks(blocks), pointersPerMap)
}

// backups are the groups but the first that have a superblock.
func (g geometry) backups() []int64 {
	var groups []int64
	for group := int64(1); group < g.groups; group++ {
		if hasSuper(group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// journalBlocks is how long the journal of a filesystem is, as mke2fs has it. The
// smallest have none.
func journalBlocks(kind Kind, blocks int64) int64 {
	if kind == Ext2 {
		return 0
	}
	for _, step := range []struct{ below, journal int64 }{
		{2048, 0}, {32768, 1024}, {256 << 10, 4096}, {512 << 10, 8192}, {4096 << 10, 16384}, {8192 << 10, 32768},
	} {
		if blocks < step.below {
			return step.journal
		}
	}
	return 65536
}

// hasSuper reports whether a group begins with a superblock and the descriptors.
func hasSuper(group int64) bool {
	if group <= 1 {
		return true
	}
	for _, base := range []int64{3, 5, 7} {
		power := base
		for power < group {
			power *= base
		}
		if power == group {
			return true
		}
	}
	return false
}

// head is how many blocks of a group the superblock and descriptors take, and may take.
func (g geometry) head(group int64) int64 {
	if hasSuper(group) {
		return 1 + g.gdt + g.reserve
	}
	return 0
}

func (g geometry) inodeTable() int64 { return g.inodes / inodesPerBlock }

// meta is how many blocks at the beginning of a group are the filesystem's own.
func (g geometry) meta(group int64) int64 { return g.head(group) + 2 + g.inodeTable() }

// length is how many blocks a group has.
func (g geometry) length(group int64) int64 {
	return min(g.blocks-group*blocksPerGroup, blocksPerGroup)
}

// room is how many blocks there are for the tree.
func (g geometry) room() int64 {
	n := -g.journal
	for group := range g.groups {
		n += g.length(group) - g.meta(group)
	}
	return n
}

func (g geometry) valid() bool {
	return g.blocks <= maxBlocks && g.inodes <= blocksPerGroup && g.groups > 0 && g.meta(g.groups-1) < g.length(g.groups-1)
}
