package uec

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/cmd/transfer"
	"emikit/ec2"
	"emikit/publish"
	"emikit/upload"
)

// publishFlags are the options of every command that publishes.
type publishFlags struct {
	cli.Connection
	bundleFlags
	inputFlags
	ec2URL, acl, location string
	jobs                  int
	allowExisting         bool
	launch                []string
	hook                  string
	verbose               int
}

func (f *publishFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.UpperKeys)
	f.bundleFlags.addFlags(app, fl)
	f.inputFlags.addFlags(fl)
	fl.StringVar(&f.ec2URL, "ec2-url", "", "register with the cloud at `URL`")
	fl.StringVar(&f.acl, "acl", upload.DefaultACL, "who may read the bundles: `ACL` aws-exec-read, public-read or ec2-bundle-read")
	fl.StringVar(&f.location, "location", "", "the bucket is, or is made, in `LOCATION`")
	fl.IntVarP(&f.jobs, "jobs", "j", 0, "send `N` parts at once (default by processors and by how soon the store answers)")
	fl.BoolVar(&f.allowExisting, "allow-existing", false, "an image that is registered from the same manifest is taken for the new one")
	fl.StringVar(&f.hook, "hook-img", "", "not supported: emikit runs no other `PROGRAM`")
	f.AddPatienceFlags(app, fl)
	app.WithoutEffect(fl, "hook-img")
}

// check refuses values of options of which one can see that they are wrong.
func (f *publishFlags) check(app *cli.App) error {
	if f.hook != "" {
		return cli.WithHint(cli.Usagef("argument --hook-img: not supported: emikit runs no other program"),
			"run "+f.hook+" on the image first, then publish it")
	}
	switch f.acl {
	case "aws-exec-read", "public-read", "ec2-bundle-read":
	default:
		return app.BadChoice("--acl", f.acl, "public-read", "aws-exec-read", "ec2-bundle-read")
	}
	if f.jobs < 0 {
		return cli.Usagef("argument -j/--jobs: %d is not a number of parts: 1 or more", f.jobs)
	}
	return f.inputFlags.check(app)
}

// allowed lists who may run the images: "none" forgets those before it, and a
// number may have dashes.
func (f *publishFlags) allowed() (all []string) {
	for _, who := range f.launch {
		switch digits := strings.ReplaceAll(who, "-", ""); {
		case who == none:
			all = nil
		case strings.Trim(digits, "0123456789") == "":
			all = append(all, digits)
		default:
			all = append(all, who)
		}
	}
	return all
}

// A door is where things are published.
type door struct {
	store  *upload.Store
	client *ec2.Client
	to     upload.Location
	region string // of the store, for buckets that are made
}

// open finds the store and the cloud.
func (f *publishFlags) open(app *cli.App, bucket string) (d door, err error) {
	if d.to, err = upload.ParseLocation(bucket); err != nil {
		return d, &cli.UsageError{Err: err}
	}
	store, conf, err := f.Store(app, f.jobs)
	if err != nil {
		return d, err
	}
	endpoint, err := conf.S3()
	if err != nil {
		return d, err
	}
	d.store, d.region = store, endpoint.BucketLocation
	cloud := f.Connection
	cloud.URL = f.ec2URL // --url is the object store's
	d.client, err = cloud.EC2(app)
	return d, err
}

// request makes the request to publish an item.
func (f *publishFlags) request(app *cli.App, d door, arch string, i item) (r publish.PublishRequest, err error) {
	f.Asker = f.Connection
	r.BundleRequest, err = f.bundle(app, arch, f.Region, i)
	r.Store, r.To, r.ACL = d.store, d.to, f.acl
	r.BucketLocation, r.DefaultLocation = f.location, d.region
	r.Client, r.AllowExisting, r.Launch = d.client, f.allowExisting, f.allowed()
	r.Registration.Name = i.publishedAs
	return r, err
}

// failed says what to do where another address is meant than that of --url.
func (f *publishFlags) failed(app *cli.App, err error) error {
	err = f.Failed(app, err)
	cloud, ok := errors.AsType[*ec2.ConnectError](err)
	if _, uploaded := errors.AsType[*publish.UnregisteredError](err); uploaded || !ok {
		return err
	}
	return cli.WithHint(err, strings.Replace(cloud.Hint(), "--url", "--ec2-url", 1))
}

func watch(app *cli.App, r *publish.PublishRequest) (end func()) {
	return transfer.Watch(app, &r.UploadRequest)
}

// defaultName is what an image is called without --name: the place where it is
// published, as with cloud-publish-image, in the characters that clouds take.
func defaultName(to upload.Location, name string) string {
	const longest = 128
	taken := strings.Map(func(r rune) rune {
		if strings.ContainsRune(idCharacters+"()./_", r) {
			return r
		}
		return '-'
	}, to.Path(name))
	return taken[:min(longest, len(taken))]
}
