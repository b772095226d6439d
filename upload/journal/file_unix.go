//go:build unix

package journal

import (
	"fmt"
	"os"
	"syscall"
)

// openFile opens or makes the file. Bundles lie in /tmp: what somebody else has put
// in its place is not used, and nothing that a link points to is written.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !info.Mode().IsRegular() || !ok || int(stat.Uid) != os.Geteuid() {
			err = fmt.Errorf("%s: not a file of this user", path)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
