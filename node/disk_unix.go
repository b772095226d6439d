//go:build linux || darwin

package node

import (
	"math"

	"golang.org/x/sys/unix"
)

// freeDisk is what unprivileged users can still write to the filesystem of a
// folder, in bytes. Where the system does not tell, nothing is known to be
// short.
func freeDisk(dir string) int64 {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return math.MaxInt64
	}
	return int64(stat.Bavail) * int64(stat.Bsize)
}
