package bundle

import (
	"context"
	"io"

	"emikit/manifest"
)

// Dir is a directory that holds the parts of a bundle.
type Dir struct{ path string }

// OpenDir returns the directory as a Source. It is not read until a part is.
func OpenDir(path string) Dir { return Dir{path} }

// Open opens a part.
func (d Dir) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) { panic("soon") }

// DirSink writes a bundle to a directory.
type DirSink struct{}

// NewDirSink locks the prefix name in dir and prepares for a bundle of that name.
func NewDirSink(dir, name string) (*DirSink, error) { panic("soon") }

// Replaced says whether the directory held a bundle of that name.
func (s *DirSink) Replaced() bool { panic("soon") }

// Put writes a part.
func (s *DirSink) Put(ctx context.Context, part manifest.Part, body []byte) error { panic("soon") }

// Commit removes stale parts, writes the manifest and gives the lock up.
func (s *DirSink) Commit(document []byte) (path string, err error) { panic("soon") }

// Abort removes what was written and gives the lock up. After Commit it does nothing.
func (s *DirSink) Abort() error { panic("soon") }
