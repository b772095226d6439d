//go:build linux || darwin

package doctor

import (
	"io/fs"
	"math"
	"syscall"

	"golang.org/x/sys/unix"
)

// freeSpace is what unprivileged users can still write to the filesystem of a directory,
// in bytes.
func freeSpace(dir string) (int64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// writable says why no file can be made in a directory.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// allocated is how many bytes a file takes on disk: its holes take none.
func allocated(info fs.FileInfo) int64 {
	const block = 512 // whatever the filesystem's blocks are (stat(2))
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(stat.Blocks) * block
	}
	return math.MaxInt64
}
