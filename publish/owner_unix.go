//go:build unix

package publish

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives f the owner and group of old, if this process may: root may, and
// would otherwise take a user's file away.
func keepOwner(f *os.File, old fs.FileInfo) {
	if stat, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(stat.Uid), int(stat.Gid))
	}
}
