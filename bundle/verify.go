package bundle

import (
	"context"

	"emikit/manifest"
)

// VerifyOptions say how far Verify goes.
type VerifyOptions struct {
	// Key, when not nil, has Verify also decrypt the bundle and check the image's
	// digest, writing nothing. When nil, only presence, sizes and digests of the
	// parts are checked.
	Key *manifest.Key
	// Workers is the number of parts read at once; 0 means GOMAXPROCS.
	Workers int
}

// PartReport is what Verify found out about one part.
type PartReport struct {
	Part manifest.Part
	Size int64
	Err  error // nil if the part is there and has its digest
}

// Report is what Verify found out.
type Report struct {
	Parts     []PartReport // in the order of the manifest
	Size      int64        // of all parts that could be read, in bytes
	Decrypted bool         // the image was unbundled and has its digest
}

// Verify checks a bundle against its manifest without writing anything.
func Verify(ctx context.Context, m *manifest.Manifest, src Source, o VerifyOptions) (Report, error) {
	panic("soon")
}
