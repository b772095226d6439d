//go:build unix

package bundle_test

import (
	"io/fs"
	"syscall"
)

// room returns how many bytes a file takes on disk.
func room(info fs.FileInfo) int64 { return info.Sys().(*syscall.Stat_t).Blocks * 512 }
