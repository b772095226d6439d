//go:build unix

package objects

import (
	"errors"
	"syscall"
)

// diskFull reports whether a file system is full, for us or for all.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
