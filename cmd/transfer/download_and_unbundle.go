package transfer

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/publish"
)

type downloadAndUnbundleFlags struct {
	cli.Connection
	bundling.UnbundleKeys
	inBucket
	destination string
	jobs        jobsFlag
}

func newDownloadAndUnbundleCmd(app *cli.App) *cobra.Command {
	var f downloadAndUnbundleFlags
	cmd := &cobra.Command{
		Use:   "download-and-unbundle -b BUCKET[/PREFIX] -m MANIFEST",
		Short: "Turn a bundle in a bucket into its image",
		Long: `Download-and-unbundle does what download-bundle and unbundle do, at the same time
and with nothing but the image on disk: parts are fetched ahead, several at once,
checked, decrypted and unpacked while others come. The image appears under the
name that the manifest gives it only when its digest and size are right; an older
file of that name is then replaced. The directory is made if it does not exist, its
parents are not.

With '-d -' the image goes to standard output instead. Then only the exit code says
whether all of it was right.

The private key is the one of the certificate that the bundle was made with, or
the cloud's. Without -c a line warns when the manifest is not signed, or not with
the key of the user's own certificate.`,
		Example: "  emikit download-and-unbundle -b mybucket -m disk.img.manifest.xml -d images\n" +
			"  emikit download-and-unbundle -b mybucket/2026/11 -p disk.img -d - > disk.img",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runDownloadAndUnbundle(cmd.Context(), app, f))
		},
	}
	fl := cmd.Flags()
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.inBucket.addFlags(fl)
	f.UnbundleKeys.AddFlags(fl)
	fl.StringVarP(&f.destination, "destination", "d", ".", "write the image into `DIR`; - is standard output")
	if app.Family == cli.Euca {
		fl.Lookup("destination").Usage = "write the image into `DIR`, or to a file; - is standard output"
	}
	app.AddProgressFlags(fl)
	f.jobs.addFlag(fl, "fetch `N` parts")
	f.AddPatienceFlags(app, fl)
	return cmd
}

func runDownloadAndUnbundle(ctx context.Context, app *cli.App, f downloadAndUnbundleFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	show := newStreamWatcher(app, "downloading and unbundling", f.destination)
	request.Progress, request.Events = show.progress, show.event
	result, err := publish.DownloadAndUnbundle(ctx, request)
	show.End()
	if err != nil {
		return app.NoSuchFile(f.localManifest, bundling.UnbundleFailed(app, err))
	}
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	if request.Output != nil {
		return nil
	}
	path := result.ImagePath
	if request.File == "" {
		path = strings.TrimSuffix(f.destination, "/") + "/" + result.Manifest.Name // ./NAME, as unbundle prints it
	}
	image := map[string]any{"image": path, "size": result.Manifest.Size, "digest": result.Manifest.Digest}
	return app.Show(cli.View{JSON: image, Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "Wrote %s\n", path)
		return err
	}})
}

// request checks the form of the options and completes them from the
// configuration.
func (f downloadAndUnbundleFlags) request(app *cli.App) (r publish.DownloadRequest, err error) {
	if r.From, err = f.location(app); err != nil {
		return r, err
	}
	if err := f.check(app); err != nil {
		return r, err
	}
	if err := f.jobs.check(app); err != nil {
		return r, err
	}
	if err := f.target(app, &r); err != nil {
		return r, err
	}
	if r.Store, _, err = f.Store(app, f.jobs.n); err != nil {
		return r, err
	}
	r.Log, r.Manifest, r.ManifestName = app.Log(), f.localManifest, f.manifestName()
	return r, f.Find(app, f.Region, &r.UnbundleRequest)
}

// target decides where the image goes. euca-download-and-unbundle takes what is no
// directory for a file.
func (f downloadAndUnbundleFlags) target(app *cli.App, r *publish.DownloadRequest) error {
	const option cli.Option = "-d/--destination"
	if f.destination == "-" {
		r.Output = app.Stdout
		return nil
	}
	if info, err := os.Stat(f.destination); app.Family == cli.Euca && (err != nil || !info.IsDir()) {
		r.File = f.destination
		return nil
	}
	r.Destination = f.destination
	return app.NewDirectory(option, f.destination)
}
