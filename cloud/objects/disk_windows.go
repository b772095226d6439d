package objects

import (
	"errors"

	"golang.org/x/sys/windows"
)

// diskFull reports whether a file system is full.
func diskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
