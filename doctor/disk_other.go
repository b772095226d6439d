//go:build !linux && !darwin

package doctor

import (
	"errors"
	"io/fs"
	"math"
)

// freeSpace is not known here.
func freeSpace(string) (int64, error) { return 0, errors.ErrUnsupported }

// writable is found out by bundling only.
func writable(string) error { return nil }

// allocated is not known here: all of a file may be.
func allocated(fs.FileInfo) int64 { return math.MaxInt64 }
