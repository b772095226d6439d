package extfs

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

const (
	xattrMagic     = 0xea020000
	xattrEntryHead = 16 // bytes of an entry without its name
	xattrBlockHead = 32
	extraSize      = 32 // bytes of an inode past the first 128 that are fields
	inodeFields    = 128 + extraSize
)

// xattrSpaces are the namespaces by their numbers on the disk. The ACLs have a number
// each and no name.
func xattrSpace(name string) (index byte, rest string, ok bool) {
	switch name {
	case "system.posix_acl_access":
		return 2, "", true
	case "system.posix_acl_default":
		return 3, "", true
	}
	for _, space := range []struct {
		index  byte
		prefix string
	}{{1, "user."}, {4, "trusted."}, {6, "security."}} {
		if rest, ok := strings.CutPrefix(name, space.prefix); ok && rest != "" && len(rest) <= maxName {
			return space.index, rest, true
		}
	}
	return 0, "", false
}

// A storedXattr is an attribute as it is on the disk.
type storedXattr struct {
	index byte
	name  string
	value []byte
}

// stored returns the attributes in the form and order of the disk. Those of
// namespaces that ext4 does not have are left out.
func stored(xattrs []Xattr) ([]storedXattr, error) {
	var all []storedXattr
	for _, x := range xattrs {
		index, name, ok := xattrSpace(x.Name)
		if !ok {
			continue
		}
		value := x.Value
		if name == "" {
			var err error
			if value, err = storedACL(value); err != nil {
				return nil, err
			}
		}
		all = append(all, storedXattr{index, name, value})
	}
	slices.SortFunc(all, func(a, b storedXattr) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	return all, nil
}

// HasXattr reports whether a filesystem can hold an attribute of that name.
func HasXattr(name string) bool {
	_, _, ok := xattrSpace(name)
	return ok
}

// CheckXattrs tells whether the attributes of one file fit into a filesystem.
func CheckXattrs(xattrs []Xattr) error {
	all, err := stored(xattrs)
	if err == nil {
		_, _, err = shareXattrs(all)
	}
	return err
}

var errACL = errors.New("not an access control list")

// storedACL turns an ACL as the kernel shows it (version 2, eight bytes an entry) into
// that of the disk (version 1, without an id where none is meant).
func storedACL(b []byte) ([]byte, error) {
	const (
		head, entry    = 4, 8
		shown, onDisk  = 2, 1
		aUser, aGroup  = 2, 8
		withoutID, all = 4, 8
	)
	if len(b) < head || binary.LittleEndian.Uint32(b) != shown || (len(b)-head)%entry != 0 {
		return nil, errACL
	}
	out := binary.LittleEndian.AppendUint32(nil, onDisk)
	for b = b[head:]; len(b) > 0; b = b[entry:] {
		if tag := binary.LittleEndian.Uint16(b); tag == aUser || tag == aGroup {
			out = append(out, b[:all]...)
		} else {
			out = append(out, b[:withoutID]...)
		}
	}
	return out, nil
}

func (x storedXattr) entrySize() int { return (xattrEntryHead + len(x.name) + 3) &^ 3 }
func (x storedXattr) valueSize() int { return (len(x.value) + 3) &^ 3 }

// xattrRoom is how much attributes take, with the mark of their end.
func xattrRoom(xattrs []storedXattr) int {
	n := 4
	for _, x := range xattrs {
		n += x.entrySize() + x.valueSize()
	}
	return n
}

// shareXattrs divides attributes into those that go into the inode and those that
// need a block.
func shareXattrs(xattrs []storedXattr) (inInode, inBlock []storedXattr, err error) {
	const inodeRoom, blockRoom = inodeSize - inodeFields - 4, blockSize - xattrBlockHead
	for _, x := range xattrs {
		if xattrRoom(append(inInode, x)) <= inodeRoom {
			inInode = append(inInode, x)
		} else {
			inBlock = append(inBlock, x)
		}
	}
	if xattrRoom(inBlock) > blockRoom {
		return nil, nil, ErrXattrs
	}
	return inInode, inBlock, nil
}

// putXattrs writes entries from b[first:] on, and values from b's end down. Values
// are found by their distance from b[origin:].
func putXattrs(b []byte, first, origin int, xattrs []storedXattr, hashed bool) (hash uint32) {
	end := len(b)
	for _, x := range xattrs {
		end -= x.valueSize()
		copy(b[end:], x.value)
		e := b[first:]
		e[0], e[1] = byte(len(x.name)), x.index
		if len(x.value) > 0 {
			binary.LittleEndian.PutUint16(e[2:], uint16(end-origin))
		}
		binary.LittleEndian.PutUint32(e[8:], uint32(len(x.value)))
		if hashed {
			h := x.hash()
			binary.LittleEndian.PutUint32(e[12:], h)
			hash = hash<<16 ^ hash>>16 ^ h
		}
		copy(e[xattrEntryHead:], x.name)
		first += x.entrySize()
	}
	return hash
}

// hash is the check of an attribute in a block.
func (x storedXattr) hash() uint32 {
	var h uint32
	for _, c := range []byte(x.name) {
		h = h<<5 ^ h>>27 ^ uint32(c)
	}
	value := make([]byte, x.valueSize())
	copy(value, x.value)
	for ; len(value) > 0; value = value[4:] {
		h = h<<16 ^ h>>16 ^ binary.LittleEndian.Uint32(value)
	}
	return h
}

// xattrBlock makes the block of attributes.
func newXattrBlock(xattrs []storedXattr) []byte {
	b := make([]byte, blockSize)
	le := binary.LittleEndian
	le.PutUint32(b[0:], xattrMagic)
	le.PutUint32(b[4:], 1) // one inode refers to it
	le.PutUint32(b[8:], 1) // it is one block
	le.PutUint32(b[12:], putXattrs(b, xattrBlockHead, 0, xattrs, true))
	return b
}

// putInodeXattrs writes attributes into the rest of an inode.
func putInodeXattrs(inode []byte, xattrs []storedXattr) {
	if len(xattrs) == 0 {
		return
	}
	binary.LittleEndian.PutUint32(inode[inodeFields:], xattrMagic)
	putXattrs(inode, inodeFields+4, inodeFields+4, xattrs, false)
}
