package bundle

import (
	"context"
	"io"

	"emikit/manifest"
)

// Unbundle writes the image of the bundle to dst.
func Unbundle(ctx context.Context, m *manifest.Manifest, key manifest.Key, src Source, dst io.Writer) error {
	panic("soon")
}

// UnbundleFile writes the image of the bundle to path.
func UnbundleFile(ctx context.Context, m *manifest.Manifest, key manifest.Key, src Source, path string) error {
	panic("soon")
}
