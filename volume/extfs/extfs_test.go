package extfs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"emikit/volume/extfs"
)

var (
	when = extfs.Time{Sec: 1_700_000_000, Nsec: 123_456_789}
	uuid = [16]byte{0x69, 0x58, 0x26, 0xbe, 0x09, 0x89, 0x40, 0xfb, 0x96, 0x02, 0x29, 0x59, 0x50, 0x57, 0xdd, 0x2c}
)

// e2fsprogs finds a program of e2fsprogs, which is not in everybody's PATH.
func e2fsprogs(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// write makes the filesystem in a file.
func write(t *testing.T, root *extfs.Node, o extfs.Options) string {
	t.Helper()
	image, err := extfs.New(root, o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(image.Size()); err != nil {
		t.Fatal(err)
	}
	copyData(t, f, image)
	if err := image.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// copyData writes all of an image but its holes.
func copyData(t *testing.T, f *os.File, image *extfs.Image) {
	t.Helper()
	b := make([]byte, 1<<20)
	for off := int64(0); off < image.Size(); {
		if hole, _ := image.Hole(off); hole > 0 {
			off += hole
			continue
		}
		n, err := image.ReadAt(b, off)
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(b[:n], off); err != nil {
			t.Fatal(err)
		}
		off += int64(n)
	}
}

// check has e2fsck look for anything wrong.
func check(t *testing.T, image string) {
	t.Helper()
	out, err := exec.Command(e2fsprogs(t, "e2fsck"), "-f", "-n", image).CombinedOutput()
	if err != nil {
		t.Errorf("e2fsck: %v\n%s", err, out)
	}
}

// debugfs returns what it says to a request.
func debugfs(t *testing.T, image, request string) string {
	t.Helper()
	out, err := exec.Command(e2fsprogs(t, "debugfs"), "-R", request, image).Output()
	if err != nil {
		t.Fatalf("debugfs %s: %v", request, err)
	}
	return string(out)
}

func node(mode uint32) *extfs.Node {
	return &extfs.Node{Mode: mode, Atime: when, Mtime: when, Ctime: when}
}

func file(content string) *extfs.Node {
	n := node(extfs.TypeFile | 0o644)
	n.Size, n.Content = int64(len(content)), extfs.Bytes(content)
	return n
}

func dir(entries ...extfs.Entry) *extfs.Node {
	n := node(extfs.TypeDir | 0o755)
	n.Entries = entries
	return n
}

// acl is an access control list as getxattr(2) shows it: the owner, a user, the group,
// the mask and the others.
func acl() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, ^uint32(0)}, {2, 7, 70000}, {4, 4, ^uint32(0)}, {0x10, 7, ^uint32(0)}, {0x20, 4, ^uint32(0)}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

// everything is a tree with all that a filesystem can hold.
func everything() *extfs.Node {
	hard := file("two names")
	hard.Linked = true
	device := node(extfs.TypeBlock | 0o660)
	device.Major, device.Minor = 259, 70000
	null := node(extfs.TypeChar | 0o666)
	null.Major, null.Minor = 1, 3
	short, long := node(extfs.TypeLink|0o777), node(extfs.TypeLink|0o777)
	short.Target, long.Target = "etc/passwd", strings.Repeat("long/", 100)
	owned := file(strings.Repeat("x", 5000))
	owned.UID, owned.GID, owned.Mtime.Sec = 70001, 100002, 1<<33+5
	tagged := file("tagged")
	tagged.Xattrs = []extfs.Xattr{
		{Name: "user.long", Value: bytes.Repeat([]byte("v"), 1001)},
		{Name: "security.capability", Value: []byte("\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")},
		{Name: "system.posix_acl_access", Value: acl()}, {Name: "user.empty"},
		{Name: "trusted.overlay.opaque", Value: []byte("y")},
	}
	sparse := node(extfs.TypeFile | 0o600)
	sparse.Size, sparse.Holey, sparse.Content = 1<<30+3, true, extfs.Bytes("the beginning")
	sparse.Data = []extfs.Range{{Off: 0, Len: 13}}
	for n := range int64(40) { // more pieces than an inode has room for
		sparse.Data = append(sparse.Data, extfs.Range{Off: (n + 3) << 24, Len: 100})
	}
	many := dir()
	for n := range 3000 {
		many.Entries = append(many.Entries, extfs.Entry{Name: fmt.Sprintf("a name that is not short at all %d", n), Node: file("")})
	}
	return dir(
		extfs.Entry{Name: "hard", Node: hard}, extfs.Entry{Name: "device", Node: device}, extfs.Entry{Name: "null", Node: null},
		extfs.Entry{Name: "fifo", Node: node(extfs.TypeFifo | 0o600)}, extfs.Entry{Name: "short", Node: short},
		extfs.Entry{Name: "long", Node: long}, extfs.Entry{Name: "owned", Node: owned}, extfs.Entry{Name: "tagged", Node: tagged},
		extfs.Entry{Name: "sparse", Node: sparse}, extfs.Entry{Name: "a\nnew line", Node: file("odd")},
		extfs.Entry{Name: "many", Node: many}, extfs.Entry{Name: "sub", Node: dir(extfs.Entry{Name: "again", Node: hard})},
		extfs.Entry{Name: "big", Node: file(strings.Repeat("big block of 64 bytes, which makes 12 MB when it is repeated....", 200_000))},
	)
}

func TestEveryKindIsClean(t *testing.T) {
	for _, kind := range extfs.Kinds() {
		for _, size := range []int64{32 << 20, 200 << 20, 3 << 30} {
			t.Run(fmt.Sprintf("%s of %d MB", kind, size>>20), func(t *testing.T) {
				image := write(t, everything(), extfs.Options{Kind: kind, Size: size, Label: "root", UUID: uuid, Created: when})
				check(t, image)
				if got := debugfs(t, image, "cat /hard"); got != "two names" {
					t.Errorf("/hard holds %q", got)
				}
			})
		}
	}
}

func TestMeasuredSizeIsEnough(t *testing.T) {
	for _, kind := range extfs.Kinds() {
		for _, free := range []int64{0, 1, 100 << 20, 40 << 30} {
			size := extfs.SizeFor(kind, extfs.Measure(everything(), kind), free)
			if _, err := extfs.New(everything(), extfs.Options{Kind: kind, Size: size, UUID: uuid, Created: when}); err != nil {
				t.Errorf("%s with %d bytes free in %d: %v", kind, free, size, err)
			}
		}
	}
}

func TestTooSmall(t *testing.T) {
	for _, size := range []int64{0, 4096, 1 << 20, 8 << 20} {
		_, err := extfs.New(everything(), extfs.Options{Kind: extfs.Ext4, Size: size})
		if space := (&extfs.SpaceError{}); !errors.As(err, &space) {
			t.Errorf("in %d bytes: got %v, want a SpaceError", size, err)
		}
	}
}

func TestSmallOnesAreClean(t *testing.T) {
	for _, kind := range extfs.Kinds() {
		for _, size := range []int64{64 << 10, 1 << 20, 5<<20 + 12345, 8 << 20, 129 << 20, 257<<20 + 4096} {
			image := write(t, dir(extfs.Entry{Name: "file", Node: file("x")}), extfs.Options{Kind: kind, Size: size, UUID: uuid, Created: when})
			check(t, image)
		}
	}
}

// What debugfs finds in an image is what was put there.
func TestReadBack(t *testing.T) {
	image := write(t, everything(), extfs.Options{Kind: extfs.Ext4, Size: 200 << 20, Label: "root", UUID: uuid, Created: when})
	for _, test := range []struct {
		request string
		want    []string
	}{
		{"stat /hard", []string{"Mode:  0644", "Links: 2", "User:     0", "mtime: 0x6553f100:1d6f3454"}},
		{"stat /sub/again", []string{"Links: 2"}},
		{"stat /owned", []string{"User: 70001", "Group: 100002", "Size: 5000", "mtime: 0x00000005:1d6f3456"}},
		{"stat /device", []string{"Type: block special", "(New-style) Device major/minor number: 259:70000"}},
		{"stat /null", []string{"Type: character special", "Device major/minor number: 01:03"}},
		{"stat /fifo", []string{"Type: FIFO", "Mode:  0600"}},
		{"stat /short", []string{`Fast link dest: "etc/passwd"`}},
		{"cat /long", []string{strings.Repeat("long/", 100)}},
		{"stat /sparse", []string{"Size: 1073741827", "Blockcount: 336"}},
		{"ea_list /tagged", []string{"user.long (1001)", "security.capability (20)", "system.posix_acl_access (28) = 01 00 00 00 01 00 06 00 02 00 07 00 70 11 01 00 04 00 04 00 10 00 07 00 20 00 04 00", "user.empty (0)", "trusted.overlay.opaque (1)"}},
		{"stat /many", []string{"Links: 2"}},
		{"stat /", []string{"Links: 5"}},
		{"show_super_stats -h", []string{"Filesystem volume name:   root", "695826be-0989-40fb-9602-29595057dd2c", "Maximum mount count:      -1", "Check interval:           0"}},
	} {
		got := debugfs(t, image, test.request)
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("debugfs %s says\n%s\nwant %q in it", test.request, got, want)
			}
		}
	}
}

func TestTreesThatNothingCanHold(t *testing.T) {
	socket := node(0o140755)
	empty := node(extfs.TypeLink | 0o777)
	long := file("")
	long.Xattrs = []extfs.Xattr{{Name: "user.long", Value: make([]byte, 5000)}}
	acl := file("")
	acl.Xattrs = []extfs.Xattr{{Name: "system.posix_acl_access", Value: []byte("no list")}}
	twice := dir()
	for name, entries := range map[string][]extfs.Entry{
		"a socket": {{Name: "s", Node: socket}}, "a link to nothing": {{Name: "l", Node: empty}},
		"no name": {{Name: "", Node: file("")}}, "a path": {{Name: "a/b", Node: file("")}}, "dots": {{Name: "..", Node: file("")}},
		"a long name": {{Name: strings.Repeat("x", 256), Node: file("")}}, "long attributes": {{Name: "x", Node: long}},
		"no ACL": {{Name: "x", Node: acl}}, "a directory in two places": {{Name: "a", Node: twice}, {Name: "b", Node: twice}},
	} {
		if _, err := extfs.New(dir(entries...), extfs.Options{Kind: extfs.Ext4, Size: 8 << 20}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTooManyLinks(t *testing.T) {
	one := file("")
	root := dir()
	for n := range 65001 {
		root.Entries = append(root.Entries, extfs.Entry{Name: fmt.Sprint(n), Node: one})
	}
	if _, err := extfs.New(root, extfs.Options{Kind: extfs.Ext4, Size: 64 << 20}); !errors.Is(err, extfs.ErrLinks) {
		t.Errorf("got %v, want ErrLinks", err)
	}
}
