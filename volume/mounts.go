package volume

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Volume is a directory to make an image of.
type Volume struct {
	Path string // absolute, without symbolic links
	// Mounted says that a filesystem is mounted there; the others are only its.
	Mounted bool
	Type    string // such as ext4
	Device  string // such as /dev/vda1

	mounts []mount // below Path
}

// A mount is a line of /proc/self/mountinfo, see proc(5).
type mount struct{ point, fstype, device string }

// Open finds out about the volume at a path.
func Open(dir string) (*Volume, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, err
	}
	v := &Volume{Path: abs}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return v, nil // no /proc, no mounts that one could tell
	}
	defer f.Close() // it was only read
	all, err := parseMounts(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	v.see(all)
	return v, nil
}

// see notes which mounts are about the volume.
func (v *Volume) see(all []mount) {
	for _, m := range all {
		if m.point == v.Path {
			v.Mounted, v.Type, v.Device = true, m.fstype, m.device
		} else if _, ok := below(v.Path, m.point); ok {
			// What is mounted over another hides it.
			v.mounts = slices.DeleteFunc(v.mounts, func(o mount) bool { return o.point == m.point })
			v.mounts = append(v.mounts, m)
		}
	}
}

// below returns the path inside dir, with a slash in front, if it is there.
func below(dir, p string) (string, bool) {
	if dir == "/" {
		return p, p != "/"
	}
	rest, ok := strings.CutPrefix(p, dir)
	return rest, ok && strings.HasPrefix(rest, "/")
}

// Inside returns a path of the machine as one of the volume, with a slash in front.
func (v *Volume) Inside(p string) (string, bool) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", false
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	return below(v.Path, abs)
}

// Foreign returns the places in the volume where something is mounted that is not on a
// disk of this machine, in the order in which it was. What is in memory goes with it:
// after a boot it would be gone, too.
func (v *Volume) Foreign() []string {
	var places []string
	for _, m := range v.mounts {
		if p, _ := below(v.Path, m.point); !isLocal(m.fstype) {
			places = append(places, p)
		}
	}
	return places
}

// isLocal reports whether a type of filesystem is one for disks.
func isLocal(fstype string) bool {
	switch fstype {
	case "ext2", "ext3", "ext4", "xfs", "btrfs", "jfs", "reiserfs", "f2fs", "zfs", "bcachefs", "nilfs2", "vfat", "msdos":
		return true
	}
	return false
}

func parseMounts(r io.Reader) ([]mount, error) {
	var all []mount
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // an overlay of many layers has a long line
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		first, second := strings.Fields(before), strings.Fields(after)
		if !ok || len(first) < 5 || len(second) < 2 {
			return nil, fmt.Errorf("a line that is not understood: %q", lines.Text())
		}
		all = append(all, mount{point: unescape(first[4]), fstype: second[0], device: unescape(second[1])})
	}
	return all, lines.Err()
}

// unescape turns \040 and the like into what they stand for.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return cmp.Or(b.String(), s)
}
