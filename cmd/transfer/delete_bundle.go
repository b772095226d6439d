package transfer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/upload"
)

type deleteFlags struct {
	cli.Connection
	cli.Prompt
	inBucket
	clear, yes, all, dryRun bool
}

func newDeleteBundleCmd(app *cli.App) *cobra.Command {
	var f deleteFlags
	cmd := &cobra.Command{
		Use:   "delete-bundle -b BUCKET[/PREFIX] (-m MANIFEST | -p NAME)",
		Short: "Remove a bundle from a bucket",
		Long: `Delete-bundle removes the manifest of a bundle from a bucket, and then the parts
that it names, several at once. By the bundle's name (-p) it also removes parts that
are left of one without a manifest. What a manifest calls parts and is not named as
such is never removed.

With --clear the bucket is removed in the end; it must be empty then. --clear alone
removes an empty bucket. --dry-run lists what would be removed, in its order, and
removes nothing.`,
		Example: "  emikit delete-bundle -b mybucket -p disk.img\n" +
			"  emikit delete-bundle -b mybucket --local-manifest /tmp/disk.img.manifest.xml --clear",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runDeleteBundle(cmd.Context(), app, f))
		},
	}
	fl := cmd.Flags()
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.inBucket.addFlags(fl)
	fl.BoolVar(&f.clear, "clear", false, "remove the bucket, too")
	fl.BoolVar(&f.all, "delete-all-bundles", false, "every bundle that has a manifest there")
	if app.Family == cli.Native {
		fl.BoolVar(&f.dryRun, "dry-run", false, "list what would be removed, and remove nothing")
	}
	fl.BoolVarP(&f.yes, "yes", "y", false, "accepted for old scripts: nothing is ever asked")
	f.AddPatienceFlags(app, fl)
	f.Prompt.AddFlag(app, fl)
	app.WithoutEffect(fl, "yes")
	return cmd
}

func runDeleteBundle(ctx context.Context, app *cli.App, f deleteFlags) error {
	from, err := f.complete(app)
	if err != nil {
		return err
	}
	store, conf, err := f.Store(app, 0)
	if err != nil {
		return err
	}
	show := newWatcher(app, "removing", from.String(), deleteLines(app))
	names, err := f.objects(ctx, app, store, upload.BundleRequest{From: from, PrivateKey: keyFinder(conf, ""), Progress: show.event})
	if err != nil {
		return app.NoSuchFile(f.localManifest, err)
	}
	if f.dryRun {
		return f.showPlan(app, from, names)
	}
	goOn, err := f.confirm(ctx, app, names)
	if err != nil {
		return err
	}
	if !goOn {
		ec2Line(app, "ec2-delete-bundle complete.")
		return nil
	}
	if err := store.RemoveObjects(ctx, from, names, show.event); err != nil {
		return err
	}
	if f.clear {
		ec2Line(app, "Attempting to delete bucket %s...", from.Bucket)
		if err := store.RemoveBucket(ctx, from.Bucket); err != nil {
			return err
		}
	}
	removed := map[string]any{"bucket": from.Bucket, "removed": append([]string{}, names...), "bucketRemoved": f.clear}
	return app.Show(cli.View{JSON: removed, Text: func(io.Writer) error {
		ec2Line(app, "ec2-delete-bundle complete.")
		return nil
	}})
}

// showPlan lists what would be removed: objects as BUCKET/KEY, and the bucket.
func (f deleteFlags) showPlan(app *cli.App, from upload.Location, names []string) error {
	plan := map[string]any{"bucket": from.Bucket, "wouldRemove": append([]string{}, names...), "wouldRemoveBucket": f.clear}
	return app.Show(cli.View{JSON: plan, Text: func(w io.Writer) error {
		var lines strings.Builder
		for _, name := range names {
			fmt.Fprintln(&lines, from.Path(name))
		}
		if f.clear {
			fmt.Fprintln(&lines, from.Bucket)
		}
		_, err := io.WriteString(w, lines.String())
		return err
	}})
}

// complete checks the options. ec2-delete-bundle and the first two generations of
// euca2ools want the manifest on disk for -m, the third one its name in the bucket;
// what has a slash in it cannot be that.
func (f *deleteFlags) complete(app *cli.App) (upload.Location, error) {
	from, err := f.location(app)
	if err != nil {
		return from, err
	}
	if app.Family == cli.EC2 {
		if err := checkEC2(app, f.inBucket); err != nil {
			return from, err
		}
	}
	if app.Family == cli.EC2 || strings.Contains(f.manifest, "/") {
		f.localManifest, f.manifest = cmp.Or(f.localManifest, f.manifest), ""
	}
	switch given := f.inBucket.given(); {
	case f.all && len(given) > 0:
		return from, cli.Usagef("argument --delete-all-bundles: not allowed with argument %s", given[0])
	case len(given) == 0 && (f.all || f.clear && app.Era != cli.Euca3):
		return from, nil
	}
	return from, f.check(app)
}

// objects finds what is to be removed.
func (f deleteFlags) objects(ctx context.Context, app *cli.App, store *upload.Store, r upload.BundleRequest) ([]string, error) {
	switch {
	case f.all:
		return allBundles(ctx, store, r)
	case f.prefix != "" && app.Family != cli.Euca:
		r.Name = f.name()
		names, err := store.BundleObjects(ctx, r)
		if err != nil || len(names) > 0 || app.Family == cli.EC2 {
			return names, err
		}
	}
	r.Path, r.ManifestName = f.localManifest, f.manifestName()
	if r.Path == "" && r.ManifestName == "" {
		return nil, nil // --clear alone
	}
	return store.BundleObjects(ctx, r)
}

// allBundles finds the objects of every bundle that has a manifest.
func allBundles(ctx context.Context, store *upload.Store, r upload.BundleRequest) (all []string, err error) {
	manifests, err := store.ManifestNames(ctx, r.From)
	if err != nil {
		return nil, err
	}
	for _, r.ManifestName = range manifests {
		names, err := store.BundleObjects(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}
