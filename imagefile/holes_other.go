//go:build !linux

package imagefile

import "os"

// nextData says that all is data: holes are read as the zeros they are.
func nextData(_ *os.File, off, size int64) (start, end int64, err error) {
	return off, size, nil
}
