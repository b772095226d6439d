package extfs

import (
	"io"
	"sort"
)

// Options say what filesystem is made.
type Options struct {
	Kind  Kind
	Size  int64 // bytes
	Label string
	UUID  [16]byte
	// Created is when; it shows in the superblock and in every inode.
	Created Time
}

// An Image is a filesystem. Its bytes are made when they are read; that is for one
// goroutine at a time, and whoever made it closes it.
type Image struct {
	kind    Kind
	size    int64
	uuid    [16]byte
	label   string
	created Time

	geometry geometry
	alloc    *allocator
	inodes   []*Node // inode n is at n-1; nil: reserved and not in use
	dirs     []int   // by group
	journal  *Node
	segments []segment // in the order of their blocks

	open   *segment // the file that was read last
	reader Reader
	made   *segment // the directory whose blocks were made last
	blocks []byte
}

// A segment is a run of blocks that the tree takes.
type segment struct {
	start, count uint32
	node         *Node  // its content is a regular file's or a directory's, from
	logical      uint32 // this block on
	content      []byte // otherwise: of the one block
}

// Size is the image's length in bytes.
func (i *Image) Size() int64 { return i.size }

// Blocks is how many blocks of 4096 bytes are in use.
func (i *Image) Blocks() int64 { return i.geometry.blocks - i.alloc.free() }

// Close closes the file that was read last.
func (i *Image) Close() error { return i.closeFile() }

func (i *Image) closeFile() error {
	if i.reader == nil {
		return nil
	}
	err := i.reader.Close()
	i.reader, i.open = nil, nil
	return err
}

// ReadAt implements [io.ReaderAt], for one goroutine at a time.
func (i *Image) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= i.size {
		return 0, io.EOF
	}
	done := 0
	for done < len(p) && off < i.size {
		n, err := i.read(p[done:min(int64(len(p)), int64(done)+i.size-off)], off)
		done, off = done+n, off+int64(n)
		if err != nil {
			return done, err
		}
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// read fills a beginning of p.
func (i *Image) read(p []byte, off int64) (int, error) {
	if n := i.zeros(off); n > 0 {
		p = p[:min(int64(len(p)), n)]
		clear(p)
		return len(p), nil
	}
	block := off / blockSize
	if s := i.segmentAt(block); s != nil && s.node != nil && s.node.kind() == TypeFile {
		return i.readFile(p, off, s)
	}
	var b [blockSize]byte
	i.putBlock(b[:], block)
	return copy(p, b[off%blockSize:]), nil
}

// Hole returns how many zero bytes are known to come at off.
func (i *Image) Hole(off int64) (int64, error) { return i.zeros(off), nil }

// zeros returns how many bytes from off on are zero for certain, and need no file to
// be read.
func (i *Image) zeros(off int64) int64 {
	block := off / blockSize
	if block >= i.geometry.blocks {
		return i.size - off
	}
	group := block / blocksPerGroup
	start := group * blocksPerGroup
	within, meta := block-start, i.geometry.meta(group)
	switch {
	case within >= i.alloc.used(group):
		return (start+i.geometry.length(group))*blockSize - off
	case within >= meta:
		return i.journalZeros(block, off)
	}
	// What is reserved for descriptors, where nothing is said of it.
	if head := i.geometry.head(group); group > 0 && within > i.geometry.gdt && within < head {
		return (start+head)*blockSize - off
	}
	// The rest of an inode table that no inode uses.
	table := i.geometry.head(group) + 2
	if used := (i.usedInodes(group) + inodesPerBlock - 1) / inodesPerBlock; within >= table+used {
		return (start+meta)*blockSize - off
	}
	return 0
}

// journalZeros is how much of the journal, all but its first block, follows off.
func (i *Image) journalZeros(block, off int64) int64 {
	s := i.segmentAt(block)
	if s == nil || s.node == nil || s.node != i.journal {
		return 0
	}
	if logical := block - int64(s.start) + int64(s.logical); logical == 0 {
		return 0
	}
	return (int64(s.start)+int64(s.count))*blockSize - off
}

// segmentAt finds what of the tree is in a block; nil for nothing.
func (i *Image) segmentAt(block int64) *segment {
	n := sort.Search(len(i.segments), func(n int) bool {
		s := &i.segments[n]
		return int64(s.start)+int64(s.count) > block
	})
	if n < len(i.segments) && int64(i.segments[n].start) <= block {
		return &i.segments[n]
	}
	return nil
}

// readFile reads from a regular file. What is missing there is zeros.
func (i *Image) readFile(p []byte, off int64, s *segment) (int, error) {
	p = p[:min(int64(len(p)), (int64(s.start)+int64(s.count))*blockSize-off)]
	if i.open == nil || i.open.node != s.node {
		if err := i.openFile(s); err != nil {
			return 0, err
		}
	}
	at := off - int64(s.start)*blockSize + int64(s.logical)*blockSize
	want := p[:max(min(int64(len(p)), s.node.Size-at), 0)]
	n, err := i.reader.ReadAt(want, at)
	if err != nil && err != io.EOF {
		return 0, err
	}
	clear(p[n:])
	return len(p), nil
}

func (i *Image) openFile(s *segment) error {
	if err := i.closeFile(); err != nil {
		return err
	}
	r, err := s.node.Content.Open()
	if err != nil {
		return err
	}
	i.reader, i.open = r, s
	return nil
}

// putBlock writes a block that is not a regular file's into b, which is zero.
func (i *Image) putBlock(b []byte, block int64) {
	group := block / blocksPerGroup
	within, head := block%blocksPerGroup, i.geometry.head(group)
	switch {
	case within >= i.geometry.meta(group):
		i.putSegment(b, block)
	case within < head && within == 0:
		if group == 0 {
			i.putSuper(b[superOffset:], group)
		} else {
			i.putSuper(b, group)
		}
	case within <= i.geometry.gdt && within < head:
		i.descriptors(b, within-1)
	case within < head:
		i.putReserve(b, block)
	case within == head:
		putBitmap(b, i.alloc.used(group), i.geometry.length(group))
	case within == head+1:
		putBitmap(b, i.usedInodes(group), i.geometry.inodes)
	default:
		i.putInodes(b, group*i.geometry.inodes+(within-head-2)*inodesPerBlock)
	}
}

// putInodes writes a block of the inode table, from the inode with that index on.
func (i *Image) putInodes(b []byte, first int64) {
	for n := first; n < min(first+inodesPerBlock, int64(len(i.inodes))); n++ {
		if node := i.inodes[n]; node != nil {
			node.put(b[(n-first)*inodeSize:][:inodeSize], i.created)
		}
	}
}

// putSegment writes a block of a directory, or one whose content is at hand.
func (i *Image) putSegment(b []byte, block int64) {
	s := i.segmentAt(block)
	switch {
	case s == nil:
	case s.node == nil:
		copy(b, s.content)
	default:
		if i.made == nil || i.made.node != s.node {
			i.made, i.blocks = s, s.node.dirContent()
		}
		at := block - int64(s.start) + int64(s.logical)
		copy(b, i.blocks[at*blockSize:])
	}
}
