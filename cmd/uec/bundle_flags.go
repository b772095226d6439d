package uec

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
)

// bundleFlags are the options of bundling. They keep their names, but not their
// letters, which mean other things here.
type bundleFlags struct {
	bundling.ImageFlags
	set *pflag.FlagSet // all of them; what is an argument here is an option there
}

// addFlags declares those that say for whom a bundle is and how it is made.
func (f *bundleFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.set = pflag.NewFlagSet("", pflag.ContinueOnError)
	f.AddFlags(app, f.set)
	for _, name := range []string{"user", "cert", "privatekey", "ec2cert", "unsigned", "part-size", "compression", "progress", "no-progress"} {
		if found := f.set.Lookup(name); found != nil {
			flag := *found
			flag.Shorthand = ""
			fl.AddFlag(&flag)
		}
	}
}

// addMapping declares -B, with its letter.
func (f *bundleFlags) addMapping(fl *pflag.FlagSet) { fl.AddFlag(f.set.Lookup("block-device-mapping")) }

// An item is a file to publish.
type item struct {
	kind        manifest.Kind
	path        string
	name        string // of the bundle
	kernel      string // ids, of machine images only; "none" is none
	ramdisk     string
	publishedAs string // the image's name; "" is none
}

// bundle makes the request to bundle an item.
func (f *bundleFlags) bundle(app *cli.App, arch, region string, i item) (publish.BundleRequest, error) {
	values := map[string]string{"image": i.path, "prefix": i.name, "arch": arch, "kernel": id(i.kernel), "ramdisk": id(i.ramdisk)}
	switch i.kind {
	case manifest.KindKernel:
		values["kernel"] = "true"
	case manifest.KindRamdisk:
		values["ramdisk"] = "true"
	}
	for name, value := range values {
		if err := f.set.Set(name, value); err != nil {
			return publish.BundleRequest{}, err
		}
	}
	if err := f.Check(app); err != nil {
		return publish.BundleRequest{}, err
	}
	return f.Request(app, region)
}

// none stands for no kernel or ramdisk, and for nobody.
const none = "none"

func id(text string) string {
	if text == none {
		return ""
	}
	return text
}

// architecture reads the argument ARCH, for which Ubuntu's word is taken, too.
func architecture(arch string) (string, error) {
	if arch == "amd64" {
		return "x86_64", nil
	}
	for _, known := range manifest.Architectures() {
		if arch == known {
			return arch, nil
		}
	}
	return "", cli.Usagef("%q is not an architecture: one of %s, or amd64", arch, strings.Join(manifest.Architectures(), ", "))
}

// published runs the publishing of one item, and shows how far it comes. With say, it
// tells what became of it.
func (f *publishFlags) published(app *cli.App, say bool) func(context.Context, publish.PublishRequest) (publish.Published, error) {
	return func(ctx context.Context, r publish.PublishRequest) (publish.Published, error) {
		end := watch(app, &r)
		result, err := publish.Publish(ctx, r)
		end()
		if err != nil {
			return result, err
		}
		for _, note := range result.Notes {
			app.Notef("%s", note)
		}
		if strings.Trim(result.ImageID, idCharacters) != "" || result.ImageID == "" {
			return result, fmt.Errorf("%s: %w", cli.Printable(result.ImageID), errID)
		}
		if say {
			app.Notef("%s", described(result))
		}
		return result, nil
	}
}

// described is a line about what was published.
func described(p publish.Published) string {
	if p.Existed {
		return p.ImageID + " is registered already, from " + cli.Printable(p.Location)
	}
	return p.ImageID + " is registered, from " + cli.Printable(p.Location)
}

// idCharacters are those of ids. What is printed is run by shells: eval $(…).
const idCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

var errID = errors.New("the cloud's id of the image is none")
