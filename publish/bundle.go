package publish

import (
	"context"
	"io"

	"emikit/manifest"
)

// BundleRequest says what to bundle and how. Paths are the user's own.
type BundleRequest struct {
	// Image is the path of the image, or "-" for Stdin, whose length ImageSize
	// must then tell.
	Image     string
	Stdin     io.Reader
	ImageSize int64
	// InputFormat is "", "raw" or "qcow2"; "" looks at the file.
	InputFormat string

	// UserCert, PrivateKey and CloudCert are PEM files. Without UserCert only the
	// cloud can unbundle; without PrivateKey the manifest is unsigned.
	UserCert, PrivateKey, CloudCert string

	// Destination is the directory for parts and manifest, made if missing.
	Destination string
	// Prefix names the bundle; "" means the image's file name.
	Prefix string

	Arch, User          string
	KernelID, RamdiskID string
	// Kind "" is decided by KernelID and RamdiskID: "true" makes a kernel or a
	// ramdisk, anything else a machine image.
	Kind         manifest.Kind
	Mappings     []manifest.Mapping
	ProductCodes []string
	Ancestors    []string
	Bundler      manifest.Bundler

	// PartSize in bytes; 0 means the default of 10 MiB.
	PartSize int64
	// Key is the bundling key and IV; nil means a fresh random one.
	Key *manifest.Key
	// Workers is the number of blocks compressed at once; 0 means one for each CPU.
	Workers int

	// Progress, if not nil, is told how many bytes of how many have been read. It
	// is called from one goroutine at a time and must return quickly.
	Progress func(done, total int64)
}

// BundleResult says what BundleImage made.
type BundleResult struct {
	ManifestPath string
	Manifest     *manifest.Manifest
	// Notes are whole lines the user should see, such as that a qcow2 file's
	// virtual disk was bundled.
	Notes []string
}

// BundleImage bundles an image into a directory.
func BundleImage(ctx context.Context, r BundleRequest) (BundleResult, error) { panic("soon") }
