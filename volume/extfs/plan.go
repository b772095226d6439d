package extfs

import (
	"fmt"
	"slices"
)

// New lays out a filesystem that holds the tree below root, which is a directory. It
// reads no file. The root of every filesystem has a directory lost+found; one is
// added if there is none.
func New(root *Node, o Options) (*Image, error) {
	if o.Size < blockSize || o.Size/blockSize > maxBlocks {
		return nil, &SpaceError{Size: o.Size, Need: blockSize}
	}
	i := &Image{kind: o.Kind, size: o.Size, uuid: o.UUID, label: o.Label, created: o.Created}
	if err := i.number(withLostFound(root, o.Created)); err != nil {
		return nil, err
	}
	i.geometry = divide(o.Kind, o.Size/blockSize, int64(len(i.inodes)))
	if !i.geometry.valid() {
		return nil, &SpaceError{Size: o.Size, Need: i.enough()}
	}
	i.alloc = newAllocator(i.geometry)
	if err := i.place(); err != nil {
		return nil, err
	}
	if i.alloc.short > 0 {
		return nil, &SpaceError{Size: o.Size, Need: i.enough()}
	}
	i.countDirs()
	return i, nil
}

// withLostFound returns the root with a directory lost+found, where e2fsck puts what
// it finds. It has blocks of its own beforehand, for a disk that is full then.
func withLostFound(root *Node, now Time) *Node {
	const name = "lost+found"
	if slices.ContainsFunc(root.Entries, func(e Entry) bool { return e.Name == name }) {
		return root
	}
	with := *root
	found := &Node{Mode: TypeDir | 0o700, Atime: now, Mtime: now, Ctime: now}
	with.Entries = append([]Entry{{name, found}}, root.Entries...)
	return &with
}

// number gives every node an inode, in the order of the tree, and counts links.
func (i *Image) number(root *Node) error {
	i.inodes = make([]*Node, firstInode-1)
	root.ino, root.parent, root.links = rootInode, rootInode, 1
	i.inodes[rootInode-1] = root
	if root.kind() != TypeDir {
		return fmt.Errorf("/: %w", ErrType)
	}
	if err := i.numberEntries(root); err != nil {
		return err
	}
	return i.checkLinks()
}

// numberEntries numbers what is in a directory and below it. It goes from directory
// to directory with a list of its own: a tree can be deeper than a stack.
func (i *Image) numberEntries(root *Node) error {
	for todo := []*Node{root}; len(todo) > 0; {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		dir.links++ // its own "."
		for _, e := range dir.Entries {
			if err := i.numberEntry(dir, e); err != nil {
				return fmt.Errorf("%q: %w", e.Name, err)
			}
			if e.Node.isDir() {
				todo = append(todo, e.Node)
			}
		}
	}
	return nil
}

func (i *Image) numberEntry(dir *Node, e Entry) error {
	if err := checkName(e.Name); err != nil {
		return err
	}
	n := e.Node
	if n.links++; n.ino != 0 && n.isDir() {
		return ErrLinks
	} else if n.ino != 0 {
		return nil // another name of a file that has one
	}
	if err := n.check(); err != nil {
		return err
	}
	if n.isDir() {
		n.parent = dir.ino
		dir.links++ // its ".."
	}
	i.inodes = append(i.inodes, n)
	n.ino = uint32(len(i.inodes))
	return nil
}

func (i *Image) checkLinks() error {
	most := maxLinks
	if i.kind != Ext4 {
		most = maxLinksOld
	}
	for _, n := range i.inodes {
		if n != nil && n.links > most && !(n.isDir() && i.kind == Ext4) {
			return fmt.Errorf("inode with %d names: %w", n.links, ErrLinks)
		}
	}
	return nil
}

// enough is the size of a filesystem in which the tree fits.
func (i *Image) enough() int64 {
	var u Usage
	for _, n := range i.inodes {
		if n != nil && n != i.journal {
			u.add(n, i.kind)
		}
	}
	return SizeFor(i.kind, u, 0)
}
