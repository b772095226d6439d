package transfer

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
	"emikit/upload"
)

type downloadFlags struct {
	cli.Connection
	bucket, manifest, prefix, directory string
	localManifest, privateKey           string
	jobs                                jobsFlag
}

func newDownloadBundleCmd(app *cli.App) *cobra.Command {
	var f downloadFlags
	cmd := &cobra.Command{
		Use:   "download-bundle -b BUCKET[/PREFIX] [-m MANIFEST | -p NAME | --local-manifest FILE]",
		Short: "Fetch a bundle from a bucket",
		Long: `Download-bundle fetches a manifest and the parts that it names, several at once,
and compares each part with its digest. The files appear in the directory when
all of the bundle is there; a download that fails leaves none of them. An earlier
bundle of the same name is replaced then. The directory is made if it does not
exist, its parents are not.

Without a manifest's name, every bundle in the bucket or under the prefix is
fetched. With --local-manifest the parts alone are, and no manifest is written.

With '-d -' the parts of one bundle go to standard output, one after the other, and
nothing else is written: unbundle-stream makes the image of them.

A private key is needed for the encrypted manifests of before version 3 alone. What
such a manifest decrypts to is written beside it, as MANIFEST.plaintext.`,
		Example: "  emikit download-bundle -b mybucket -m disk.img.manifest.xml -d bundles\n" +
			"  emikit download-bundle -b mybucket/2026/11 -p disk.img",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runDownloadBundle(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *downloadFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	fl.StringVarP(&f.bucket, "bucket", "b", "", "fetch from `BUCKET[/PREFIX]` (required)")
	fl.StringVarP(&f.manifest, "manifest", "m", "", "fetch the bundle of the manifest `NAME`")
	fl.StringVarP(&f.prefix, "prefix", "p", "", "fetch the bundle called `NAME`")
	fl.StringVar(&f.localManifest, "local-manifest", "", "fetch the parts that the manifest in `FILE` names")
	fl.StringVarP(&f.directory, "directory", "d", ".", "write into `DIR`; - is standard output, for the parts")
	f.jobs.addFlag(fl, "fetch `N` parts")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the private key for an encrypted manifest, a PEM `FILE`")
	app.AddProgressFlags(fl)
	f.AddPatienceFlags(app, fl)
	fl.Bool("batch", false, "accepted for old scripts: nothing is ever asked")
	app.WithoutEffect(fl, "batch")
}

func runDownloadBundle(ctx context.Context, app *cli.App, f downloadFlags) error {
	from, err := f.check(app)
	if err != nil {
		return err
	}
	store, conf, err := f.Store(app, f.jobs.n)
	if err != nil {
		return err
	}
	lines := downloadLines(app, from, f.directory)
	if f.directory == "-" {
		lines = nil // standard output is for the parts
	}
	show := newWatcher(app, "downloading", f.directory, lines)
	request := upload.DownloadRequest{
		From: from, ManifestName: f.manifestName(app), Manifest: f.localManifest, Dir: f.directory, Progress: show.event,
		PrivateKey: keyFinder(conf, f.privateKey),
	}
	if f.directory == "-" {
		return publish.DownloadParts(ctx, store, request, app.Stdout)
	}
	result, err := store.DownloadBundle(ctx, request)
	show.End()
	if err != nil {
		return app.NoSuchFile(f.localManifest, err)
	}
	return app.Show(cli.View{JSON: map[string]any{"manifests": append([]string{}, result.Manifests...)}, Text: func(w io.Writer) error {
		if app.Family == cli.EC2 {
			return nil
		}
		for _, path := range result.Manifests {
			if _, err := fmt.Fprintf(w, "Wrote manifest %s\n", path); err != nil {
				return err
			}
		}
		return nil
	}})
}

// manifestName is the name of the manifest to fetch. ec2-download-bundle has a
// default, which is what ec2-bundle-vol calls its bundles.
func (f downloadFlags) manifestName(app *cli.App) string {
	switch {
	case f.localManifest != "":
		return ""
	case f.manifest != "":
		return f.manifest
	case f.prefix != "":
		return manifest.FileName(strings.TrimSuffix(f.prefix, manifest.FileName("")))
	case app.Family == cli.EC2:
		return manifest.FileName("image")
	}
	return ""
}

// check refuses values of options of which one can see that they are wrong.
func (f downloadFlags) check(app *cli.App) (upload.Location, error) {
	from, err := bucket(app, f.bucket)
	if err == nil {
		err = f.jobs.check(app)
	}
	switch {
	case err != nil:
		return from, err
	case f.manifest != "" && f.prefix != "" && app.Family == cli.EC2:
		return from, cli.Usagef("--prefix and --manifest may not both be provided")
	case len(f.given()) > 1:
		return from, cli.Usagef("argument %s: not allowed with argument %s", f.given()[1], f.given()[0])
	case len(f.given()) == 0 && app.Era == cli.Euca3:
		return from, f.which().check(app)
	case app.Family == cli.EC2 && f.privateKey != "" && !isFile(f.privateKey):
		return from, app.BadValue("-k/--privatekey", f.privateKey, "File does not exist or is not a file.")
	case f.manifest != "" && f.manifest != filepath.Base(f.manifest):
		return from, notPlain(app, f.manifest)
	case f.localManifest != "" && f.which().checkLocal(app) != nil:
		return from, f.which().checkLocal(app)
	case f.directory == "-" && f.manifestName(app) == "" && f.localManifest == "":
		return from, cli.Usagef("argument -d/--directory: for standard output, name one bundle with -m or -p")
	case f.directory == "-":
		return from, nil
	case app.Family == cli.Native:
		return from, app.NewDirectory(directoryOption, f.directory)
	}
	return from, app.Directory(directoryOption, f.directory)
}

// which is the bundle that is meant.
func (f downloadFlags) which() inBucket {
	return inBucket{manifest: f.manifest, prefix: f.prefix, localManifest: f.localManifest}
}

// given lists the options that say which it is.
func (f downloadFlags) given() []string { return f.which().given() }

func notPlain(app *cli.App, name string) error {
	if app.Family == cli.EC2 {
		return app.BadValue("-m/--manifest", name, "'/' character not allowed.")
	}
	return app.BadValue("-m/--manifest", name, "'"+name+"' is not a plain name; give the prefix with the bucket")
}
