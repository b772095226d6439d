package transfer

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/publish"
)

type inspectFlags struct {
	cli.Connection
	bucketOrDisk
	privateKey string
	parts      bool
}

func newInspectCmd(app *cli.App) *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect MANIFEST | -b BUCKET[/PREFIX] (-m MANIFEST | -p NAME)",
		Short: "Show what a bundle's manifest says",
		Long: `Inspect prints what a manifest says of a bundle, and nothing about whether that is
true, which verify finds out. The manifest is a file, or standard input (-), or in a
bucket. All versions are read; a private key is needed for the encrypted ones of
before version 3 alone.

Text is a record for each field, its name and its value, sizes in bytes. What is not
in the manifest is left out. --parts lists the parts, too; --output json always does.`,
		Example: "  emikit inspect bundles/disk.img.manifest.xml --output table\n" +
			"  emikit inspect -b mybucket/2026/11 -m disk.img.manifest.xml --output json",
		Args: cli.Args(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runInspect(cmd.Context(), app, f, args)
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *inspectFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.Connection.AddFlags(fl, cli.BothKeys)
	f.AddPatienceFlags(app, fl)
	f.bucketOrDisk.addFlags(fl)
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the private key for an encrypted manifest, a PEM `FILE`")
	fl.BoolVar(&f.parts, "parts", false, "list the parts, too")
}

func runInspect(ctx context.Context, app *cli.App, f inspectFlags, args []string) error {
	r, err := f.request(app, args)
	if err != nil {
		return err
	}
	info, err := publish.ReadManifest(ctx, r)
	if err != nil {
		return err
	}
	fields := describeManifest(info, f.parts)
	return app.Show(cli.View{
		JSON:    manifestJSON(r.Path(), info),
		Records: func(records *cli.Records) { addFields(records, fields) },
		Header:  []string{"field", "value"},
		Rows:    tableRows(fields),
	})
}

// request checks the form of the options. A file is an argument, or -m without a bucket
// as for other commands.
func (f inspectFlags) request(app *cli.App, args []string) (r publish.ManifestRequest, err error) {
	if len(args) > 0 {
		if given := f.given(); len(given) > 0 {
			return r, cli.Usagef("argument MANIFEST: not allowed with argument %s", given[0])
		}
		f.manifest = args[0]
	}
	conf, err := f.Config(app)
	if err != nil {
		return r, err
	}
	r.FindKey = keyFinder(conf, f.privateKey)
	r.Events = newWatcher(app, "reading", f.bucket, nil).event
	return r, f.locate(app, f.Connection, 0, &r)
}
