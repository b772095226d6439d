package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/upload"
)

type uploadFlags struct {
	cli.Connection
	bucket, manifest, directory string
	acl, location, privateKey   string
	firstPart                   int
	jobs                        jobsFlag
	skipManifest                bool
}

func newUploadBundleCmd(app *cli.App) *cobra.Command {
	var f uploadFlags
	cmd := &cobra.Command{
		Use:   "upload-bundle -b BUCKET[/PREFIX] -m MANIFEST",
		Short: "Send a bundle to a bucket",
		Long: `Upload-bundle sends the parts of a bundle to an object store, several at once,
and the manifest last: a manifest in a bucket means that the bundle is complete.
Before anything is sent, every part is compared with its digest in the manifest.
A bucket that does not exist is made. An earlier bundle of the same name loses its
manifest first, and in the end the parts that the new one does not have. Requests
that fail for a passing reason are made again.

After an interruption of any kind the same command sends only what is missing: the
parts of which it is certain that the bucket holds them are not sent again. Until all
is there, a hidden file beside the manifest notes what has been sent; it may be
removed at any time.

Where the object store is and who uses it comes from the options, from the
environment (source the eucarc file of your cloud) or from ~/.euca/*.ini.`,
		Example: "  emikit upload-bundle -b mybucket -m /tmp/disk.img.manifest.xml\n" +
			"  emikit upload-bundle -b mybucket/2026/11 -m bundles/disk.img.manifest.xml --jobs 8",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runUploadBundle(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *uploadFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.AddFlags(fl, cli.BothKeys)
	fl.StringVarP(&f.bucket, "bucket", "b", "", "send to `BUCKET[/PREFIX]` (required)")
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle's manifest, a `FILE` (required)")
	fl.StringVarP(&f.directory, "directory", "d", "", "look for the parts in `DIR` (default the manifest's)")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the private key for an encrypted manifest, a PEM `FILE`")
	fl.StringVar(&f.acl, "acl", upload.DefaultACL, "who may read it: `ACL` aws-exec-read, public-read or ec2-bundle-read")
	fl.StringVar(&f.location, "location", "", "the bucket is, or is made, in `LOCATION`")
	fl.IntVar(&f.firstPart, "part", 0, "begin with part `N`, counted from 0; those before must be in the bucket already")
	fl.BoolVar(&f.skipManifest, "skipmanifest", false, "leave out the manifest")
	f.jobs.addFlag(fl, "send `N` parts")
	app.AddProgressFlags(fl)
	f.AddPatienceFlags(app, fl)
	fl.Bool("batch", false, "accepted for old scripts: nothing is ever asked")
	fl.String("ec2cert", "", "accepted for old scripts (`FILE`): no certificate is needed to upload")
	app.WithoutEffect(fl, "batch", "ec2cert")
}

func runUploadBundle(ctx context.Context, app *cli.App, f uploadFlags) error {
	to, err := f.check(app)
	if err != nil {
		return err
	}
	store, conf, err := f.Store(app, f.jobs.n)
	if err != nil {
		return err
	}
	endpoint, err := conf.S3()
	if err != nil {
		return err
	}
	if err := store.CheckBucket(to.Bucket); err != nil {
		return err // before the parts are read
	}
	show := newWatcher(app, "uploading", to.String(), uploadLines(app, f.skipManifest))
	path, err := store.UploadBundle(ctx, upload.UploadRequest{
		Manifest: f.manifest, Dir: f.directory, To: to, ACL: f.acl,
		BucketLocation: f.location, DefaultLocation: endpoint.BucketLocation,
		PrivateKey: keyFinder(conf, f.privateKey), FirstPart: f.firstPart, SkipManifest: f.skipManifest, Progress: show.event,
	})
	show.End()
	if errors.Is(err, upload.ErrFirstPart) {
		return f.badPart(app, err)
	}
	if err != nil {
		return app.NoSuchFile(f.manifest, err)
	}
	uploaded := map[string]any{"manifest": path, "bucket": to.Bucket, "complete": !f.skipManifest}
	return app.Show(cli.View{JSON: uploaded, Text: func(w io.Writer) error {
		switch {
		case app.Family == cli.EC2:
			_, err = fmt.Fprintln(w, "Bundle upload completed.")
		case !f.skipManifest:
			_, err = fmt.Fprintf(w, "Uploaded %s\n", path)
		}
		return err
	}})
}

// check refuses values of options of which one can see that they are wrong.
func (f uploadFlags) check(app *cli.App) (to upload.Location, err error) {
	if err := app.Required("-m/--manifest", f.manifest); err != nil {
		return to, err
	}
	if to, err = bucket(app, f.bucket); err != nil {
		return to, err
	}
	if f.directory != "" {
		if err := app.Directory(directoryOption, f.directory); err != nil {
			return to, err
		}
	}
	if err := acl(app, f.acl); err != nil {
		return to, err
	}
	if f.firstPart < 0 {
		return to, f.badPart(app, fmt.Errorf("%d is not the number of a part", f.firstPart))
	}
	return to, f.jobs.check(app)
}

// badPart refuses the value of --part.
func (f uploadFlags) badPart(app *cli.App, cause error) error {
	return app.BadValue("--part", strconv.Itoa(f.firstPart), cause.Error())
}
