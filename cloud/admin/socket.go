package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// SocketName is the socket in the data directory.
const SocketName = "admin.sock"

// maxSocketPath is the longest path of a socket in bytes: 107 on Linux, less on
// other systems.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// errLongPath says why a path cannot be a socket's.
type errLongPath struct{ path string }

func (e *errLongPath) Error() string {
	return fmt.Sprintf("%s: the path has %d bytes, and that of a socket may have %d on this system", e.path, len(e.path), maxSocketPath)
}

// Hint names the way out.
func (e *errLongPath) Hint() string { return "use a data directory with a shorter path" }

// errNotSocket is another file where the socket should be.
var errNotSocket = errors.New("exists and is not a socket")

// listen opens the socket in dir, which the caller must have locked: whatever
// socket is there belongs to nobody any more. It is made in a folder that is
// closed to others, so that it never has another mode than its own.
func listen(dir string) (_ *net.UnixListener, err error) {
	path := filepath.Join(dir, SocketName)
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s: %w", path, errNotSocket)
	}
	private := filepath.Join(dir, ".sock")
	if err := errors.Join(os.RemoveAll(private), os.Mkdir(private, 0o700)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	made := filepath.Join(private, "s")
	l, err := withShortPath(made, func(short string) (*net.UnixListener, error) {
		return net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // by then it has another name
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// withShortPath calls use with a path that is short enough for a socket and leads
// to the same file.
func withShortPath[T any](path string, use func(string) (T, error)) (T, error) {
	if len(path) <= maxSocketPath {
		return use(path)
	}
	short, done, err := shorten(path)
	if err != nil {
		var none T
		return none, err
	}
	defer done()
	return use(short)
}
