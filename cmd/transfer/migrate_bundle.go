package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
	"emikit/upload"
)

type migrateBundleFlags struct {
	cli.Connection
	cli.Prompt
	bundling.Migration
	bucket, manifest, destination string
	acl, location, ec2URL         string
	jobs                          jobsFlag
}

func newMigrateBundleCmd(app *cli.App) *cobra.Command {
	var f migrateBundleFlags
	cmd := &cobra.Command{
		Use:   "migrate-bundle -b BUCKET[/PREFIX] -m MANIFEST -d BUCKET[/PREFIX]",
		Short: "Copy a bundle to a bucket of another region",
		Long: `Migrate-bundle copies the parts of a bundle to another bucket of the same store, as
copy-bundle does, and writes the manifest of the copy anew, as migrate-manifest does:
signed with the user's key, with the bundling key sealed for the cloud whose
certificate is given or configured, and with other ids of kernel and ramdisk.

The ids are those given; --no-mapping leaves out what is not. With --region those in
the manifest are replaced by their counterparts there, for which the cloud at --ec2-url
is asked. Without either they stay as they are.`,
		Example: "  emikit migrate-bundle -b mybucket -m disk.img.manifest.xml -d mybucket-west --location us-west-1 --region us-west-1\n" +
			"  emikit migrate-bundle -b mybucket -m disk.img.manifest.xml -d mybucket-west --kernel eki-1A2B3C4D --ramdisk eri-1A2B3C4D",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialectOf(app, copied, runMigrateBundle(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *migrateBundleFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.AddPatienceFlags(app, fl)
	fl.Lookup("region").Usage = "look for kernel and ramdisk in `REGION`, where the copy is going to be used"
	f.Migration.AddFlags(fl)
	fl.StringVarP(&f.bucket, "bucket", "b", "", "the bundle is in `BUCKET[/PREFIX]` (required)")
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle of the manifest `NAME` there (required)")
	fl.StringVarP(&f.destination, "destination-bucket", "d", "", "copy it to `BUCKET[/PREFIX]` (required)")
	fl.StringVar(&f.ec2URL, "ec2-url", "", "look for kernel and ramdisk by way of the cloud at `URL`")
	addCopyFlags(app, fl, &f.acl, &f.location, &f.jobs)
	f.Prompt.AddFlag(app, fl)
}

func runMigrateBundle(ctx context.Context, app *cli.App, f migrateBundleFlags) error {
	r, err := f.request(ctx, app)
	if err != nil {
		return err
	}
	if goOn, err := unsafeBucket(ctx, app, f.Prompt, r.To.Bucket); !goOn {
		return err
	}
	if err := f.guessRegion(ctx, app, r); err != nil {
		return err
	}
	if err := f.migrate(app, &r); err != nil {
		return err
	}
	ec2Line(app, "Downloading manifest %s from %s ...", r.From.Key(r.ManifestName), r.From.Bucket)
	show := newWatcher(app, "copying", r.To.String(), migrateLines(app))
	show.callThem(copied)
	r.Events = show.event
	result, err := publish.CopyBundle(ctx, r)
	show.End()
	if err != nil {
		return f.Failed(app, err)
	}
	f.Warn()
	return showCopy(app, r.To, result, func(w io.Writer) error {
		if app.Family == cli.EC2 {
			_, err := fmt.Fprintf(w, "\nYour new bundle is in S3 at the following location:\n%s\n"+
				"Please register it using your favorite EC2 client.\n", result.ManifestPath)
			return err
		}
		_, err := fmt.Fprintf(w, "Copied %s\n", result.ManifestPath)
		return err
	})
}

// migrateLines are the lines of ec2-migrate-bundle 1.4.0.7 for what is copied.
func migrateLines(app *cli.App) func(upload.Event) string {
	if !isEC2Text(app) {
		return nil
	}
	return func(e upload.Event) string {
		switch e.Kind {
		case upload.CreatingBucket:
			return "Creating bucket...\n"
		case upload.PartBegin:
			return fmt.Sprintf("Copying '%s'...\n", e.Name)
		}
		return ""
	}
}

// copied is what ec2-migrate-bundle calls an object: a manifest that it fetches by its
// key, a part by its name.
func copied(refusal *upload.Error) string {
	if refusal.Op == "download" {
		return byKey(refusal)
	}
	return path.Base(refusal.Object)
}

// request checks the form of the options and completes them from the configuration.
func (f *migrateBundleFlags) request(ctx context.Context, app *cli.App) (r publish.CopyRequest, err error) {
	if r.From, r.To, err = f.check(app); err != nil {
		return r, err
	}
	r.ManifestName, r.ACL, r.BucketLocation = f.manifest, f.acl, f.location
	s3 := f.Connection
	s3.Region = "" // the new one is not where the bundle is
	conf, err := s3.Config(app)
	if err != nil {
		return r, err
	}
	endpoint, err := conf.S3()
	if err != nil {
		return r, err
	}
	r.DefaultLocation = endpoint.BucketLocation
	if r.Source, _, err = s3.Store(app, f.jobs.n); err != nil {
		return r, err
	}
	if r.Store, _, err = s3.Store(app, f.jobs.n); err != nil { // each learns its bucket's region
		return r, err
	}
	return r, nil
}

// migrate completes a request by how the manifest is written anew.
func (f *migrateBundleFlags) migrate(app *cli.App, r *publish.CopyRequest) (err error) {
	ec2 := f.Connection
	ec2.URL = f.ec2URL // --url is the object store's
	r.Migration, err = f.Migration.Request(app, ec2, "")
	return err
}

// guessRegion is where ec2-migrate-bundle looks for kernel and ramdisk if it is not
// told.
func (f *migrateBundleFlags) guessRegion(ctx context.Context, app *cli.App, r publish.CopyRequest) error {
	if app.Family != cli.EC2 || f.Region != "" {
		return nil
	}
	f.Region = upload.RegionOf(cmp.Or(f.location, r.DefaultLocation))
	if f.location == "" {
		is, err := r.Store.BucketRegion(ctx, r.To.Bucket)
		if _, refused := errors.AsType[*upload.Error](err); err != nil && !refused {
			return err
		}
		if err == nil { // else it is going to be made, or may not be looked at
			f.Region = is
		}
	}
	ec2Line(app, "Region not provided, guessing from S3 location: %s", f.Region)
	return nil
}

// check refuses values of options of which one can see that they are wrong.
func (f *migrateBundleFlags) check(app *cli.App) (from, to upload.Location, err error) {
	if app.Family == cli.EC2 {
		if err := checkTarget(app, f.acl, f.location); err != nil {
			return from, to, err
		}
	}
	if err := f.checkManifest(app); err != nil {
		return from, to, err
	}
	if from, err = bucket(app, f.bucket); err != nil {
		return from, to, err
	}
	if err := app.Required("-d/--destination-bucket", f.destination); err != nil {
		return from, to, err
	}
	if to, err = parseLocation(app, f.destination); err != nil {
		return from, to, err
	}
	if err := acl(app, f.acl); err != nil {
		return from, to, err
	}
	return from, to, f.jobs.check(app)
}

func (f *migrateBundleFlags) checkManifest(app *cli.App) error {
	const option cli.Option = "-m/--manifest"
	if err := app.Required(option, f.manifest); err != nil {
		return err
	}
	if strings.Contains(f.manifest, "/") {
		return notPlain(app, f.manifest)
	}
	if !strings.HasSuffix(f.manifest, manifest.FileName("")) {
		return app.BadValue(option, f.manifest, "invalid manifest name: '"+f.manifest+"' does not end in "+manifest.FileName(""))
	}
	return nil
}
