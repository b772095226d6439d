package volume

import (
	"slices"
	"strings"
	"testing"
)

const mountinfo = `22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:22 / /dev rw master:1 - devtmpfs udev rw
25 24 0:23 / /dev/pts rw - devpts devpts rw
26 22 254:2 / /home rw - xfs /dev/vda2 rw
27 22 0:30 / /srv/nfs\040share rw - nfs4 server:/x rw
28 22 0:31 / /home/tmp rw - tmpfs tmpfs rw
29 22 254:3 / /home/tmp rw - btrfs /dev/vda3 rw
30 22 0:32 / /hom rw - tmpfs tmpfs rw
`

func TestForeignMounts(t *testing.T) {
	all, err := parseMounts(strings.NewReader(mountinfo))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path    string
		mounted bool
		fstype  string
		foreign []string
	}{
		{"/", true, "ext4", []string{"/proc", "/dev", "/dev/pts", "/srv/nfs share", "/hom"}},
		{"/home", true, "xfs", nil}, // what was in memory is hidden by a disk
		{"/srv", false, "", []string{"/nfs share"}},
		{"/ho", false, "", nil},
	} {
		v := &Volume{Path: test.path}
		v.see(all)
		if v.Mounted != test.mounted || v.Type != test.fstype {
			t.Errorf("%s: mounted %v, type %q; want %v, %q", test.path, v.Mounted, v.Type, test.mounted, test.fstype)
		}
		if got := v.Foreign(); !slices.Equal(got, test.foreign) {
			t.Errorf("%s: foreign are %q, want %q", test.path, got, test.foreign)
		}
	}
}

func TestMountsThatAreNotUnderstood(t *testing.T) {
	for _, line := range []string{"x", "1 2 3 4 5 - ext4", "22 1 254:1 / - ext4 /dev/x rw"} {
		if all, err := parseMounts(strings.NewReader(line)); err == nil {
			t.Errorf("%q: got %v, want an error", line, all)
		}
	}
}

func TestInside(t *testing.T) {
	dir := t.TempDir()
	v, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := v.Inside(dir + "/a/../b"); !ok || got != "/b" {
		t.Errorf("got %q, %v; want /b", got, ok)
	}
	for _, path := range []string{dir, dir + "x", "/", dir + "/../y"} {
		if got, ok := v.Inside(path); ok {
			t.Errorf("%s is taken for %q inside", path, got)
		}
	}
}
