package extfs

// A run is a piece of a file in blocks that follow one another.
type run struct {
	logical  uint32 // its first block in the file
	physical uint32 // and on the disk
	count    uint32
}

// An allocator gives out the blocks of a filesystem from front to back, those that
// are not the filesystem's own.
type allocator struct {
	geometry
	next  int64 // block
	short int64 // blocks that were asked for and not there
}

func newAllocator(g geometry) *allocator { return &allocator{geometry: g, next: g.meta(0)} }

// take returns count blocks, which stand for the blocks of a file from logical on.
// If there are not as many, it notes how many are missing.
func (a *allocator) take(logical, count int64) []run {
	var runs []run
	for count > 0 {
		group := a.next / blocksPerGroup
		if group >= a.groups {
			a.short += count
			break
		}
		n := min(count, group*blocksPerGroup+a.length(group)-a.next, maxExtent)
		if n > 0 {
			runs = append(runs, run{uint32(logical), uint32(a.next), uint32(n)})
		}
		logical, count, a.next = logical+n, count-n, a.next+n
		if group = a.next / blocksPerGroup; a.next == group*blocksPerGroup || a.next == a.blocks {
			a.next = a.nextGroup()
		}
	}
	return runs
}

// nextGroup is the first block to give out in the group that begins at next.
func (a *allocator) nextGroup() int64 {
	if group := a.next / blocksPerGroup; a.next < a.blocks && group < a.groups {
		return a.next + a.meta(group)
	}
	return a.groups * blocksPerGroup // none
}

// one returns a single block; 0 if there is none.
func (a *allocator) one() uint32 {
	if runs := a.take(0, 1); len(runs) > 0 {
		return runs[0].physical
	}
	return 0
}

// used is how many blocks of a group are in use.
func (a *allocator) used(group int64) int64 {
	return min(max(a.next-group*blocksPerGroup, a.meta(group)), a.length(group))
}

// free is how many blocks of the filesystem are not in use.
func (a *allocator) free() int64 {
	var n int64
	for group := range a.groups {
		n += a.length(group) - a.used(group)
	}
	return n
}

// blockRanges returns which blocks of a regular file hold data, as runs without a
// place on the disk.
func (n *Node) blockRanges() []run {
	if n.Size <= 0 {
		return nil
	}
	if !n.Holey {
		return []run{{count: uint32(blocksFor(n.Size))}}
	}
	var runs []run
	next := int64(0)
	for _, r := range n.Data {
		from, to := max(r.Off/blockSize, next), blocksFor(min(r.Off+r.Len, n.Size))
		if r.Len <= 0 || from >= to {
			continue
		}
		if last := len(runs) - 1; last >= 0 && from == next {
			runs[last].count += uint32(to - from)
		} else {
			runs = append(runs, run{logical: uint32(from), count: uint32(to - from)})
		}
		next = to
	}
	return runs
}

func blocksFor(size int64) int64 { return (size + blockSize - 1) / blockSize }

// mayJoin reports whether b goes on where a ends, in the file and on the disk.
func mayJoin(a, b run) bool {
	return a.logical+a.count == b.logical && a.physical+a.count == b.physical && a.count+b.count <= maxExtent
}
