package transfer

import (
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/publish"
)

// bucketOrDisk are the options that say which bundle is meant, in a bucket or, without
// one, on disk.
type bucketOrDisk struct{ inBucket }

func (b *bucketOrDisk) addFlags(fl *pflag.FlagSet) {
	b.inBucket.addFlags(fl)
	fl.Lookup("bucket").Usage = "the bundle is in `BUCKET[/PREFIX]`, not on disk"
	fl.Lookup("manifest").Usage = "the bundle of the manifest `FILE` or, with -b, of that name there"
}

// given lists the options that were.
func (b bucketOrDisk) given() []string {
	if b.bucket != "" {
		return append([]string{"-b/--bucket"}, b.inBucket.given()...)
	}
	return b.inBucket.given()
}

// locate completes a request by the options, and opens the object store if the bundle
// is in one.
func (b bucketOrDisk) locate(app *cli.App, connection cli.Connection, jobs int, r *publish.ManifestRequest) (err error) {
	if b.bucket == "" {
		return b.locateFile(app, r)
	}
	if r.From, err = b.location(app); err != nil {
		return err
	}
	if err := b.check(app); err != nil {
		return err
	}
	r.Manifest, r.ManifestName = b.localManifest, b.manifestName()
	r.Store, _, err = connection.Store(app, jobs)
	return err
}

// locateFile is locate for a manifest on disk.
func (b bucketOrDisk) locateFile(app *cli.App, r *publish.ManifestRequest) error {
	switch {
	case b.prefix != "":
		return cli.Usagef("argument -p/--prefix: not allowed without argument -b/--bucket")
	case b.manifest != "" && b.localManifest != "":
		return cli.Usagef("argument --local-manifest: not allowed with argument -m/--manifest")
	case b.manifest == "" && b.localManifest == "":
		return cli.Usagef("no manifest: give the path of one, or -b/--bucket and a name there")
	}
	r.Manifest, r.Stdin = b.manifest+b.localManifest, app.Stdin
	return nil
}
