package script

import (
	"context"
	"io"
)

// A Job is a program to run on an image.
type Job struct {
	Program string // the path of an executable file
	Image   string // the path of the image
	// Start and Size are where the filesystem is in the image, in bytes; Type is its.
	Start, Size int64
	Type        string
	// Stdout and Stderr are the program's; it has no standard input.
	Stdout, Stderr io.Writer
}

// Run mounts the filesystem, runs the program, and unmounts it again whatever happened.
// The error names the program if it was that which failed. When ctx ends, the program
// is told to (SIGTERM), and killed if it does not.
func Run(ctx context.Context, j Job) error { return run(ctx, j) }
