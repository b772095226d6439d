package transfer

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/publish"
	"emikit/upload"
)

// bundleUploadFlags are the options of a command that bundles into a bucket.
type bundleUploadFlags struct {
	cli.Connection
	bundling.ImageFlags
	bucket, acl, location string
	destination           string
	preserve              bool
	jobs                  jobsFlag
}

func newBundleAndUploadImageCmd(app *cli.App) *cobra.Command {
	var f bundleUploadFlags
	cmd := &cobra.Command{
		Use:   "bundle-and-upload-image -i IMAGE -b BUCKET[/PREFIX]",
		Short: "Bundle an image straight into a bucket",
		Long: `Bundle-and-upload-image does what bundle-image and upload-bundle do, at the same
time and without a copy on disk: the parts are sent while they are made, several
at once, and the manifest last. It takes the memory of --jobs parts. Certificates,
key, image and bucket are looked at before any work.

An earlier bundle of the same name loses its manifest when the first part is
ready, and in the end the parts that the new one does not have. A run that fails
or is interrupted removes what it has sent; a line says what it could not remove.`,
		Example: "  emikit bundle-and-upload-image -i disk.img -b mybucket\n" +
			"  zcat disk.img.gz | emikit bundle-and-upload-image -i - -p disk.img --image-size 2g -b mybucket/2026/11",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runBundleAndUploadImage(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *bundleUploadFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.ImageFlags.AddFlags(app, fl)
	fl.StringVarP(&f.bucket, "bucket", "b", "", "send to `BUCKET[/PREFIX]` (required)")
	fl.StringVar(&f.acl, "acl", upload.DefaultACL, "who may read it: `ACL` aws-exec-read, public-read or ec2-bundle-read")
	fl.StringVar(&f.location, "location", "", "the bucket is, or is made, in `LOCATION`")
	f.jobs.addFlag(fl, "send `N` parts")
	fl.Var(&f.jobs, "max-pending-parts", "same as --jobs `N`")
	fl.BoolVar(&f.preserve, "preserve-bundle", false, "write the bundle into the directory of -d as well")
	fl.StringVarP(&f.destination, "destination", "d", "/tmp", "the `DIR` of --preserve-bundle")
	if app.Era == cli.Euca3 {
		fl.Lookup("destination").DefValue, f.destination = "", ""
	}
	f.AddPatienceFlags(app, fl)
}

func runBundleAndUploadImage(ctx context.Context, app *cli.App, f bundleUploadFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	remove, err := f.settle(app, &request)
	if err != nil {
		return err
	}
	show := f.watch(app, &request)
	result, err := publish.BundleAndUpload(ctx, request)
	show.End()
	if err != nil {
		remove()
		return f.Failed(app, err)
	}
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	return app.Show(cli.View{JSON: summarize(result, request.To), Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "Uploaded %s\n", result.ManifestPath)
		return err
	}})
}

// settle makes the directory of a bundle that is to be kept nobody said where. remove
// removes it again if nothing is in it.
func (f bundleUploadFlags) settle(app *cli.App, r *publish.UploadRequest) (remove func(), err error) {
	if !f.preserve || r.Destination != "" {
		return func() {}, nil
	}
	r.Destination, err = bundling.NewDestination(app)
	return func() { os.Remove(r.Destination) }, err
}

// watch shows how far a request comes.
func (f bundleUploadFlags) watch(app *cli.App, r *publish.UploadRequest) *streamWatcher {
	show := newStreamWatcher(app, "bundling and uploading", r.To.String())
	if app.Family == cli.Euca && app.Debug && app.Output != cli.JSON {
		show.show.lines = newInOrder(func(e upload.Event) string { return uploadedPart(r.To, e) })
	}
	r.Progress, r.Events = show.progress, show.event
	bundling.Watch(app, &r.BundleRequest, show.show.Progress)
	return show
}

// summarize is bundling's, with the bucket.
func summarize(result publish.BundleResult, to upload.Location) bundling.Summary {
	s := bundling.Summarize(result)
	s.Bucket = to.Bucket
	return s
}

// request checks the form of the options and completes them from the
// configuration.
func (f bundleUploadFlags) request(app *cli.App) (r publish.UploadRequest, err error) {
	if r.To, err = f.check(app); err != nil {
		return r, err
	}
	store, conf, err := f.Store(app, f.jobs.n)
	if err != nil {
		return r, err
	}
	endpoint, err := conf.S3()
	if err != nil {
		return r, err
	}
	f.Asker = f.Connection
	r.BundleRequest, err = f.Request(app, f.Region)
	r.Destination, r.Preserve = f.destination, f.preserve
	r.Store, r.ACL = store, f.acl
	r.BucketLocation, r.DefaultLocation = f.location, endpoint.BucketLocation
	return r, err
}

// check refuses values of options of which one can see that they are wrong.
func (f bundleUploadFlags) check(app *cli.App) (to upload.Location, err error) {
	if err := f.Check(app); err != nil {
		return to, err
	}
	if to, err = bucket(app, f.bucket); err != nil {
		return to, err
	}
	if f.preserve && f.destination != "" {
		if err := app.NewDirectory("-d/--destination", f.destination); err != nil {
			return to, err
		}
	}
	if err := acl(app, f.acl); err != nil {
		return to, err
	}
	return to, f.jobs.check(app)
}
