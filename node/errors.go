package node

import (
	"errors"
	"fmt"

	"emikit/dirlock"
)

// Conditions that callers of a node can test for.
var (
	// ErrNoRoom means that the node cannot hold the instance; the error is a
	// [*NoRoomError] that names what is short.
	ErrNoRoom = errors.New("not enough resources")
	// ErrBadSpec means that no node could run the instance.
	ErrBadSpec = errors.New("not a valid specification of an instance")
	// ErrUnknownInstance means that the node has no such instance.
	ErrUnknownInstance = errors.New("no such instance on this node")
	// ErrNotRunning means that the instance is in a state that does not allow
	// what was asked.
	ErrNotRunning = errors.New("instance is not running")
	// ErrNotStopped means that the instance is not stopped, as it has to be.
	ErrNotStopped = errors.New("instance is not stopped")
	// ErrClosed means that the node was closed.
	ErrClosed = errors.New("node is closed")
	// ErrLocked means that another process has the node's directory.
	ErrLocked = errors.New("in use by another emikit node")
)

// lockedError is ErrLocked with the directory and the owner's process id.
type lockedError struct {
	dir string
	pid int // 0: not known
}

func (e *lockedError) Error() string {
	if e.pid == 0 {
		return fmt.Sprintf("directory %s: %v", e.dir, ErrLocked)
	}
	return fmt.Sprintf("directory %s: %v (pid %d)", e.dir, ErrLocked, e.pid)
}

func (e *lockedError) Is(target error) bool { return target == ErrLocked }

func (e *lockedError) Hint() string { return "stop that one first, or choose another directory" }

// lockDir takes a node's directory for this process.
func lockDir(dir string) (*dirlock.Lock, error) {
	l, err := dirlock.Acquire(dir)
	if held, ok := errors.AsType[*dirlock.HeldError](err); ok {
		return nil, &lockedError{dir, held.PID}
	}
	return l, err
}

// Resource is something a node can be short of.
type Resource string

// The resources that are counted.
const (
	Cores  Resource = "cores"
	Memory Resource = "memory"
	Disk   Resource = "disk"
)

// NoRoomError says which resource an instance lacks. It is [ErrNoRoom].
type NoRoomError struct {
	Resource   Resource
	Type       string // VM type that was asked for
	Need, Free int    // cores, MiB or GiB
}

// Error implements error.
func (e *NoRoomError) Error() string {
	unit := map[Resource]string{Cores: "", Memory: " MB", Disk: " GB"}[e.Resource]
	return fmt.Sprintf("not enough %s: %s needs %d%s, %d%s free",
		e.Resource, e.Type, e.Need, unit, e.Free, unit)
}

// Is makes the error [ErrNoRoom].
func (e *NoRoomError) Is(target error) bool { return target == ErrNoRoom }

// DiskTooSmallError says that an image does not fit a VM type's disk. It is
// [ErrBadSpec], for no node could run it.
type DiskTooSmallError struct {
	Image string
	Size  int64 // of the image, bytes
	Type  VMType
}

// Error implements error.
func (e *DiskTooSmallError) Error() string {
	return fmt.Sprintf("%s: image of %d bytes does not fit the %d GB disk of %s",
		e.Image, e.Size, e.Type.DiskGB, e.Type.Name)
}

// Is makes the error [ErrBadSpec].
func (e *DiskTooSmallError) Is(target error) bool { return target == ErrBadSpec }

// Hint says what to do about it.
func (e *DiskTooSmallError) Hint() string {
	return "run the image with a type that has a larger disk"
}
