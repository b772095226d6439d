package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// leastRoom is less than what one part of a bundle takes, in bytes.
const leastRoom = 10 << 20

// elsewhere is what to do where there is no room.
const elsewhere = "choose another directory with -d; bundle-and-upload-image needs none"

// checkDisk looks at the room where a bundle is to be made.
func (e *exam) checkDisk(context.Context) verdict {
	dir, v := existing(e.r.Dir)
	if v.state != OK {
		return v
	}
	if err := writable(dir); err != nil {
		return failed(elsewhere, "%s: may not be written to: %v", dir, err)
	}
	free, err := freeSpace(dir)
	room := fmt.Sprintf("%s free in %s", bytesOf(free), dir)
	switch {
	case err != nil:
		return skip("%s: how much is free is not known: %v", dir, err)
	case free < leastRoom:
		return failed(elsewhere, "%s", room)
	case e.r.Image == "":
		return ok("%s; -i IMAGE compares it with an image", room)
	}
	size, packed, err := imageSize(e.r.Image)
	if err != nil {
		return fail(err, "check the path of the image")
	}
	return compare(free, size, packed, room+"; a bundle of "+e.r.Image+" takes ")
}

// compare judges the room for an image. What it does not say of a bundle's size is
// known only when the bundle has been made.
func compare(free, size int64, packed bool, text string) verdict {
	const hopeless = 4 // disks of operating systems compress to a third or so
	switch {
	case packed && free < size:
		return failed(elsewhere, "%s%s or more: it is compressed", text, bytesOf(size))
	case packed:
		return ok("%s%s or more: it is compressed", text, bytesOf(size))
	case free < size/hopeless:
		return failed(elsewhere, "%sabout %s at most", text, bytesOf(size))
	case free < size:
		return warn(elsewhere, "%sabout %s at most", text, bytesOf(size))
	}
	return ok("%sabout %s at most", text, bytesOf(size))
}

// existing is the directory itself, or the one in which it is going to be made.
func existing(dir string) (string, verdict) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		dir = filepath.Dir(filepath.Clean(dir))
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return "", failed("make it, or choose another directory with -d", "%v", err)
	case !info.IsDir():
		return "", failed("choose another directory with -d", "%s: not a directory", dir)
	}
	return dir, ok("")
}

// imageSize is how many bytes of an image are on disk: holes take no room in a bundle.
// It tells whether they are compressed; then the disk in it is of another size.
func imageSize(path string) (size int64, packed bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false, err
	}
	if !info.Mode().IsRegular() {
		return 0, false, fmt.Errorf("%s: not a file: its size is not known", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	head := make([]byte, 6)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return min(info.Size(), allocated(info)), isPacked(head[:n]), err
}

// isPacked knows gzip (RFC 1952), xz and Zstandard (RFC 8878) by their first bytes.
func isPacked(head []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// bytesOf writes a number of bytes for people.
func bytesOf(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n)/step, 0
	for value >= step && unit < 3 {
		value, unit = value/step, unit+1
	}
	return fmt.Sprintf("%.1f %s", value, []string{"KiB", "MiB", "GiB", "TiB"}[unit])
}
