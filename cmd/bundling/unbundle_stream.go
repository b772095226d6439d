package bundling

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/bundle"
	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
)

type streamFlags struct {
	UnbundleKeys
	streamKey
	input, output     string
	manifest, region  string
	imageSize, digest string
}

func newUnbundleStreamCmd(app *cli.App) *cobra.Command {
	var f streamFlags
	cmd := &cobra.Command{
		Use:   "unbundle-stream",
		Short: "Turn the parts of a bundle, as one stream, into its image",
		Long: `Unbundle-stream reads the parts of a bundle, one after the other as one stream,
and writes the image that is in them, to standard output unless -o names a file.
A file appears only when all that is known of the image is right. Of what went to
standard output only the exit code says that.

The bundling key comes from the manifest (-m), with the private key of the certificate
that the bundle was made with, or the cloud's. Size and digest of the image are then
known, too. Without a manifest the bundling key and the IV, 32 hexadecimal digits
each, come from the files of --enc-key-file and --enc-iv-file or from the
environment, EMIKIT_ENC_KEY and EMIKIT_ENC_IV; --image-size and --sha1-digest say
what the image is to be. (euca-unbundle-stream takes both as --enc-key and --enc-iv:
then everybody on the machine can see them.)`,
		Example: "  cat disk.img.part.* | emikit unbundle-stream -m disk.img.manifest.xml > disk.img\n" +
			"  emikit unbundle-stream -i parts --enc-key-file key --enc-iv-file iv --image-size 2g -o disk.img",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runUnbundleStream(cmd.Context(), app, f)
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *streamFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.UnbundleKeys.AddFlags(fl)
	f.streamKey.addFlags(app, fl)
	fl.StringVarP(&f.input, "input", "i", "-", "read the parts from `FILE`; - is standard input")
	fl.StringVarP(&f.output, "output-file", "o", "-", "write the image to `FILE`; - is standard output")
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle's manifest, a `FILE`")
	fl.StringVar(&f.region, "region", "", "use the user of `[USER@]REGION` of the configuration files")
	fl.StringVar(&f.imageSize, "image-size", "", "the image must have `BYTES`; k, m, g may follow")
	fl.StringVar(&f.digest, "sha1-digest", "", "the image's digest must be `HEX`, the one in the manifest")
	app.AddProgressFlags(fl)
}

func runUnbundleStream(ctx context.Context, app *cli.App, f streamFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	progress := app.NewProgress()
	request.Progress = progress.Of("unbundling")
	result, err := publish.UnbundleStream(ctx, request)
	progress.End()
	if err != nil {
		return f.failed(app, err)
	}
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	if f.output == "-" {
		return nil
	}
	return app.Show(cli.View{JSON: map[string]any{"image": f.output}, Text: func(io.Writer) error { return nil }})
}

// failed says what else may be wrong where nothing can be said for certain.
func (f streamFlags) failed(app *cli.App, err error) error {
	err = UnbundleFailed(app, app.NoSuchFile(f.input, app.NoSuchFile(f.manifest, err)))
	if errors.Is(err, bundle.ErrKeyDependent) {
		return cli.WithHint(err, "are all the parts there, in their order, and is it their key?")
	}
	return err
}

// request checks the form of the options and completes them from the
// configuration.
func (f streamFlags) request(app *cli.App) (r publish.StreamRequest, err error) {
	if f.output == "-" && app.OutIsTerminal() {
		return r, cli.Usagef("standard output is a terminal: name a file with -o")
	}
	if f.imageSize != "" {
		size, err := byteCount("--image-size", f.imageSize, 0)
		if err != nil {
			return r, err
		}
		r.Size = &size
	}
	if f.digest != "" {
		digest, err := manifest.ParseDigest(f.digest)
		if err != nil {
			return r, app.BadValue("--sha1-digest", f.digest, "'"+f.digest+"' is not a SHA-1: 40 hexadecimal digits")
		}
		r.Digest = &digest
	}
	r.Log, r.Input, r.Stdin, r.Output = app.Log(), cmp.Or(f.input, "-"), app.Stdin, app.Stdout
	if f.output != "-" {
		r.File = f.output
	}
	if f.manifest == "" {
		r.Key, err = f.find(app)
		return r, err
	}
	r.Manifest = f.manifest
	return r, f.Find(app, f.region, &r.UnbundleRequest)
}
