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
	// ErrUnsupported means that a qcow2 or a compressed file uses what is not
	// read here; the error is an [*UnsupportedError].
	ErrUnsupported = errors.New("image cannot be read in this form")
	// ErrCorrupt means that a qcow2 file contradicts itself.
	ErrCorrupt = errors.New("qcow2 image is corrupt")
	// ErrDamaged means that a compressed input cannot be unpacked, or has not the
	// size that it says.
	ErrDamaged = errors.New("compressed data are damaged")
)

// SizeError says that a stream did not have the length it was said to have.
type SizeError struct {
	Expected int64 // bytes
	Read     int64 // bytes; when more than Expected, there may be more still
	// Whole says that Read is all that there is.
	Whole bool
	// Format is how the stream was unpacked, FormatRaw if it was not.
	Format Format
}

// Hint says what may be meant otherwise.
func (e *SizeError) Hint() string {
	if _, packed := packingOf(e.Format, nil); !packed {
		return ""
	}
	return fmt.Sprintf("the input was unpacked (%s): --image-size is the size of the disk in it; "+
		"--input-format raw takes it as it is", e.Format)
}

// Error implements error.
func (e *SizeError) Error() string {
	more := ""
	if e.Read > e.Expected && !e.Whole {
		more = " or more"
	}
	return fmt.Sprintf("input size did not match expected image size (expected size: %d, read: %d%s)",
		e.Expected, e.Read, more)
}

// UnsupportedError says what about a qcow2 or a compressed file is not read, and
// what to do. It is [ErrUnsupported].
type UnsupportedError struct {
	Format Format // what it was taken for
	What   string // such as: has a backing file; "": it is none
	Advice string
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	switch {
	case e.Format == FormatQCOW2:
		return "qcow2 image " + e.What
	case e.What == "":
		return "not in the format of " + string(e.Format)
	}
	return string(e.Format) + " file " + e.What
}

// imitation is an input that begins like a compressed one and cannot be unpacked.
type imitation struct{ error }

func (i imitation) Unwrap() error { return i.error }

// Hint says what to do if it is none.
func (imitation) Hint() string { return asItIs }

// imitates marks what is damaged from its beginning.
func imitates(err error) error {
	if errors.Is(err, ErrDamaged) {
		return imitation{err}
	}
	return err
}

// notOf refuses what is not of the format that the user says.
func notOf(f Format) error {
	return &UnsupportedError{Format: f, Advice: "leave --input-format out to have the image looked at"}
}

// Is makes the error [ErrUnsupported].
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

// Hint says what to do about it.
func (e *UnsupportedError) Hint() string { return e.Advice }
