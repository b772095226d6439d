package extfs

// Usage is what a tree takes of a filesystem.
type Usage struct {
	Inodes int64
	Blocks int64 // of 4096 bytes
}

// Measure counts what the tree below root takes, before [New] has it.
func Measure(root *Node, kind Kind) Usage {
	u := Usage{Inodes: firstInode - 1, Blocks: 1}
	u.add(withLostFound(root, Time{}), kind)
	seen := map[*Node]bool{} // files: those with several names count once
	for todo := []*Node{root}; len(todo) > 0; {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range dir.Entries {
			if e.Node.isDir() {
				todo = append(todo, e.Node)
			} else if seen[e.Node] {
				continue
			} else if e.Node.Linked {
				seen[e.Node] = true
			}
			u.add(e.Node, kind)
		}
	}
	return u
}

func (u *Usage) add(n *Node, kind Kind) {
	u.Inodes++
	u.Blocks += n.blocksNeeded(kind)
}

// blocksNeeded is how many blocks an inode takes, or a few more.
func (n *Node) blocksNeeded(kind Kind) int64 {
	var blocks int64
	switch n.kind() {
	case TypeDir:
		blocks = n.dirBlocks()
	case TypeFile:
		ranges := n.blockRanges()
		for _, r := range ranges {
			blocks += int64(r.count)
		}
		blocks += mapBlocks(kind, ranges, blocks)
	case TypeLink:
		if len(n.Target) >= rootSize {
			blocks = 1
		}
	}
	if all, err := stored(n.Xattrs); err == nil {
		if _, inBlock, _ := shareXattrs(all); len(inBlock) > 0 {
			blocks++
		}
	}
	return blocks
}

// mapBlocks is how many blocks lead to a file's, or a few more.
func mapBlocks(kind Kind, ranges []run, blocks int64) int64 {
	if kind == Ext4 {
		if extents := int64(len(ranges)) + blocks/(maxExtent/2); extents > extentsInInode {
			return extents/(extentsInBlock-1) + 2
		}
		return 0
	}
	if len(ranges) == 0 {
		return 0
	}
	last := ranges[len(ranges)-1]
	if last.logical+last.count <= directBlocks {
		return 0
	}
	// A block of pointers for each that they fill, at worst two more for each range,
	// and the one of the third level.
	return blocks/pointersPerMap + 2*int64(len(ranges)) + 3
}

// SizeFor returns the size in bytes of a filesystem of a kind that holds a tree and
// has free bytes left, in whole mebibytes.
func SizeFor(kind Kind, u Usage, free int64) int64 {
	const mebibyte = 1 << 20 / blockSize
	need := u.Blocks + blocksFor(free) + 1 // one leads to what is reserved
	for total := need; ; {
		total = (total + mebibyte - 1) / mebibyte * mebibyte
		g := divide(kind, total, u.Inodes)
		// A file that crosses a group's own blocks has some more extents for it.
		missing := need + 2*g.groups - g.room()
		switch {
		case total > maxBlocks, g.valid() && missing <= 0:
			return total * blockSize
		case !g.valid():
			total++
		default:
			total += missing
		}
	}
}
