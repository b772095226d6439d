package transfer

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/publish"
)

type verifyFlags struct {
	cli.Connection
	bucketOrDisk
	directory          string
	privateKey, cert   string
	deep, anySignature bool
	jobs               jobsFlag
}

func newVerifyCmd(app *cli.App) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify -m MANIFEST | -b BUCKET[/PREFIX] (-m MANIFEST | -p NAME)",
		Short: "Check whether a bundle is whole, whose it is, and what is in it",
		Long: `Verify checks a bundle on disk or in a bucket, and reports each check in a line: ok,
failed, or not checked, and why. It goes on after a failure, writes nothing, and ends
with 0 only if nothing has failed.

Of a bundle on disk the parts are read and compared with their digests. The objects
of a bucket are only asked for: whether they are there, how big they are, and whether
the store keeps a SHA-1 of them that is the manifest's. Other sums that stores keep,
ETags among them, prove nothing about a manifest. With --deep all parts of either are
read, decrypted and unpacked, and the image is compared with its digest and size.

The signature must be of the certificate given with -c, or else of the user's own,
where there is one; --any-signature lets others pass. The private key, given or
configured, is the one of the certificate that the bundle was made with, or the
cloud's. What there is no key or certificate for is not checked.

With -b, --local-manifest compares what is in the bucket with a manifest on disk.`,
		Example: "  emikit verify -m bundles/disk.img.manifest.xml --deep\n" +
			"  emikit verify -b mybucket/2026/11 -m disk.img.manifest.xml",
		Args: cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runVerify(cmd.Context(), app, f)
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *verifyFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.bucketOrDisk.addFlags(fl)
	fl.StringVarP(&f.directory, "directory", "d", "", "the parts are in `DIR` (default the manifest's)")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the private key, a PEM `FILE`")
	fl.StringVarP(&f.cert, "cert", "c", "", "the signature must be of the certificate in `FILE`")
	fl.BoolVar(&f.anySignature, "any-signature", false, "let a bundle pass that is not signed, or by somebody else")
	fl.BoolVar(&f.deep, "deep", false, "download, decrypt and unpack the parts")
	f.jobs.addFlag(fl, "ask for or read `N` parts")
	f.AddPatienceFlags(app, fl)
	app.AddProgressFlags(fl)
}

func runVerify(ctx context.Context, app *cli.App, f verifyFlags) error {
	r, err := f.request(app)
	if err != nil {
		return err
	}
	show := newStreamWatcher(app, "verifying", r.From.String())
	r.Progress, r.Events = show.progress, show.event
	report, err := publish.Verify(ctx, r)
	show.End()
	if err != nil {
		return err
	}
	if err := app.Show(viewReport(r, report)); err != nil {
		return err
	}
	return verdict(r, report)
}

// request checks the form of the options and completes them from the configuration.
func (f verifyFlags) request(app *cli.App) (r publish.VerifyRequest, err error) {
	if err := f.jobs.check(app); err != nil {
		return r, err
	}
	if f.directory != "" {
		if f.bucket != "" {
			return r, cli.Usagef("argument -d/--directory: not allowed with argument -b/--bucket")
		}
		if err := app.Directory(directoryOption, f.directory); err != nil {
			return r, err
		}
	}
	r.Source, r.Deep, r.AnySignature, r.Jobs, r.Log = f.directory, f.deep, f.anySignature, f.jobs.n, app.Log()
	if err := f.identify(app, &r); err != nil {
		return r, err
	}
	return r, f.locate(app, f.Connection, f.jobs.n, &r.ManifestRequest)
}

// identify finds out what is at hand to check with. There may be nothing; what is named
// must be there.
func (f verifyFlags) identify(app *cli.App, r *publish.VerifyRequest) error {
	o := app.ConfigOptions()
	o.Region, o.PrivateKey = f.Region, f.privateKey
	conf, err := config.Load(o)
	if err != nil {
		return err
	}
	key, err := optional(conf.PrivateKey())
	if err != nil {
		return err
	}
	own, err := optional(conf.UserCertificate())
	if err != nil && f.cert == "" {
		return err
	}
	r.PrivateKey, r.Certificate, r.OwnCertificate = key, f.cert, own
	return nil
}

// optional is the text of a value, "" if there is none.
func optional(v config.Value, err error) (string, error) {
	if _, missing := errors.AsType[*config.MissingError](err); missing {
		return "", nil
	}
	return v.Text, err
}
