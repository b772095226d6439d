package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/upload"
)

type uploadFlags struct {
	cli.Connection
	cli.Prompt
	bucket, manifest, directory string
	acl, location, privateKey   string
	part                        string
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
			return dialectOf(app, f.file, runUploadBundle(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *uploadFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	fl.StringVarP(&f.bucket, "bucket", "b", "", "send to `BUCKET[/PREFIX]` (required)")
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle's manifest, a `FILE` (required)")
	fl.StringVarP(&f.directory, "directory", "d", "", "look for the parts in `DIR` (default the manifest's)")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the private key for an encrypted manifest, a PEM `FILE`")
	fl.StringVar(&f.acl, "acl", upload.DefaultACL, "who may read it: `ACL` aws-exec-read, public-read or ec2-bundle-read")
	fl.StringVar(&f.location, "location", "", "the bucket is, or is made, in `LOCATION`")
	fl.StringVar(&f.part, "part", "", "begin with part `N`, counted from 0; those before must be in the bucket already")
	if app.Family == cli.Euca {
		fl.Lookup("part").Usage = "begin with `PART`, its number or the name of its file; with a name, leave out the manifest"
	}
	fl.BoolVar(&f.skipManifest, "skipmanifest", false, "leave out the manifest")
	f.jobs.addFlag(fl, "send `N` parts")
	app.AddProgressFlags(fl)
	f.AddPatienceFlags(app, fl)
	f.Prompt.AddFlag(app, fl)
	fl.String("ec2cert", "", "accepted for old scripts (`FILE`): no certificate is needed to upload")
	app.WithoutEffect(fl, "ec2cert")
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
	if goOn, err := unsafeBucket(ctx, app, f.Prompt, to.Bucket); !goOn {
		return err
	}
	show := newWatcher(app, "uploading", to.String(), uploadLines(app, to, f.skipManifest))
	show.callThem(f.file)
	request := upload.UploadRequest{
		Manifest: f.manifest, Dir: f.directory, To: to, ACL: f.acl,
		BucketLocation: f.location, DefaultLocation: endpoint.BucketLocation,
		PrivateKey: keyFinder(conf, f.privateKey), SkipManifest: f.skipManifest, Progress: show.event,
	}
	if err := f.firstPart(app, &request); err != nil {
		return err
	}
	path, err := store.UploadBundle(ctx, request)
	show.End()
	if errors.Is(err, upload.ErrFirstPart) {
		return f.badPart(app, err)
	}
	if err != nil {
		return app.NoSuchFile(f.manifest, err)
	}
	return f.show(app, to, path, request.SkipManifest)
}

// show shows what was uploaded.
func (f uploadFlags) show(app *cli.App, to upload.Location, path string, skipped bool) error {
	uploaded := map[string]any{"manifest": path, "bucket": to.Bucket, "complete": !skipped}
	return app.Show(cli.View{JSON: uploaded, Text: func(w io.Writer) (err error) {
		switch {
		case app.Family == cli.EC2:
			_, err = fmt.Fprintln(w, "Bundle upload completed.")
		case !skipped && app.Era == cli.Euca2:
			_, err = fmt.Fprintf(w, "Uploaded image as %s\n", path)
		case !skipped:
			_, err = fmt.Fprintf(w, "Uploaded %s\n", path)
		}
		return err
	}})
}

// file is the path of the file that an object is made of.
func (f uploadFlags) file(refusal *upload.Error) string {
	name := path.Base(refusal.Object)
	if name == filepath.Base(f.manifest) {
		return f.manifest
	}
	return filepath.Join(cmp.Or(f.directory, filepath.Dir(f.manifest)), name)
}

// check refuses values of options of which one can see that they are wrong.
func (f uploadFlags) check(app *cli.App) (to upload.Location, err error) {
	if err := f.checkEC2(app); err != nil {
		return to, err
	}
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
	return to, f.jobs.check(app)
}

// checkEC2 refuses the values that ec2-upload-bundle refuses before it misses others.
func (f uploadFlags) checkEC2(app *cli.App) error {
	if app.Family != cli.EC2 {
		return nil
	}
	if f.manifest != "" && !isFile(f.manifest) {
		return app.BadValue("-m/--manifest", f.manifest, "File does not exist or is not a file.")
	}
	if app.Era == cli.EC2v15 && f.URL != "" {
		app.Notef("Specifying url has been deprecated, please use only --region")
	}
	return checkTarget(app, f.acl, f.location)
}

// firstPart reads the value of --part.
func (f uploadFlags) firstPart(app *cli.App, r *upload.UploadRequest) error {
	n, err := strconv.Atoi(strings.TrimSpace(f.part))
	switch {
	case f.part == "", app.Era == cli.Euca3: // which took it and did nothing with it
		return nil
	case err != nil && app.Family == cli.Euca:
		r.FirstPartName, r.SkipManifest = filepath.Base(f.part), true // so did euca2ools 1.x
		return nil
	case err != nil || n < 0:
		return f.badPart(app, fmt.Errorf("%s is not the number of a part", f.part))
	}
	r.FirstPart, r.AnyFirstPart = n, app.Family == cli.EC2
	return nil
}

// badPart refuses the value of --part.
func (f uploadFlags) badPart(app *cli.App, cause error) error {
	return app.BadValue("--part", f.part, cause.Error())
}
