package volume

import (
	"io"

	"emikit/volume/extfs"
)

// A Tree is what of a volume is to be in its image.
type Tree struct {
	Root *extfs.Node
	// Filtered, Sockets and TooDeep are paths in the volume that stayed away: the first
	// by a rule to [Filter], the others because a socket means nothing in a copy, and
	// because no path of Linux can be so long.
	Filtered, Sockets, TooDeep []string
	// Unused are the patterns of rules to [Include], to [Exclude] or for an [EmptyDir]
	// that nothing in the volume matched: mistyped ones, perhaps.
	Unused []string
	// Files counts all names in it, directories included.
	Files int64

	changes *changes
	closer  io.Closer
}

// changes are the files that were not as they had been seen. Whoever reads the image
// writes to it, and no one reads it meanwhile.
type changes struct{ paths []string }

func (c *changes) add(path string) {
	if len(c.paths) == 0 || c.paths[len(c.paths)-1] != path {
		c.paths = append(c.paths, path)
	}
}

// find returns the node at a path below the root, given as its names; nil if there is
// none.
func find(n *extfs.Node, names ...string) *extfs.Node {
	for _, name := range names {
		var next *extfs.Node
		for _, e := range n.Entries {
			if e.Name == name {
				next = e.Node
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}

// put gives a name in a directory to a node, in place of what had it. It keeps the
// order of names.
func put(dir *extfs.Node, name string, n *extfs.Node) {
	at := len(dir.Entries)
	for i, e := range dir.Entries {
		if e.Name == name {
			dir.Entries[i].Node = n
			return
		}
		if e.Name > name {
			at = i
			break
		}
	}
	dir.Entries = append(dir.Entries, extfs.Entry{})
	copy(dir.Entries[at+1:], dir.Entries[at:])
	dir.Entries[at] = extfs.Entry{Name: name, Node: n}
}

// makeDir returns the directory at a path below root, and makes what is missing. It is
// nil if something else is in the way.
func makeDir(root *extfs.Node, now extfs.Time, names ...string) *extfs.Node {
	dir := root
	for _, name := range names {
		next := find(dir, name)
		if next == nil {
			next = &extfs.Node{Mode: extfs.TypeDir | 0o755, Atime: now, Mtime: now, Ctime: now}
			put(dir, name, next)
		}
		if next.Mode&extfs.TypeMask != extfs.TypeDir {
			return nil
		}
		dir = next
	}
	return dir
}

// makeSpecial adds the directories that a booting system mounts on, and in /dev, if it
// is empty, the devices that it needs before.
func makeSpecial(root *extfs.Node, now extfs.Time) {
	for _, name := range []string{"mnt", "proc", "sys"} {
		makeDir(root, now, name)
	}
	dev := makeDir(root, now, "dev")
	if dev == nil || len(dev.Entries) > 0 {
		return
	}
	for _, d := range []struct {
		name               string
		major, minor, mode uint32
	}{{"console", 5, 1, 0o600}, {"null", 1, 3, 0o666}, {"tty", 5, 0, 0o666}, {"zero", 1, 5, 0o666}} {
		put(dev, d.name, &extfs.Node{
			Mode: extfs.TypeChar | d.mode, Major: d.major, Minor: d.minor, Atime: now, Mtime: now, Ctime: now,
		})
	}
}

// putFile puts a small file in the place of the one at a path; that one, if it is
// there, is kept under its name with suffix.
func putFile(root *extfs.Node, now extfs.Time, content []byte, suffix string, names ...string) bool {
	dir := makeDir(root, now, names[:len(names)-1]...)
	if dir == nil {
		return false
	}
	name := names[len(names)-1]
	if old := find(dir, name); old != nil {
		put(dir, name+suffix, old)
	}
	put(dir, name, &extfs.Node{
		Mode: extfs.TypeFile | 0o644, Size: int64(len(content)), Content: extfs.Bytes(content),
		Atime: now, Mtime: now, Ctime: now,
	})
	return true
}

// Close lets go of the volume. What was made of the tree cannot be read after that.
func (t *Tree) Close() error {
	if t.closer == nil {
		return nil
	}
	return t.closer.Close()
}
