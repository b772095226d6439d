package imagefile

import (
	"errors"
	"fmt"
)

// Conditions of inputs that callers can test for.
var (
	// ErrChanged means that a file was written to while it was read.
	ErrChanged = errors.New("file changed while it was read")
	// ErrNotFile means that a path names neither a file nor a block device.
	ErrNotFile = errors.New("not a regular file or block device")
	// ErrNotQCOW2 means that a file said to be qcow2 is not.
	ErrNotQCOW2 = errors.New("not a qcow2 image")
	// ErrUnsupported means that a qcow2 file uses what is not read here; the
	// error is an [*UnsupportedError].
	ErrUnsupported = errors.New("qcow2 image cannot be read")
	// ErrCorrupt means that a qcow2 file contradicts itself.
	ErrCorrupt = errors.New("qcow2 image is corrupt")
)

// SizeError says that a stream did not have the length it was said to have.
type SizeError struct {
	Expected int64 // bytes
	Read     int64 // bytes; when more than Expected, there may be more still
}

// Error implements error.
func (e *SizeError) Error() string {
	more := ""
	if e.Read > e.Expected {
		more = " or more"
	}
	return fmt.Sprintf("input size did not match expected image size (expected size: %d, read: %d%s)",
		e.Expected, e.Read, more)
}

// UnsupportedError says what about a qcow2 file is not read, and what to do.
// It is [ErrUnsupported].
type UnsupportedError struct {
	What   string // such as: has a backing file
	Advice string
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "qcow2 image " + e.What }

// Is makes the error [ErrUnsupported].
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

// Hint says what to do about it.
func (e *UnsupportedError) Hint() string { return e.Advice }
