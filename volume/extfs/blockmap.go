package extfs

import (
	"encoding/binary"
	"sort"
)

const (
	rootSize       = 60 // bytes of an inode that lead to its blocks
	extentMagic    = 0xf30a
	extentSize     = 12
	extentsInInode = rootSize/extentSize - 1
	extentsInBlock = blockSize/extentSize - 1
	maxExtent      = 32768 // blocks

	directBlocks   = 12
	pointersPerMap = blockSize / 4
)

// A mapper lays out the way from an inode to its blocks, in blocks of its own where
// the inode has no room.
type mapper struct {
	*allocator
	// keep notes what is in a block.
	keep func(block uint32, content []byte)
}

// extentTree writes the runs into the root of an inode, as ext4 does, and returns how
// many blocks it took for it.
func (m mapper) extentTree(root []byte, runs []run) uint32 {
	level := make([]extentEntry, 0, len(runs))
	for _, r := range runs {
		if last := len(level) - 1; last >= 0 && mayJoin(level[last].run, r) {
			level[last].count += r.count
			continue
		}
		level = append(level, extentEntry{r})
	}
	depth, taken := uint16(0), uint32(0)
	for ; len(level) > extentsInInode; depth++ {
		var above []extentEntry
		for len(level) > 0 {
			n := min(len(level), extentsInBlock)
			block := m.one()
			content := make([]byte, blockSize)
			putExtents(content, level[:n], depth, extentsInBlock)
			m.keep(block, content)
			above = append(above, extentEntry{run{logical: level[0].logical, physical: block}})
			level = level[n:]
			taken++
		}
		level = above
	}
	putExtents(root, level, depth, extentsInInode)
	return taken
}

// An extentEntry is an extent, or in a node of the tree that is no leaf, the place of
// the node below.
type extentEntry struct{ run }

func putExtents(b []byte, entries []extentEntry, depth uint16, room int) {
	le := binary.LittleEndian
	le.PutUint16(b[0:], extentMagic)
	le.PutUint16(b[2:], uint16(len(entries)))
	le.PutUint16(b[4:], uint16(room))
	le.PutUint16(b[6:], depth)
	for i, e := range entries {
		b := b[extentSize*(i+1):]
		le.PutUint32(b[0:], e.logical)
		if depth > 0 {
			le.PutUint32(b[4:], e.physical)
			continue
		}
		le.PutUint16(b[4:], uint16(e.count))
		le.PutUint32(b[8:], e.physical)
	}
}

// blockMap writes the runs into the root of an inode as ext2 and ext3 do: the first
// blocks directly, the others by way of blocks of pointers, of blocks of these, and
// so on. It returns how many of those it took.
func (m mapper) blockMap(root []byte, runs []run) uint32 {
	for i := range uint32(directBlocks) {
		binary.LittleEndian.PutUint32(root[4*i:], lookUp(runs, i))
	}
	taken, first := uint32(0), uint64(directBlocks)
	for level, span := 1, uint64(pointersPerMap); level <= 3; level, span = level+1, span*pointersPerMap {
		binary.LittleEndian.PutUint32(root[4*(directBlocks+level-1):], m.pointers(runs, first, span, &taken))
		first += span
	}
	return taken
}

// pointers makes a block of pointers to span blocks of the file from first on, and
// those below it; 0 if all of them are a hole.
func (m mapper) pointers(runs []run, first, span uint64, taken *uint32) uint32 {
	i := sort.Search(len(runs), func(i int) bool { return uint64(runs[i].logical)+uint64(runs[i].count) > first })
	if i == len(runs) || uint64(runs[i].logical) >= first+span {
		return 0
	}
	runs = runs[i:]
	block := m.one()
	*taken++
	content := make([]byte, blockSize)
	m.keep(block, content) // now: blocks are kept in their order, and below are more
	below := span / pointersPerMap
	for j := range uint64(pointersPerMap) {
		to := lookUp
		if below > 1 {
			to = func(runs []run, first uint32) uint32 { return m.pointers(runs, uint64(first), below, taken) }
		}
		if at := first + j*below; at <= maxBlocks {
			binary.LittleEndian.PutUint32(content[4*j:], to(runs, uint32(at)))
		}
	}
	return block
}

// lookUp is where a block of a file is on the disk; 0 for a hole.
func lookUp(runs []run, logical uint32) uint32 {
	i := sort.Search(len(runs), func(i int) bool { return runs[i].logical+runs[i].count > logical })
	if i < len(runs) && runs[i].logical <= logical {
		return runs[i].physical + logical - runs[i].logical
	}
	return 0
}
