package volume

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"emikit/volume/extfs"
)

// Scan lists what is in a volume and stays under the rules. It reads no content, but
// finds out where the holes of files are.
func Scan(ctx context.Context, v *Volume, list []Rule) (*Tree, error) {
	all, err := compile(list)
	if err != nil {
		return nil, err
	}
	root, err := os.Open(v.Path)
	if err != nil {
		return nil, err
	}
	s := &scan{
		ctx: ctx, rules: all, source: &source{root: root, path: v.Path, changes: &changes{}},
		tree: &Tree{}, linked: map[inode]*extfs.Node{},
	}
	s.tree.changes, s.tree.closer = s.source.changes, root
	_, err = os.Stat("/proc/self/fd")
	s.proc = err == nil
	if err := s.run(); err != nil {
		_ = root.Close() // it was only read
		return nil, err
	}
	return s.tree, nil
}

// A scan is one run of Scan.
type scan struct {
	ctx    context.Context
	rules  rules
	source *source
	tree   *Tree
	linked map[inode]*extfs.Node // files with several names
	proc   bool                  // there is a /proc
	attrs  []byte
}

// inode identifies a file on this machine.
type inode struct{ dev, ino uint64 }

// A folder is a directory of the volume, as long as paths are wanted: there may be a
// million of long ones.
type folder struct {
	above *folder // nil: it is the volume itself
	name  string
}

// path is the folder's in the volume, "" for the volume itself.
func (f *folder) path() string {
	if f.above == nil {
		return ""
	}
	return path.Join(f.above.path(), f.name)
}

// A place is a directory that was found and not yet looked into.
type place struct {
	node   *extfs.Node
	folder *folder
}

func (s *scan) run() error {
	var stat unix.Stat_t
	if err := unix.Fstat(int(s.source.root.Fd()), &stat); err != nil {
		return &fs.PathError{Op: "stat", Path: s.source.path, Err: err}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		return &fs.PathError{Op: "scan", Path: s.source.path, Err: unix.ENOTDIR}
	}
	root := newNode(&stat)
	var err error
	if root.Xattrs, err = s.xattrs(s.source.path); err != nil {
		return err
	}
	s.tree.Root = root
	for todo := []place{{root, &folder{}}}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		found, err := s.dir(at)
		if err != nil {
			return err
		}
		todo = append(todo, found...)
	}
	slices.Sort(s.tree.Filtered)
	slices.Sort(s.tree.Sockets)
	slices.Sort(s.tree.TooDeep)
	s.tree.Unused = s.rules.unused()
	return nil
}

// dir lists a directory, and returns those below it that are to be listed, too.
func (s *scan) dir(at place) ([]place, error) {
	if err := context.Cause(s.ctx); err != nil {
		return nil, err
	}
	above := at.folder.path()
	d, err := s.source.open(cmp.Or(above, "."), unix.O_DIRECTORY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // gone since its parent was listed
	} else if err != nil {
		return nil, err
	}
	defer d.Close() // it was only read
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var below []place
	for _, name := range names {
		n, whole, err := s.entry(child{d, at.folder, above, name})
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		at.node.Entries = append(at.node.Entries, extfs.Entry{Name: name, Node: n})
		s.tree.Files++
		if whole && n.Mode&extfs.TypeMask == extfs.TypeDir {
			below = append(below, place{n, &folder{at.folder, name}})
		}
	}
	return below, nil
}

// A child is a name in an open directory, whose path in the volume is above.
type child struct {
	dir         *os.File
	folder      *folder
	above, name string
}

func (c child) path() string { return path.Join(c.above, c.name) }

// entry looks at one name; nil stays away. whole says that a directory is to be looked
// into.
func (s *scan) entry(c child) (n *extfs.Node, whole bool, err error) {
	var stat unix.Stat_t
	p := c.path()
	if len(p) >= unix.PathMax {
		s.tree.TooDeep = append(s.tree.TooDeep, "/"+p)
		return nil, false, nil
	}
	if err := unix.Fstatat(int(c.dir.Fd()), c.name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		}
		return nil, false, s.source.failed("stat", p, err)
	}
	whole = true
	isDir := stat.Mode&unix.S_IFMT == unix.S_IFDIR
	switch s.rules.of(p, isDir) {
	case Exclude:
		return nil, false, nil
	case Filter:
		s.tree.Filtered = append(s.tree.Filtered, "/"+p)
		return nil, false, nil
	case EmptyDir:
		if whole = false; !isDir {
			return nil, false, nil
		}
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFSOCK {
		s.tree.Sockets = append(s.tree.Sockets, "/"+p)
		return nil, false, nil
	}
	n, err = s.node(c, &stat)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return n, whole, err
}

// node makes the node of a file, once for all its names.
func (s *scan) node(c child, stat *unix.Stat_t) (*extfs.Node, error) {
	id := inode{uint64(stat.Dev), stat.Ino}
	linked := stat.Nlink > 1 && stat.Mode&unix.S_IFMT != unix.S_IFDIR
	if n := s.linked[id]; linked && n != nil {
		return n, nil
	}
	n := newNode(stat)
	n.Linked = linked
	var err error
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		err = s.file(n, c, stat)
	case unix.S_IFLNK:
		n.Target, err = s.target(c)
	}
	if err == nil {
		n.Xattrs, err = s.xattrs(s.byName(c))
	}
	if err == nil && extfs.CheckXattrs(n.Xattrs) != nil {
		err = s.source.failed("bundle", c.path(), extfs.CheckXattrs(n.Xattrs))
	}
	if err == nil && linked {
		s.linked[id] = n
	}
	return n, err
}

// byName is a path of a name in an open directory, for what Linux does by path only.
// Without /proc it is one in which a link could have been put meanwhile.
func (s *scan) byName(c child) string {
	if s.proc {
		return "/proc/self/fd/" + strconv.Itoa(int(c.dir.Fd())) + "/" + c.name
	}
	return path.Join(s.source.path, c.path())
}

// newNode makes a node of what stat(2) says.
func newNode(stat *unix.Stat_t) *extfs.Node {
	return &extfs.Node{
		Mode: stat.Mode, UID: stat.Uid, GID: stat.Gid, Size: 0,
		Atime: newTime(stat.Atim), Mtime: newTime(stat.Mtim), Ctime: newTime(stat.Ctim),
		Major: unix.Major(uint64(stat.Rdev)), Minor: unix.Minor(uint64(stat.Rdev)),
	}
}

// The fields are of 32 bits on some machines.
func newTime(t unix.Timespec) extfs.Time {
	return extfs.Time{Sec: int64(t.Sec), Nsec: uint32(t.Nsec)}
}

// file completes the node of a regular file.
func (s *scan) file(n *extfs.Node, c child, stat *unix.Stat_t) error {
	const sector = 512 // bytes, the unit of st_blocks
	n.Size = stat.Size
	n.Content = &content{s.source, c.folder, c.name, inode{uint64(stat.Dev), stat.Ino}, stat.Size}
	if stat.Size == 0 || int64(stat.Blocks)*sector >= stat.Size {
		return nil
	}
	fd, err := unix.Openat(int(c.dir.Fd()), c.name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return s.source.failed("open", c.path(), err)
	}
	defer unix.Close(fd)
	n.Data, n.Holey = dataIn(fd, stat.Size)
	return nil
}

// dataIn finds the pieces of a file that are not holes. ok is false if the filesystem
// does not tell.
func dataIn(fd int, size int64) (data []extfs.Range, ok bool) {
	for off := int64(0); off < size; {
		from, err := unix.Seek(fd, off, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			break // a hole up to the end
		}
		if err != nil {
			return nil, false
		}
		to, err := unix.Seek(fd, from, unix.SEEK_HOLE)
		if err != nil || to <= from {
			return nil, false
		}
		data, off = append(data, extfs.Range{Off: from, Len: min(to, size) - from}), to
	}
	return data, true
}

func (s *scan) target(c child) (string, error) {
	b := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(c.dir.Fd()), c.name, b)
	if err != nil {
		return "", s.source.failed("readlink", c.path(), err)
	}
	return string(b[:n]), nil
}

// xattrs reads the extended attributes of what is at a path, of a link its own. A
// filesystem without any has none.
func (s *scan) xattrs(at string) ([]extfs.Xattr, error) {
	names, err := s.grow(func(b []byte) (int, error) { return unix.Llistxattr(at, b) })
	if err != nil || len(names) == 0 {
		return nil, s.absent(at, err)
	}
	var all []extfs.Xattr
	for _, name := range strings.Split(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		if !extfs.HasXattr(name) {
			continue
		}
		value, err := s.grow(func(b []byte) (int, error) { return unix.Lgetxattr(at, name, b) })
		if errors.Is(err, unix.ENODATA) {
			continue
		} else if err != nil {
			return nil, s.absent(at, err)
		}
		all = append(all, extfs.Xattr{Name: name, Value: slices.Clone(value)})
	}
	return all, nil
}

func (s *scan) absent(at string, err error) error {
	if err == nil || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EPERM) {
		return nil
	}
	return &fs.PathError{Op: "getxattr", Path: at, Err: err}
}

// grow calls read with a buffer that is large enough. What it returns is good until
// the next call.
func (s *scan) grow(read func([]byte) (int, error)) ([]byte, error) {
	for {
		if s.attrs == nil {
			s.attrs = make([]byte, 4096)
		}
		n, err := read(s.attrs)
		if !errors.Is(err, unix.ERANGE) || len(s.attrs) > maxXattr {
			return s.attrs[:max(n, 0)], err
		}
		s.attrs = make([]byte, 4*len(s.attrs))
	}
}

// maxXattr is the length of the longest attribute that Linux has, in bytes.
const maxXattr = 64 << 10

// A source is the volume while it is read.
type source struct {
	root    *os.File
	path    string
	changes *changes
}

// open opens what is at a path in the volume, and nowhere else: no symbolic link is
// followed on the way.
func (s *source) open(p string, flags int) (*os.File, error) {
	flags |= unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	how := unix.OpenHow{Flags: uint64(flags), Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
	fd, err := unix.Openat2(int(s.root.Fd()), p, &how)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // before Linux 5.6, or not allowed
		fd, err = unix.Openat(int(s.root.Fd()), p, flags, 0)
	}
	if err != nil {
		return nil, s.failed("open", p, err)
	}
	return os.NewFile(uintptr(fd), path.Join(s.path, p)), nil
}

func (s *source) failed(op, p string, err error) error {
	return &fs.PathError{Op: op, Path: path.Join(s.path, p), Err: err}
}

// content is that of a file of the volume.
type content struct {
	source *source
	folder *folder
	name   string
	inode  inode
	size   int64
}

func (c *content) path() string { return path.Join(c.folder.path(), c.name) }

// Open implements [extfs.Content]. A file that has gone, or another in its place, is
// noted and read as zeros.
func (c *content) Open() (extfs.Reader, error) {
	f, err := c.source.open(c.path(), 0)
	if err == nil {
		var stat unix.Stat_t
		if err = unix.Fstat(int(f.Fd()), &stat); err == nil && (inode{uint64(stat.Dev), stat.Ino}) == c.inode {
			return &reader{f, c}, nil
		}
		_ = f.Close() // it was only read
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		c.source.changes.add("/" + c.path())
		return extfs.Bytes(nil).Open()
	}
	return nil, fmt.Errorf("read: %w", err)
}

// A reader reads a file, and notes if it has become shorter.
type reader struct {
	*os.File
	content *content
}

func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.File.ReadAt(p, off)
	if n < len(p) && off+int64(n) < r.content.size && (err == nil || errors.Is(err, io.EOF)) {
		r.content.source.changes.add("/" + r.content.path())
	}
	return n, err
}
