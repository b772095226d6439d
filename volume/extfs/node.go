package extfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Kind is a version of the filesystem.
type Kind string

// The kinds. ext2 has no journal, and only ext4 has extents.
const (
	Ext2 Kind = "ext2"
	Ext3 Kind = "ext3"
	Ext4 Kind = "ext4"
)

// Kinds returns those that can be written.
func Kinds() []Kind { return []Kind{Ext2, Ext3, Ext4} }

// The types of files, in the bits of a mode that tell them apart, as in stat(2).
const (
	TypeMask    = 0o170000
	TypeSocket  = 0o140000
	TypeLink    = 0o120000
	TypeFile    = 0o100000
	TypeBlock   = 0o060000
	TypeDir     = 0o040000
	TypeChar    = 0o020000
	TypeFifo    = 0o010000
	permissions = 0o7777
)

// A Node is what an inode holds. One that several entries name is a file with hard
// links; a directory has one name only. A Node belongs to one tree, and stays as it
// is once [New] has it.
type Node struct {
	Mode                uint32 // type and permissions, as st_mode
	UID, GID            uint32
	Atime, Mtime, Ctime Time
	Major, Minor        uint32  // of a device
	Target              string  // of a symbolic link
	Size                int64   // of a regular file, bytes
	Holey               bool    // only Data of a regular file is not zero
	Data                []Range // in order, apart from one another
	Content             Content // of a regular file with Size > 0
	Xattrs              []Xattr
	Entries             []Entry // of a directory
	// Linked says that a file may have several names; only then is it looked for
	// among those.
	Linked bool

	ino, parent uint32 // parent: of a directory
	links       int
	owned       uint32 // blocks that count as the inode's, for st_blocks
	root        [rootSize]byte
	extents     bool
	xattrBlock  uint32
}

// Time is a time as an inode keeps it.
type Time struct {
	Sec  int64
	Nsec uint32
}

// Range is a piece of a file, in bytes.
type Range struct{ Off, Len int64 }

// An Entry is a name in a directory.
type Entry struct {
	Name string
	Node *Node
}

// An Xattr is an extended attribute as getxattr(2) returns it, such as
// security.capability or system.posix_acl_access.
type Xattr struct {
	Name  string
	Value []byte
}

// Content is where the bytes of a regular file come from. It is opened when they are
// wanted, at most one at a time.
type Content interface {
	Open() (Reader, error)
}

// Reader reads a file. Bytes past its end are taken for zeros, so that a file that
// shrank since its size was noted still fits its inode.
type Reader interface {
	io.ReaderAt
	io.Closer
}

// Bytes is content that is held in memory.
type Bytes []byte

// Open implements [Content].
func (b Bytes) Open() (Reader, error) {
	return struct {
		io.ReaderAt
		io.Closer
	}{bytes.NewReader(b), io.NopCloser(nil)}, nil
}

func (n *Node) kind() uint32 { return n.Mode & TypeMask }

func (n *Node) isDir() bool { return n.kind() == TypeDir }

// Errors of a tree that no filesystem can hold.
var (
	ErrName   = errors.New("a name that no directory can hold")
	ErrLinks  = errors.New("too many links")
	ErrXattrs = errors.New("the extended attributes are too many or too long")
	ErrType   = errors.New("a type of file that no filesystem can hold")
	ErrTarget = errors.New("a symbolic link that is empty or too long")
)

// A SpaceError says that the tree does not fit.
type SpaceError struct {
	Size, Need int64 // bytes; Need is what would do
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("no space left in a filesystem of %d MB: it takes %d MB", e.Size>>20, (e.Need+1<<20-1)>>20)
}

const (
	maxName   = 255
	maxTarget = blockSize - 1
)

// check refuses a node that cannot be written.
func (n *Node) check() error {
	switch n.kind() {
	case TypeFile, TypeBlock, TypeDir, TypeChar, TypeFifo:
	case TypeLink:
		if len(n.Target) == 0 || len(n.Target) > maxTarget {
			return ErrTarget
		}
	default:
		return ErrType
	}
	return nil
}

func checkName(name string) error {
	if name == "" || name == "." || name == ".." || len(name) > maxName || strings.ContainsAny(name, "/\x00") {
		return ErrName
	}
	return nil
}
