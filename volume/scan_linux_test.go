package volume

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"emikit/volume/extfs"
)

// tree fills a directory: names that end in a slash are directories.
func tree(t *testing.T, files map[string]string) *Volume {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	v, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func scanned(t *testing.T, v *Volume, rules ...Rule) *Tree {
	t.Helper()
	tree, err := Scan(t.Context(), v, rules)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

// paths lists all that is in a tree, in its order.
func paths(n *extfs.Node, above string) (all []string) {
	for _, e := range n.Entries {
		all = append(all, above+"/"+e.Name)
		all = append(all, paths(e.Node, above+"/"+e.Name)...)
	}
	return all
}

func TestScanObeysRules(t *testing.T) {
	v := tree(t, map[string]string{
		"etc/fstab": "old", "etc/.hidden": "", ".top": "", "proc/": "", "proc/1/": "", "home/u/x.pem": "", "home/u/keep.pem": "",
		"tmp/a/b": "", "skip/me": "",
	})
	if l, err := net.Listen("unix", filepath.Join(v.Path, "s")); err == nil {
		defer l.Close()
	}
	got := scanned(t, v,
		Rule{Action: Include, Pattern: "/home/u/keep.pem"}, Rule{Action: EmptyDir, Pattern: "/proc", Exact: true},
		Rule{Action: EmptyDir, Pattern: "/tmp"}, Rule{Action: Exclude, Pattern: "/skip"}, Rule{Action: Filter, Pattern: "*.pem"},
		Rule{Action: Filter, Pattern: "*.gpg"}, Rule{Action: Exclude, Pattern: "/typo"})
	want := []string{
		"/.top", "/etc", "/etc/.hidden", "/etc/fstab", "/home", "/home/u", "/home/u/keep.pem", "/proc", "/tmp",
	}
	if all := paths(got.Root, ""); !slices.Equal(all, want) {
		t.Errorf("got  %q\nwant %q", all, want)
	}
	if !slices.Equal(got.Unused, []string{"/typo"}) {
		t.Errorf("unused: %q", got.Unused)
	}
	if !slices.Equal(got.Filtered, []string{"/home/u/x.pem"}) || !slices.Equal(got.Sockets, []string{"/s"}) {
		t.Errorf("filtered %q, sockets %q", got.Filtered, got.Sockets)
	}
}

func TestScanKeepsWhatFilesAre(t *testing.T) {
	v := tree(t, map[string]string{"a": "two names", "sparse": ""})
	in := func(name string) string { return filepath.Join(v.Path, name) }
	for _, err := range []error{
		os.Link(in("a"), in("b")), os.Symlink("nowhere/at all", in("link")), unix.Mkfifo(in("fifo"), 0o600),
		os.Chmod(in("a"), 0o751|os.ModeSetuid), os.Truncate(in("sparse"), 1<<20),
		os.Chtimes(in("a"), time.Unix(1, 2), time.Unix(3, 4)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	attributes := unix.Setxattr(in("a"), "user.color", []byte("green"), 0) == nil
	root := scanned(t, v).Root
	a := find(root, "a")
	if a != find(root, "b") {
		t.Error("a and b are two files, want one with two names")
	}
	if a.Mode != 0o104751 || a.Atime != (extfs.Time{Sec: 1, Nsec: 2}) || a.Mtime != (extfs.Time{Sec: 3, Nsec: 4}) || a.UID != uint32(os.Getuid()) {
		t.Errorf("a is %o of %d, times %v %v", a.Mode, a.UID, a.Atime, a.Mtime)
	}
	if attributes && (len(a.Xattrs) != 1 || string(a.Xattrs[0].Value) != "green") {
		t.Errorf("attributes of a: %v", a.Xattrs)
	}
	if link := find(root, "link"); link.Target != "nowhere/at all" || link.Mode&extfs.TypeMask != extfs.TypeLink {
		t.Errorf("link is %o to %q", link.Mode, link.Target)
	}
	if fifo := find(root, "fifo"); fifo.Mode != extfs.TypeFifo|0o600 {
		t.Errorf("fifo is %o", fifo.Mode)
	}
	if sparse := find(root, "sparse"); !sparse.Holey || len(sparse.Data) != 0 || sparse.Size != 1<<20 {
		t.Errorf("sparse: %+v", sparse)
	}
}

// whole reads an image in pieces of odd sizes, and by its holes.
func whole(t *testing.T, i *Image) []byte {
	t.Helper()
	var all []byte
	for off := int64(0); off < i.Size(); {
		hole, err := i.Hole(off)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 5000+off%77777)
		n, err := i.ReadAt(b, off)
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if known := min(int64(n), hole); !bytes.Equal(b[:known], make([]byte, known)) {
			t.Fatalf("a hole at %d of %d bytes is none", off, hole)
		}
		all, off = append(all, b[:n]...), off+int64(n)
	}
	return all
}

func built(t *testing.T, tree *Tree, o BuildOptions) *Image {
	t.Helper()
	o.Kind, o.Created = extfs.Ext4, time.Unix(1_700_000_000, 0)
	i, err := tree.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { i.Close() })
	return i
}

func TestImageReadsTheSameInPiecesAndInAFile(t *testing.T) {
	files := map[string]string{"etc/fstab": "old\n", "big": strings.Repeat("0123456789abcdef", 100_000)}
	for _, p := range Partitions() {
		t.Run(string(p), func(t *testing.T) {
			i := built(t, scanned(t, tree(t, files)), BuildOptions{Size: 20 << 20, Partition: p, Fstab: []byte("new\n"), FstabSuffix: ".old"})
			all := whole(t, i)
			path := filepath.Join(t.TempDir(), "image")
			if err := i.WriteFile(path, func(int64) error { return nil }); err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(all, file) || int64(len(file)) != 20<<20 {
				t.Fatalf("the file of %d bytes (%v) is not the %d that are read", len(file), err, len(all))
			}
			start, size := i.Filesystem()
			checkFilesystem(t, file[start:start+size])
		})
	}
}

func TestImageWithALoader(t *testing.T) {
	for p, core := range map[Partition]int{PartitionMBR: sectorSize, PartitionGPT: alignment} {
		disk := bootable(p, int64(core/sectorSize))
		i := built(t, scanned(t, tree(t, nil)), BuildOptions{Size: 16 << 20, Partition: p, Loader: loaderIn(bytes.NewReader(disk), p)})
		all := whole(t, i)
		if !bytes.Equal(all[:loaderCode], disk[:loaderCode]) || !bytes.Equal(all[core:core+3*sectorSize], disk[core:core+3*sectorSize]) {
			t.Errorf("%s: the loader is not in the image", p)
		}
		start, size := i.Filesystem()
		checkFilesystem(t, all[start:start+size])
	}
}

// checkFilesystem has e2fsck look at a filesystem, if it is installed.
func checkFilesystem(t *testing.T, b []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fs")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("e2fsck")
	if err != nil {
		program = "/sbin/e2fsck"
	}
	out, err := exec.Command(program, "-f", "-n", path).CombinedOutput()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("e2fsck is not installed")
	}
	if err != nil {
		t.Errorf("e2fsck: %v\n%s", err, out)
	}
}

func TestWhatChangesWhileItIsRead(t *testing.T) {
	const text = "0123456789"
	v := tree(t, map[string]string{"same": text, "gone": text, "short": text, "swapped": text, "secret": "SECRET SECRET", "linked/x": text})
	in := func(name string) string { return filepath.Join(v.Path, name) }
	i := built(t, scanned(t, v, Rule{Action: Exclude, Pattern: "/secret"}), BuildOptions{Size: 8 << 20})
	for _, err := range []error{
		os.Remove(in("gone")), os.Truncate(in("short"), 3), os.Remove(in("swapped")), os.Symlink("secret", in("swapped")),
		os.Rename(in("linked"), in("away")), os.Mkdir(in("other"), 0o755), os.WriteFile(in("other/x"), []byte("SECRET"), 0o600),
		os.Symlink("other", in("linked")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	all := whole(t, i)
	if bytes.Contains(all, []byte("SECRET")) {
		t.Error("the image holds a file that a link led to")
	}
	changed := slices.Sorted(slices.Values(i.Changed()))
	changed = slices.Compact(changed)
	if want := []string{"/gone", "/linked/x", "/short", "/swapped"}; !slices.Equal(changed, want) {
		t.Errorf("changed: got %q, want %q", changed, want)
	}
}

func TestScanEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if _, err := Scan(ctx, tree(t, nil), nil); !errors.Is(err, interrupted) {
		t.Errorf("got %v, want %v", err, interrupted)
	}
}

func TestSpecialDirectories(t *testing.T) {
	tree := scanned(t, tree(t, map[string]string{"dev/": "", "etc": "a file"}))
	if _, err := tree.Build(BuildOptions{Fstab: []byte("x")}); err == nil {
		t.Error("an fstab was put below /etc, which is a file")
	}
	built(t, tree, BuildOptions{})
	want := []string{"/dev", "/dev/console", "/dev/null", "/dev/tty", "/dev/zero", "/etc", "/mnt", "/proc", "/sys"}
	if all := paths(tree.Root, ""); !slices.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
	if null := find(tree.Root, "dev", "null"); null.Major != 1 || null.Minor != 3 || null.Mode != extfs.TypeChar|0o666 {
		t.Errorf("/dev/null is %o (%d, %d)", null.Mode, null.Major, null.Minor)
	}
}

// Anybody can make a path that is longer than a path can be.
func TestScanPassesOverWhatIsTooDeep(t *testing.T) {
	v := tree(t, map[string]string{"x": ""})
	fd, err := unix.Open(v.Path, unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat("d", 200)
	for range 25 {
		if err := unix.Mkdirat(fd, name, 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := unix.Openat(fd, name, unix.O_DIRECTORY, 0)
		unix.Close(fd)
		if fd = next; err != nil {
			t.Fatal(err)
		}
	}
	unix.Close(fd)
	tree := scanned(t, v)
	if len(tree.TooDeep) != 1 || tree.Files != 21 {
		t.Errorf("%d files, %d paths too long; want 21 and 1", tree.Files, len(tree.TooDeep))
	}
}
