package publish

import (
	"context"

	"emikit/manifest"
)

// UnbundleRequest says which bundle to turn back into an image.
type UnbundleRequest struct {
	// Manifest is the manifest's path.
	Manifest string
	// PrivateKey is the PEM file of the user's or the cloud's private key.
	PrivateKey string
	// Certificate, if not "", is the PEM file of the certificate that the
	// manifest's signature must verify against.
	Certificate string
	// Source is the directory of the parts; "" means the manifest's own.
	Source string
	// Destination is the directory for the image; "" means the current one. The
	// image's file name comes from the manifest.
	Destination string
}

// UnbundleResult says what Unbundle made.
type UnbundleResult struct {
	ImagePath string
	Manifest  *manifest.Manifest
}

// Unbundle turns a bundle in a directory back into its image.
func Unbundle(ctx context.Context, r UnbundleRequest) (UnbundleResult, error) { panic("soon") }
