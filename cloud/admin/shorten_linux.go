package admin

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// shorten finds a short path to a file by the way of its folder, kept open until
// done is called.
func shorten(path string) (short string, done func(), err error) {
	dir, name := filepath.Split(path)
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	short = fmt.Sprintf("/proc/self/fd/%d/%s", fd, name)
	if _, err := os.Stat(filepath.Dir(short)); err != nil || len(short) > maxSocketPath {
		unix.Close(fd)
		return "", nil, &errLongPath{path} // /proc is not there
	}
	return short, func() { unix.Close(fd) }, nil
}
