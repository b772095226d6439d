package bundling

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/publish"
)

type unbundleFlags struct {
	UnbundleKeys
	manifest            string
	source, destination string
	region              string
}

func newUnbundleCmd(app *cli.App) *cobra.Command {
	var f unbundleFlags
	cmd := &cobra.Command{
		Use:   "unbundle -m MANIFEST",
		Short: "Turn a bundle back into its image",
		Long: `Unbundle checks the parts of a bundle, decrypts and unpacks them, and writes the
image under the name that the manifest gives it. The image appears only when its
digest and size are right; an older file of that name is then replaced. Its holes
are restored. The directory is made if it does not exist, its parents are not.

The private key is the one of the certificate that the bundle was made with, or
the cloud's. Without -c a line warns when the manifest is not signed, or not with
the key of the user's own certificate.`,
		Example: "  emikit unbundle -m bundles/disk.img.manifest.xml -k pk.pem -d images",
		Args:    app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exitCode(app, runUnbundle(cmd.Context(), app, f))
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle's manifest, a `FILE` (required)")
	f.UnbundleKeys.AddFlags(fl)
	fl.StringVarP(&f.source, "source", "s", "", "look for the parts in `DIR` (default the manifest's)")
	fl.StringVarP(&f.destination, "destination", "d", ".", "write the image into `DIR`")
	fl.StringVar(&f.region, "region", "", "use the user of `[USER@]REGION` of the configuration files")
	app.AddProgressFlags(fl)
	new(cli.Prompt).AddFlag(app, fl)
	return cmd
}

func runUnbundle(ctx context.Context, app *cli.App, f unbundleFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	progress := app.NewProgress()
	request.Progress = progress.Of("unbundling")
	result, err := publish.Unbundle(ctx, request)
	progress.End()
	if err != nil {
		return UnbundleFailed(app, app.NoSuchFile(f.manifest, err))
	}
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	path := strings.TrimSuffix(f.destination, "/") + "/" + result.Manifest.Name
	image := map[string]any{"image": path, "size": result.Manifest.Size, "digest": result.Manifest.Digest}
	return app.Show(cli.View{JSON: image, Text: func(w io.Writer) error {
		switch {
		case app.Family == cli.EC2:
			_, err := fmt.Fprintln(w, "Unbundle complete.")
			return err
		case app.Era == cli.Euca2:
			showOldParts(w, result.Manifest)
			_, err := fmt.Fprintln(w, "Decrypting image\nUncompressing image")
			return err
		}
		_, err := fmt.Fprintf(w, "Wrote %s\n", path)
		return err
	}})
}

func (f unbundleFlags) request(app *cli.App) (publish.UnbundleRequest, error) {
	r := publish.UnbundleRequest{
		Log:      app.Log(),
		Manifest: f.manifest, Source: f.source, Destination: f.destination,
		Here: app.Family != cli.Native && app.Era != cli.Euca2, KeepTime: app.Family == cli.EC2,
	}
	if err := f.check(app); err != nil {
		return r, err
	}
	return r, f.Find(app, f.region, &r)
}

// check refuses values of options of which one can see that they are wrong.
func (f unbundleFlags) check(app *cli.App) error {
	const manifestOption = "-m/--manifest"
	if err := f.checkFiles(app, manifestOption); err != nil {
		return err
	}
	if err := app.Required(manifestOption, f.manifest); err != nil {
		return err
	}
	if f.source != "" {
		if err := app.Directory("-s/--source", f.source); err != nil {
			return err
		}
	}
	if app.Family == cli.Native {
		return app.NewDirectory(destinationOption, f.destination)
	}
	return app.Directory(destinationOption, f.destination)
}

// checkFiles refuses paths of files that are not there, as ec2-ami-tools do before
// they say what is missing.
func (f unbundleFlags) checkFiles(app *cli.App, manifestOption cli.Option) error {
	if app.Family != cli.EC2 {
		return nil
	}
	if f.privateKey != "" {
		if err := checkFile(app, "-k/--privatekey", f.privateKey); err != nil {
			return err
		}
	}
	if f.manifest == "" {
		return nil
	}
	return checkFile(app, manifestOption, f.manifest)
}
