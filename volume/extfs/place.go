package extfs

import "fmt"

// place gives every node its blocks.
func (i *Image) place() error {
	if i.geometry.reserve > 0 {
		i.placeReserve()
	}
	if i.geometry.journal > 0 {
		i.placeJournal()
	}
	for at, n := range i.inodes {
		if n == nil || at < firstInode-1 && at != rootInode-1 {
			continue
		}
		if err := i.placeNode(n); err != nil {
			return err
		}
	}
	return nil
}

func (i *Image) placeJournal() {
	i.journal = &Node{
		Mode: TypeFile | 0o600, Size: i.geometry.journal * blockSize, links: 1,
		Atime: i.created, Mtime: i.created, Ctime: i.created,
		Content: Bytes(journalSuper(i.geometry.journal, i.uuid)),
	}
	i.inodes[journalInode-1] = i.journal
	i.placeRuns(i.journal, []run{{count: uint32(i.geometry.journal)}})
}

func (i *Image) placeNode(n *Node) error {
	switch n.kind() {
	case TypeChar, TypeBlock:
		n.putDevice()
	case TypeDir:
		i.placeRuns(n, []run{{count: uint32(n.dirBlocks())}})
	case TypeFile:
		i.placeRuns(n, n.blockRanges())
	case TypeLink:
		i.placeTarget(n)
	}
	return i.placeXattrs(n)
}

// placeTarget puts the target of a symbolic link into the inode, or if it is too long
// for that, into a block.
func (i *Image) placeTarget(n *Node) {
	if len(n.Target) < rootSize {
		copy(n.root[:], n.Target)
		return
	}
	block := i.alloc.one()
	i.keep(block, []byte(n.Target))
	i.mapRuns(n, []run{{physical: block, count: 1}})
	n.owned++
}

// placeRuns gives blocks to the ranges of a file or directory.
func (i *Image) placeRuns(n *Node, ranges []run) {
	var runs []run
	for _, want := range ranges {
		runs = append(runs, i.alloc.take(int64(want.logical), int64(want.count))...)
	}
	for _, r := range runs {
		i.segments = append(i.segments, segment{start: r.physical, count: r.count, node: n, logical: r.logical})
		n.owned += r.count
	}
	i.mapRuns(n, runs)
}

// mapRuns makes the inode lead to its blocks.
func (i *Image) mapRuns(n *Node, runs []run) {
	m := mapper{i.alloc, i.keep}
	if i.kind == Ext4 {
		n.extents = true
		n.owned += m.extentTree(n.root[:], runs)
		return
	}
	n.owned += m.blockMap(n.root[:], runs)
}

func (i *Image) placeXattrs(n *Node) error {
	all, err := stored(n.Xattrs)
	if err != nil {
		return fmt.Errorf("inode %d: %w", n.ino, err)
	}
	_, inBlock, err := shareXattrs(all)
	if err != nil || len(inBlock) == 0 {
		return err
	}
	n.xattrBlock = i.alloc.one()
	i.keep(n.xattrBlock, newXattrBlock(inBlock))
	n.owned++
	return nil
}

// keep notes what is in a block that was just given out.
func (i *Image) keep(block uint32, content []byte) {
	i.segments = append(i.segments, segment{start: block, count: 1, content: content})
}

// countDirs counts the directories whose inodes are in each group.
func (i *Image) countDirs() {
	i.dirs = make([]int, i.geometry.groups)
	for at, n := range i.inodes {
		if n != nil && n.isDir() {
			i.dirs[int64(at)/i.geometry.inodes]++
		}
	}
}
