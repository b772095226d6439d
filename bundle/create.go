package bundle

import (
	"context"
	"io"

	"emikit/manifest"
)

// Create bundles image, size bytes long, into sink.
func Create(ctx context.Context, image io.Reader, size int64, o Options, sink Sink) (*manifest.Manifest, []byte, error) {
	panic("soon")
}
