package publish

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"emikit/bundle"
	"emikit/imagefile"
	"emikit/manifest"
)

// BundleRequest says what to bundle and how. Paths are the user's own.
type BundleRequest struct {
	// Image is the path of the image, or "-" for Stdin, whose length ImageSize
	// must then tell, in bytes; the size of a file must be that, too, unless it is 0.
	Image     string
	Stdin     io.Reader
	ImageSize int64
	// Made, if not nil, is bundled in place of Image. Whoever made it closes it.
	Made *imagefile.Image
	// AllowEmpty bundles an image of no bytes, too, which no cloud can run.
	AllowEmpty bool
	// InputFormat of the image; imagefile.FormatAuto looks at it, and unpacks what is
	// compressed unless it is a kernel or a ramdisk.
	InputFormat imagefile.Format

	// UserCert, PrivateKey and CloudCert are PEM files. Without UserCert only the
	// cloud can unbundle; without PrivateKey the manifest is unsigned.
	UserCert, PrivateKey, CloudCert string
	// CloudCertificate, if not nil, is the cloud's in place of the file CloudCert.
	CloudCertificate *x509.Certificate

	// Destination is the directory for parts and manifest, "" the current one. It is
	// made if missing, its parents are not.
	Destination string
	// Prefix names the bundle; "" means the image's file name.
	Prefix string

	Arch, User          string
	KernelID, RamdiskID string
	// Kind "" is decided by KernelID and RamdiskID: "true" makes a kernel or a
	// ramdisk, anything else a machine image.
	Kind manifest.Kind
	// Mappings and ProductCodes are left out of kernels and ramdisks, as euca2ools
	// does.
	Mappings     []manifest.Mapping
	ProductCodes []string
	Ancestors    []string
	// Bundler names the program in the manifest; the zero value is emikit.
	Bundler manifest.Bundler

	// CountedNames numbers the parts with as many digits as their count has, as
	// ec2-ami-tools do: .part.0 if there is one. Else they have two at least, as
	// euca2ools do. Only BundleImage knows the count in time.
	CountedNames bool
	// PartSize in bytes; 0 means bundle.DefaultPartSize.
	PartSize int64
	// Compression is how hard to compress; "" means bundle.CompressionDefault.
	Compression bundle.Compression
	// Key is the bundling key and IV; nil means a fresh random one.
	Key *manifest.Key
	// Workers is the number of blocks compressed at once; 0 means one for each CPU.
	Workers int

	// Progress, if not nil, is told how many bytes of the image, of how many, have
	// been read. It is called from one goroutine at a time and must return quickly.
	Progress func(done, total int64)
	// Counting, if not nil, is told the same of a compressed file that has to be
	// unpacked to find the size of its disk, before the first call of Progress.
	Counting func(done, total int64)
	// Opened, if not nil, is told what the image was taken for, before the work.
	Opened func(Input)
	// Log receives debug lines about the files that are read and the parts that are
	// made; never a key. nil means no log.
	Log *slog.Logger
}

// BundleResult says what BundleImage made.
type BundleResult struct {
	ManifestPath string
	Manifest     *manifest.Manifest
	// Notes are whole lines that the user should see, such as that an image looks
	// like a VMDK disk.
	Notes []string
}

// Errors of requests that contradict themselves or leave something out.
var (
	ErrNoPrefix     = errors.New("a bundle from standard input needs a name")
	ErrNoCloudCert  = errors.New("no cloud certificate")
	ErrEmpty        = errors.New("the image is empty")
	ErrKindConflict = errors.New("kernel and ramdisk do not go with the kind of image")
)

// BundleImage bundles an image into a directory. If it fails or is cancelled, the
// directory is left without a bundle of that name, or as it was if nothing had been
// written yet. A bundle that would replace one of its own inputs is refused before
// any work (bundle.ErrInput).
func BundleImage(ctx context.Context, r BundleRequest) (BundleResult, error) {
	options, image, err := r.begin(ctx)
	if err != nil {
		return BundleResult{}, err
	}
	defer image.stop()
	sink, err := bundle.NewDirSink(r.destination(), options.Manifest.Name, r.inputs()...)
	if err != nil {
		return BundleResult{}, fmt.Errorf("bundle %s: %w", options.Manifest.Name, err)
	}
	if r.CountedNames {
		options.Name = countNames(options.Manifest.Name, sink)
	}
	result, err := r.create(ctx, image, options, sink, func(document []byte) (string, error) { return sink.Commit(document) })
	if err != nil {
		return BundleResult{}, errors.Join(err, sink.Abort())
	}
	if sink.Replaced() {
		result.Notes = append(result.Notes, fmt.Sprintf("replaced an earlier bundle of the same name in %s", filepath.Clean(r.destination())))
	}
	return result, nil
}

// countNames returns what names the parts of the bundle called name by their count,
// those in the sink too.
func countNames(name string, sink *bundle.DirSink) func(parts []manifest.Part) error {
	return func(parts []manifest.Part) error {
		names := make([]string, len(parts))
		for i := range parts {
			names[i] = manifest.CountedPartName(name, i, len(parts))
			parts[i].Name = names[i]
		}
		return sink.Rename(names)
	}
}

// begin loads the keys and opens the image, whose stop the caller calls.
func (r BundleRequest) begin(ctx context.Context) (bundle.Options, *input, error) {
	options, err := await(ctx, r.options)
	if err != nil {
		return options, nil, err
	}
	image, err := r.open(ctx, options.Manifest.Kind)
	if err != nil {
		return options, nil, err
	}
	if image.Size() == 0 && !r.AllowEmpty {
		image.stop()
		return options, nil, fmt.Errorf("%s: %w", image.Path(), ErrEmpty)
	}
	if r.Image != "-" && r.ImageSize != 0 && r.ImageSize != image.Size() {
		image.stop()
		return options, nil, &imagefile.SizeError{Expected: r.ImageSize, Read: image.Size(), Format: image.Format(), Whole: true}
	}
	logOr(r.Log).DebugContext(ctx, "image opened", "image", image.Path(), "format", image.Format(), "size", image.Size())
	if r.Opened != nil {
		r.Opened(Input{Name: image.Path(), Format: image.Format(), Size: image.Size()})
	}
	return options, image, nil
}

// create bundles the image into sink. commit stores the manifest, which completes
// the bundle, and says where it is.
func (r BundleRequest) create(ctx context.Context, image *input, o bundle.Options, sink bundle.Sink, commit func(document []byte) (string, error)) (BundleResult, error) {
	log := logOr(r.Log)
	watched := &watchedImage{Image: image.Image, progress: r.Progress}
	m, document, err := bundle.Create(ctx, watched, image.Size(), o, &loggedSink{sink, log})
	if err != nil {
		return BundleResult{}, err
	}
	path, err := commit(document)
	if err != nil {
		return BundleResult{}, err
	}
	log.DebugContext(ctx, "manifest written", "file", path, "size", len(document), "signed", o.Signer != nil, "digest", m.Digest)
	return BundleResult{ManifestPath: path, Manifest: m, Notes: r.notes(watched, m.Kind)}, nil
}

// open opens the image. The caller calls its stop.
func (r BundleRequest) open(ctx context.Context, kind manifest.Kind) (*input, error) {
	if r.Made != nil {
		return &input{r.Made, func() {}}, nil
	}
	o := imagefile.Options{Format: r.InputFormat, KeepCompressed: kind != manifest.KindMachine, Counting: r.Counting}
	if r.Image != "-" {
		image, err := imagefile.Open(ctx, r.Image, o)
		if err != nil {
			return nil, err
		}
		return &input{image, func() { _ = image.Close() }}, nil // it was only read
	}
	stdin, stop := interruptible(ctx, r.Stdin)
	image, err := imagefile.FromReader(ctx, stdin, "standard input", r.ImageSize, o)
	if err != nil {
		stop()
		return nil, err
	}
	return &input{image, func() { _ = image.Close(); stop() }}, nil
}

// inputs are the files that the bundle must not replace.
func (r BundleRequest) inputs() []string {
	image := r.Image
	if f, ok := r.Stdin.(*os.File); ok && image == "-" {
		image = f.Name()
	}
	return []string{image, r.UserCert, r.PrivateKey, r.CloudCert}
}

func (r BundleRequest) destination() string {
	if r.Destination == "" {
		return "."
	}
	return r.Destination
}
