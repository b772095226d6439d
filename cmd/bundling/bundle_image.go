package bundling

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/publish"
)

type bundleFlags struct {
	cli.Connection // its region says whose keys; the rest is accepted for old scripts
	ImageFlags
	destination string
}

func newBundleImageCmd(app *cli.App) *cobra.Command {
	var f bundleFlags
	cmd := &cobra.Command{
		Use:   "bundle-image -i IMAGE",
		Short: "Turn an image into an encrypted, signed bundle",
		Long: `Bundle-image packs, compresses and encrypts an image, splits it into parts, and
writes them with a signed manifest into a directory. The manifest comes last: a
bundle with a manifest is complete. The image may be a raw file, a block device,
a qcow2 file (its virtual disk is bundled), either of them compressed with gzip, xz
or zstd unless it is qcow2, or, as '-', standard input. What it is is decided by its
content, and a line says what it was taken for and how big the disk is. Compressed
kernels and ramdisks are bundled as they are. What looks like a disk of another
format is bundled as it is, too, and a line says so.

Whose certificate and key, and which cloud's certificate, come from the options,
from the environment (source the eucarc file of your cloud) or from
~/.euca/*.ini.`,
		Example: "  emikit bundle-image -i disk.img.xz -p disk.img\n" +
			"  emikit bundle-image -i vmlinuz-6.1 --kernel true\n" +
			"  emikit bundle-image -i disk.img --kernel eki-1A2B3C4D --ramdisk eri-1A2B3C4D -d bundles\n" +
			"  ssh host cat disk.img.gz | emikit bundle-image -i - -p disk.img --image-size 2g",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exitCode(app, runBundleImage(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *bundleFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.ImageFlags.AddFlags(app, fl)
	fl.StringVarP(&f.destination, "destination", "d", usualDestination(app), "write the bundle into `DIR`")
	app.WithoutEffect(fl, "access-key-id", "access-key", "secret-key", "secret", "security-token", "sigv", "url")
}

func runBundleImage(ctx context.Context, app *cli.App, f bundleFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	if goOn, err := f.settleArch(ctx, app, &request); err != nil || !goOn {
		return err
	}
	if err := f.begin(app); err != nil {
		return err
	}
	remove, err := f.settleDestination(app, &request)
	if err != nil {
		return err
	}
	result, err := f.bundle(ctx, app, request)
	if err != nil {
		remove()
		return f.Failed(app, err)
	}
	return app.Show(cli.View{JSON: Summarize(result), Text: func(w io.Writer) error {
		switch {
		case app.Family == cli.EC2:
			return showSteps(app, w, result, "ec2-bundle-image")
		case app.Era == cli.Euca2:
			return showOldSteps(w, result)
		}
		_, err := fmt.Fprintf(w, "Wrote manifest %s\n", result.ManifestPath)
		return err
	}})
}

// begin prints what ec2-bundle-image does before its work.
func (f bundleFlags) begin(app *cli.App) error {
	if app.Family != cli.EC2 || app.Output == cli.JSON {
		return nil
	}
	if info, err := os.Stat(f.image); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return f.Failed(app, publish.ErrEmpty)
	}
	_, err := fmt.Fprintln(app.Stdout, "Bundling image file...")
	return err
}

// bundle does the work, and shows how far it is.
func (f bundleFlags) bundle(ctx context.Context, app *cli.App, r publish.BundleRequest) (publish.BundleResult, error) {
	progress := app.NewProgress()
	r.Progress = progress.Of("bundling")
	Watch(app, &r, progress)
	result, err := publish.BundleImage(ctx, r)
	progress.End()
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	return result, err
}

// request checks the form of the options and completes them from the
// configuration.
func (f bundleFlags) request(app *cli.App) (publish.BundleRequest, error) {
	if err := f.checkDestination(app); err != nil {
		return publish.BundleRequest{}, err
	}
	if err := f.Check(app); err != nil {
		return publish.BundleRequest{}, err
	}
	f.Asker = f.Connection
	r, err := f.Request(app, f.Region)
	r.Destination = f.destination
	r.CountedNames = app.Family == cli.EC2
	return r, err
}
