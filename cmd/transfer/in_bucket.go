package transfer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/upload"
)

// inBucket are the options that say which bundle in a bucket is meant.
type inBucket struct{ bucket, manifest, prefix, localManifest string }

func (b *inBucket) addFlags(fl *pflag.FlagSet) {
	fl.StringVarP(&b.bucket, "bucket", "b", "", "the bundle is in `BUCKET[/PREFIX]` (required)")
	fl.StringVarP(&b.manifest, "manifest", "m", "", "the bundle of the manifest `NAME` there")
	fl.StringVarP(&b.prefix, "prefix", "p", "", "the bundle called `NAME` there")
	fl.StringVar(&b.localManifest, "local-manifest", "", "the bundle of the manifest in `FILE`, whatever is there")
}

// manifestName is the manifest's name in the bucket; "" for one on disk.
func (b inBucket) manifestName() string {
	if b.prefix != "" {
		return manifest.FileName(b.name())
	}
	return b.manifest
}

// name is the bundle's, if that was given. Its manifest's is taken for it, too.
func (b inBucket) name() string { return strings.TrimSuffix(b.prefix, manifest.FileName("")) }

// location checks the bucket.
func (b inBucket) location(app *cli.App) (upload.Location, error) { return bucket(app, b.bucket) }

// given lists the options that were.
func (b inBucket) given() (names []string) {
	for _, option := range []struct{ name, value string }{
		{"-m/--manifest", b.manifest}, {"-p/--prefix", b.prefix}, {"--local-manifest", b.localManifest},
	} {
		if option.value != "" {
			names = append(names, option.name)
		}
	}
	return names
}

// check refuses values of options of which one can see that they are wrong.
func (b inBucket) check(app *cli.App) error {
	switch given := b.given(); {
	case len(given) == 0:
		return cli.Usagef("one of the arguments -m/--manifest -p/--prefix --local-manifest is required")
	case len(given) > 1:
		return cli.Usagef("argument %s: not allowed with argument %s", given[1], given[0])
	case b.manifest != filepath.Base(b.manifest) && b.manifest != "":
		return notPlain(app, b.manifest)
	case strings.Contains(b.prefix, "/"):
		return app.BadValue("-p/--prefix", b.prefix, "'/' character not allowed.")
	}
	return b.checkLocal(app)
}

// checkLocal words a missing file as euca2ools do.
func (b inBucket) checkLocal(app *cli.App) error {
	if app.Family != cli.Euca || b.localManifest == "" {
		return nil
	}
	if _, err := os.Stat(b.localManifest); errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef("manifest file '%s' does not exist", b.localManifest)
	}
	return nil
}
