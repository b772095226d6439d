package bundling

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"emikit/bundle"
	"emikit/cmd/cli"
	"emikit/imagefile"
	"emikit/manifest"
	"emikit/publish"
)

// ImageFlags are the options that say what to bundle, how, and for whom. Every
// command that bundles has them.
type ImageFlags struct {
	image, imageSize, inputFormat string
	prefix                        string
	arch, user                    string
	cert, privateKey, cloudCert   string
	unsigned                      bool
	kernel, ramdisk, kind         string
	mappings, productCodes        []string
	partSize, compression         string
	bootstrapURL                  string
	// Asker is who asks the cloud for its certificate, if that is not configured; the
	// zero value is the one whom the environment names.
	Asker cli.Connection
	cli.Prompt
}

// AddFlags declares the options.
func (f *ImageFlags) AddFlags(app *cli.App, fl *pflag.FlagSet) {
	fl.StringVarP(&f.image, "image", "i", "", "bundle `IMAGE`; - is standard input (required)")
	fl.StringVar(&f.imageSize, "image-size", "", "the disk has `BYTES`, which standard input must say; k, m, g may follow")
	fl.StringVar(&f.inputFormat, "input-format", "", "take the image for `FORMAT` raw, qcow2, gzip, xz or zstd, without looking at it")
	fl.StringVarP(&f.prefix, "prefix", "p", "", "call the bundle `NAME` (default the image's file name)")
	fl.StringVarP(&f.arch, "arch", "r", "", "the image is for `ARCH` (default this machine's)")
	fl.StringVarP(&f.user, "user", "u", "", "the image belongs to `ACCOUNT`")
	fl.StringVarP(&f.cert, "cert", "c", "", "the user's certificate, a PEM `FILE`")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the user's private key, a PEM `FILE`")
	fl.StringVar(&f.cloudCert, "ec2cert", "", "the cloud's certificate, a PEM `FILE`")
	fl.StringVar(&f.bootstrapURL, "bootstrap-url", "", "where no certificate of the cloud is configured, ask for it at `URL`")
	fl.BoolVar(&f.unsigned, "unsigned", false, "do without the user's certificate and key if there are none")
	fl.StringVar(&f.kernel, "kernel", "", "run the image with the kernel `ID`; true: it is a kernel")
	fl.StringVar(&f.ramdisk, "ramdisk", "", "run the image with the ramdisk `ID`; true: it is a ramdisk")
	fl.StringVar(&f.kind, "image-type", "", "the image is a `KIND`: machine, kernel or ramdisk")
	fl.StringArrayVarP(&f.mappings, "block-device-mapping", "B", nil, "map `VIRTUAL=DEVICE[,...]`, such as ami=sda1,swap=sda3; repeatable")
	alias(fl, "block-device-mapping", "block-device-mappings")
	fl.StringArrayVar(&f.productCodes, "productcodes", nil, "put the product codes `CODE[,...]` into the manifest")
	fl.StringVar(&f.partSize, "part-size", "", "cut parts of `BYTES`; k, m, g may follow (default 10m)")
	fl.StringVar(&f.compression, "compression", string(bundle.CompressionDefault), "compress `HOW`: fast, default or best")
	app.AddProgressFlags(fl)
	f.Prompt.AddFlag(app, fl)
	fl.Bool("no-size-checks", false, "accepted for old scripts, without effect")
	app.WithoutEffect(fl, "no-size-checks")
}

// Request makes the request of the options, whose form Check has checked, and
// completes it from the configuration of a region; "" is the default one.
func (f ImageFlags) Request(app *cli.App, region string) (publish.BundleRequest, error) {
	r := publish.BundleRequest{
		Log:   app.Log(),
		Image: f.image, Stdin: app.Stdin, InputFormat: imagefile.Format(f.inputFormat),
		Prefix: f.prefix, Compression: bundle.Compression(f.compression),
		KernelID: f.kernel, RamdiskID: f.ramdisk, Kind: manifest.Kind(f.kind),
		ProductCodes: productCodes(app, f.productCodes),
		AllowEmpty:   app.Family == cli.Euca,
		Bundler:      manifest.Bundler{Name: "emikit", Version: app.Version, Release: "0"},
	}
	if app.Family == cli.EC2 && f.kind == "" {
		r.Kind = manifest.KindMachine // ec2-ami-tools leave it to kernel_id and ramdisk_id to tell
	}
	var err error
	if r.Arch, err = architecture(app, f.arch); err != nil {
		return r, err
	}
	if r.Mappings, err = mappings(app, f.mappings); err != nil {
		return r, err
	}
	if r.PartSize, err = byteCount("--part-size", f.partSize, 1); err != nil {
		return r, err
	}
	if r.ImageSize, err = byteCount("--image-size", f.imageSize, 0); err != nil {
		return r, err
	}
	return r, f.identify(app, region, &r)
}

// Watch shows how far a request comes while its image is opened, and what it was
// taken for. A raw image, which is the rule, is worth a line to those who look on
// only.
func Watch(app *cli.App, r *publish.BundleRequest, show *cli.Progress) {
	r.Counting = show.Of("measuring")
	r.Opened = func(input publish.Input) {
		show.End()
		if input.Format != imagefile.FormatRaw || app.Family == cli.Native && show.Watched() {
			show.Notef("%s", input)
		}
	}
}

// Failed words an error of bundling as the dialect does.
func (f ImageFlags) Failed(app *cli.App, err error) error {
	size, badSize := errors.AsType[*imagefile.SizeError](err)
	switch {
	case badSize && app.Family == cli.Euca:
		return cli.Reword(err, fmt.Sprintf("corrupt bundle: input size did not match expected image size  (expected size: %d, read: %d)",
			size.Expected, size.Read))
	case app.Family == cli.Euca && (errors.Is(err, imagefile.ErrNotFile) || isDirectory(f.image)):
		return cli.Reword(err, "'"+f.image+"' does not have a usable file size")
	case errors.Is(err, publish.ErrKindConflict):
		return &cli.UsageError{Err: err}
	case errors.Is(err, publish.ErrEmpty) && app.Family == cli.EC2:
		return cli.Reword(err, "the specified image "+f.image+" is zero sized")
	}
	return app.NoSuchFile(f.image, err)
}
