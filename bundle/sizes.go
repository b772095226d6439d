package bundle

import (
	"crypto/aes"
	"fmt"
	"math"

	"emikit/manifest"
)

// deflateRatio is the most that deflate compresses: a match of 258 bytes takes two
// bits at least (RFC 1951, 3.2.5).
const deflateRatio = 258 * 8 / 2

// maxSparse is the largest image, in bytes, that may have come out of fewer bytes
// than deflate needs: GNU tar leaves the holes of a sparse file out of its stream.
const maxSparse = 1 << 40

// checkSizes refuses sizes that no bundle can have, before any work. A manifest can
// claim a large image, but then its parts must really be there.
func checkSizes(m *manifest.Manifest) error {
	if m.BundledSize <= 0 || m.BundledSize%aes.BlockSize != 0 {
		return fmt.Errorf("%s: %w: %d bytes is not the length of AES-CBC ciphertext",
			m.Name, ErrBundledSize, m.BundledSize)
	}
	if m.Size < 0 || m.Size > math.MaxInt64/2 {
		return fmt.Errorf("%s: %w: %d bytes", m.Name, ErrImpossibleSize, m.Size)
	}
	if m.Size > maxSparse && m.Size/deflateRatio > m.BundledSize {
		return fmt.Errorf("%s: %w: %d bytes from %d of parts", m.Name, ErrImpossibleSize, m.Size, m.BundledSize)
	}
	return nil
}

// anySize is the size of an image of which nothing is known beforehand.
const anySize = -1

// tarLimit returns how long the tar stream of an image of that size may be.
func tarLimit(size int64) int64 {
	if size == anySize {
		return math.MaxInt64
	}
	return size + tarOverhead(size)
}

// tarOverhead returns how much longer than its image a tar stream may be: headers,
// long names and PAX records (archive/tar takes up to 1 MiB of each), padding, and
// a sparse file's map, whose 24 bytes an entry stand for at least 512 of data or
// hole each.
func tarOverhead(size int64) int64 { return 4<<20 + size/16 }
