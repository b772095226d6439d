//go:build unix

package clitest

import "syscall"

// hasModes says whether files have the modes that the recorded ones have.
const hasModes = true

// setUmask sets the process's, and returns what sets it back.
func setUmask(mask int) (restore func()) {
	old := syscall.Umask(mask)
	return func() { syscall.Umask(old) }
}
