package transfer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/publish"
	"emikit/upload"
)

type copyFlags struct {
	cli.Connection
	bundling.Migration
	inBucket
	copyTarget
	acl, at      string // at is --location
	keepManifest bool
	jobs         jobsFlag
}

func newCopyBundleCmd(app *cli.App) *cobra.Command {
	var f copyFlags
	cmd := &cobra.Command{
		Use:   "copy-bundle -b BUCKET[/PREFIX] (-m MANIFEST | -p NAME) --to BUCKET[/PREFIX]",
		Short: "Copy a bundle to another bucket or cloud",
		Long: `Copy-bundle copies the parts of a bundle as they are, and its manifest last. The
store copies the parts itself where both buckets are in it and it does that; else
they go through memory, several at once, with nothing on disk. Each part is compared
with its digest. Before anything is changed, all parts are looked for. An earlier
bundle of the same name loses its manifest first. A run that fails or is interrupted
removes what it has copied.

Within one store the manifest is copied as it is. For another cloud (--to-url,
--to-region) or with --ec2cert it is written anew, as migrate-manifest does it: the
bundling key is sealed for the cloud whose certificate is given, or is configured for
--to-region, and the manifest is signed with the user's key, whose signature the old
one must have. --keep-manifest copies it as it is even then, as a backup.

Kernel and ramdisk have other ids in another cloud: name them with --kernel and
--ramdisk, or leave them out with --no-mapping.

Who asks the other store comes from the --to-… options, or from the section of
--to-region in ~/.euca/*.ini, or is the one who asks the first.`,
		Example: "  emikit copy-bundle -b mybucket -p disk.img --to backup/2026/11\n" +
			"  emikit copy-bundle -b mybucket -m disk.img.manifest.xml --to images --to-region admin@other --kernel eki-1A2B3C4D",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runCopyBundle(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *copyFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.AddPatienceFlags(app, fl)
	f.Migration.AddFlags(fl)
	f.copyTarget.addFlags(fl)
	fl.StringVarP(&f.bucket, "bucket", "b", "", "the bundle is in `BUCKET[/PREFIX]` (required)")
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle of the manifest `NAME` there")
	fl.StringVarP(&f.prefix, "prefix", "p", "", "the bundle called `NAME` there")
	fl.BoolVar(&f.keepManifest, "keep-manifest", false, "copy the manifest as it is, for another cloud too")
	addCopyFlags(app, fl, &f.acl, &f.at, &f.jobs)
}

// addCopyFlags declares what the commands that copy have in common.
func addCopyFlags(app *cli.App, fl *pflag.FlagSet, acl, location *string, jobs *jobsFlag) {
	fl.StringVar(acl, "acl", upload.DefaultACL, "who may read the copy: `ACL` aws-exec-read, public-read or ec2-bundle-read")
	fl.StringVar(location, "location", "", "the bucket of the copy is, or is made, in `LOCATION`")
	jobs.addFlag(fl, "copy `N` parts")
	app.AddProgressFlags(fl)
}

func runCopyBundle(ctx context.Context, app *cli.App, f copyFlags) error {
	r, err := f.request(app)
	if err != nil {
		return err
	}
	show := newWatcher(app, "copying", r.To.String(), nil)
	r.Events = show.event
	result, err := publish.CopyBundle(ctx, r)
	show.End()
	if err != nil {
		return f.Failed(app, err)
	}
	f.Warn()
	return showCopy(app, r.To, result, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "Copied %s\n", result.ManifestPath)
		return err
	})
}

// showCopy shows a copy.
func showCopy(app *cli.App, to upload.Location, r publish.CopyResult, text func(io.Writer) error) error {
	m := r.Manifest
	return app.Show(cli.View{Text: text, JSON: map[string]any{
		"manifest": r.ManifestPath, "bucket": to.Bucket, "name": m.Name, "parts": len(m.Parts), "copiedByStore": r.ByStore,
		"kernel": m.KernelID, "ramdisk": m.RamdiskID,
	}})
}

// request checks the form of the options and completes them from the configuration.
func (f *copyFlags) request(app *cli.App) (r publish.CopyRequest, err error) {
	if r.From, r.To, err = f.check(app); err != nil {
		return r, err
	}
	r.ManifestName, r.ACL, r.BucketLocation = f.manifestName(), f.acl, f.at
	source, conf, err := f.Store(app, f.jobs.n)
	if err != nil {
		return r, err
	}
	r.Source, r.FindKey = source, keyFinder(conf, f.PrivateKey())
	other, err := f.open(app, f.Connection, f.jobs.n)
	if err != nil {
		return r, err
	}
	r.Store, r.DefaultLocation, r.Owner = other.store, other.location, other.owner
	if f.keepManifest || !f.elsewhere() && !f.changes() {
		return r, nil
	}
	err = f.migrate(app, &r, cmp.Or(f.CloudCertificate(), other.certificate))
	return r, err
}

// changes says whether an option asks for a manifest that says something else.
func (f *copyFlags) changes() bool { return f.Asked() || f.owner != (publish.Owner{}) }

// migrate completes a request by how the manifest is written anew, for the cloud with
// the certificate; "" for the one that it is for now.
func (f *copyFlags) migrate(app *cli.App, r *publish.CopyRequest, certificate string) (err error) {
	if certificate == "" && f.elsewhere() {
		return cli.WithHint(cli.Usagef("argument --ec2cert is required"),
			"it is the certificate of the other cloud, which is to open the copy; --keep-manifest makes a copy that only its present cloud can open")
	}
	// Ids are not looked for in another region: there is none.
	if r.Migration, err = f.Migration.Request(app, cli.Connection{}, f.Region); err != nil {
		return err
	}
	r.Migration.CloudCertificate = certificate
	return nil
}

// check refuses values of options of which one can see that they are wrong.
func (f *copyFlags) check(app *cli.App) (from, to upload.Location, err error) {
	if from, err = f.inBucket.location(app); err != nil {
		return from, to, err
	}
	switch {
	case f.manifest == "" && f.prefix == "":
		return from, to, cli.Usagef("one of the arguments -m/--manifest -p/--prefix is required")
	case f.manifest != "" && f.prefix != "":
		return from, to, cli.Usagef("argument -p/--prefix: not allowed with argument -m/--manifest")
	case f.manifestName() != filepath.Base(f.manifestName()):
		return from, to, notPlain(app, f.manifestName())
	case f.keepManifest && f.changes():
		return from, to, cli.Usagef("argument --keep-manifest: not allowed with what changes the manifest")
	}
	if to, err = f.copyTarget.check(app); err != nil {
		return from, to, err
	}
	if err := acl(app, f.acl); err != nil {
		return from, to, err
	}
	return from, to, f.jobs.check(app)
}
