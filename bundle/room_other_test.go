//go:build !unix

package bundle_test

import "io/fs"

// room is not known here.
func room(fs.FileInfo) int64 { return 0 }
