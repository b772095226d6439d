package bundling

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/imagefile"
	"emikit/manifest"
	"emikit/publish"
)

// defaultDestination is where bundles go unless the user says otherwise; scripts
// of ec2-ami-tools and of euca2ools 1 and 2 look for them there.
const defaultDestination = "/tmp"

type bundleFlags struct {
	cli.Connection // its region says whose keys; the rest is accepted for old scripts

	image, imageSize, inputFormat string
	destination, prefix           string
	arch, user                    string
	cert, privateKey, cloudCert   string
	unsigned                      bool
	kernel, ramdisk, kind         string
	mappings, productCodes        []string
	partSize                      string
}

func newBundleImageCmd(app *cli.App) *cobra.Command {
	var f bundleFlags
	cmd := &cobra.Command{
		Use:   "bundle-image -i IMAGE",
		Short: "Turn an image into an encrypted, signed bundle",
		Long: `Bundle-image packs, compresses and encrypts an image, splits it into parts, and
writes them with a signed manifest into a directory. The manifest comes last: a
bundle with a manifest is complete. The image may be a raw file, a block device,
a qcow2 file (its virtual disk is bundled) or, as '-', standard input. What looks
compressed, or like a disk of another format, is bundled as it is, and a line says
so.

Whose certificate and key, and which cloud's certificate, come from the options,
from the environment (source the eucarc file of your cloud) or from
~/.euca/*.ini.`,
		Example: "  emikit bundle-image -i vmlinuz-6.1 --kernel true\n" +
			"  emikit bundle-image -i disk.img --kernel eki-1A2B3C4D --ramdisk eri-1A2B3C4D -d bundles\n" +
			"  zcat disk.img.gz | emikit bundle-image -i - -p disk.img --image-size 2g",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exitCode(app, runBundleImage(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *bundleFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.AddFlags(fl, cli.BothKeys)
	fl.StringVarP(&f.image, "image", "i", "", "bundle `IMAGE`; - is standard input (required)")
	fl.StringVar(&f.imageSize, "image-size", "", "length of standard input in `BYTES`; k, m, g may follow")
	fl.StringVar(&f.inputFormat, "input-format", "", "take the image for `FORMAT`, raw or qcow2, without looking at it")
	fl.StringVarP(&f.destination, "destination", "d", defaultDestination, "write the bundle into `DIR`")
	fl.StringVarP(&f.prefix, "prefix", "p", "", "call the bundle `NAME` (default the image's file name)")
	fl.StringVarP(&f.arch, "arch", "r", "", "the image is for `ARCH` (default this machine's)")
	fl.StringVarP(&f.user, "user", "u", "", "the image belongs to `ACCOUNT`")
	fl.StringVarP(&f.cert, "cert", "c", "", "the user's certificate, a PEM `FILE`")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the user's private key, a PEM `FILE`")
	fl.StringVar(&f.cloudCert, "ec2cert", "", "the cloud's certificate, a PEM `FILE`")
	fl.BoolVar(&f.unsigned, "unsigned", false, "do without the user's certificate and key if there are none")
	fl.StringVar(&f.kernel, "kernel", "", "run the image with the kernel `ID`; true: it is a kernel")
	fl.StringVar(&f.ramdisk, "ramdisk", "", "run the image with the ramdisk `ID`; true: it is a ramdisk")
	fl.StringVar(&f.kind, "image-type", "", "the image is a `KIND`: machine, kernel or ramdisk")
	fl.StringArrayVarP(&f.mappings, "block-device-mapping", "B", nil, "map `VIRTUAL=DEVICE[,...]`, such as ami=sda1,swap=sda3; repeatable")
	alias(fl, "block-device-mapping", "block-device-mappings")
	fl.StringArrayVar(&f.productCodes, "productcodes", nil, "put the product codes `CODE[,...]` into the manifest")
	fl.StringVar(&f.partSize, "part-size", "", "cut parts of `BYTES`; k, m, g may follow (default 10m)")
	fl.Bool("batch", false, "accepted for old scripts: nothing is ever asked")
	fl.Bool("no-size-checks", false, "accepted for old scripts, without effect")
	app.WithoutEffect(fl, "batch", "no-size-checks", "access-key-id", "access-key", "secret-key", "secret",
		"security-token", "sigv", "url")
}

func runBundleImage(ctx context.Context, app *cli.App, f bundleFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	text := app.Output != cli.JSON
	if app.Family == cli.EC2 && text {
		fmt.Fprintln(app.Stdout, "Bundling image file...")
	}
	progress := app.NewProgress()
	request.Progress = progress.Of("bundling")
	result, err := publish.BundleImage(ctx, request)
	progress.End()
	if err != nil {
		return f.failed(app, err)
	}
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	return app.Show(cli.View{JSON: summarize(result), Text: func(w io.Writer) error {
		if app.Family == cli.EC2 {
			return showSteps(w, result)
		}
		_, err := fmt.Fprintf(w, "Wrote manifest %s\n", result.ManifestPath)
		return err
	}})
}

// failed words an error as the dialect does.
func (f bundleFlags) failed(app *cli.App, err error) error {
	switch {
	case errors.Is(err, publish.ErrKindConflict):
		return &cli.UsageError{Err: err}
	case errors.Is(err, publish.ErrEmpty) && app.Family == cli.EC2:
		return cli.Reword(err, "the specified image "+f.image+" is zero sized")
	}
	return app.NoSuchFile(f.image, err)
}

// request checks the form of the options and completes them from the
// configuration.
func (f bundleFlags) request(app *cli.App) (publish.BundleRequest, error) {
	if err := f.check(app); err != nil {
		return publish.BundleRequest{}, err
	}
	r := publish.BundleRequest{
		Log:   app.Log(),
		Image: f.image, Stdin: app.Stdin, InputFormat: imagefile.Format(f.inputFormat),
		Destination: f.destination, Prefix: f.prefix,
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
	return r, f.identify(app, &r)
}
