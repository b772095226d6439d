package bundling

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/publish"
)

type migrateFlags struct {
	cli.Connection // where kernel and ramdisk are looked for; its region is the new one

	manifest, to                string
	cert, privateKey, cloudCert string
	kernel, ramdisk             string
	noMapping                   bool
	cli.Prompt
}

func newMigrateManifestCmd(app *cli.App) *cobra.Command {
	var f migrateFlags
	cmd := &cobra.Command{
		Use:   "migrate-manifest -m MANIFEST",
		Short: "Write a manifest anew, for another cloud or region",
		Long: `Migrate-manifest makes a bundle usable elsewhere without touching its parts: it
writes the manifest anew, in the version of today, seals the bundling key for the
cloud whose certificate is given or configured, and signs it with the user's key.
It reads all versions, the encrypted manifests of before version 3 too. The old
signature must be of the user's certificate.

The ids of kernel and ramdisk are those given; --no-mapping leaves out what is not.
With --region those in the manifest are replaced by their counterparts there: images
of the same owner, of the same type, and with the same name in their bucket. Without
either they stay as they are.

The new manifest takes the place of the old one, which is kept as MANIFEST.bak, or
goes where --to says. The same parts may serve any number of manifests.`,
		Example: "  emikit migrate-manifest -m disk.img.manifest.xml --ec2cert other-cloud.pem --to other.manifest.xml\n" +
			"  emikit migrate-manifest -m disk.img.manifest.xml --kernel eki-1A2B3C4D --ramdisk eri-1A2B3C4D",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exitCode(app, runMigrateManifest(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *migrateFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.AddFlags(fl, cli.BothKeys)
	fl.Lookup("region").Usage = "look for kernel and ramdisk in `REGION`, where the bundle is going to be used"
	fl.StringVarP(&f.manifest, "manifest", "m", "", "the bundle's manifest, a `FILE` (required)")
	fl.StringVar(&f.to, "to", "", "write the new manifest to `FILE` (default the old one's place)")
	f.addChanges(fl)
	f.Prompt.AddFlag(app, fl)
}

// addChanges declares the options that say what becomes of a manifest.
func (f *migrateFlags) addChanges(fl *pflag.FlagSet) {
	fl.StringVarP(&f.cert, "cert", "c", "", "the user's certificate, a PEM `FILE`")
	fl.StringVarP(&f.privateKey, "privatekey", "k", "", "the user's private key, a PEM `FILE`")
	fl.StringVar(&f.cloudCert, "ec2cert", "", "the certificate of the cloud that shall open the bundle, a PEM `FILE`")
	fl.StringVar(&f.kernel, "kernel", "", "run the image with the kernel `ID`")
	fl.StringVar(&f.ramdisk, "ramdisk", "", "run the image with the ramdisk `ID`")
	fl.BoolVar(&f.noMapping, "no-mapping", false, "leave out kernel and ramdisk unless they are given")
}

func runMigrateManifest(ctx context.Context, app *cli.App, f migrateFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	ids := &bootIDs{app: app, flags: f}
	request.IDs = ids.settle
	result, err := publish.MigrateManifest(ctx, request)
	switch {
	case errors.Is(err, errDeclined):
		return nil
	case err != nil:
		return f.failed(app, err)
	}
	return app.Show(cli.View{JSON: summarizeMigration(request, result), Text: func(w io.Writer) error {
		if app.Family == cli.EC2 {
			return f.showSteps(app, w, result)
		}
		_, err := fmt.Fprintf(w, "Wrote manifest %s\n", result.Path)
		return err
	}})
}

// begin prints what ec2-migrate-manifest says once it has read the manifest.
func (f migrateFlags) begin(app *cli.App) error {
	if app.Family != cli.EC2 || f.to != "" || app.Output == cli.JSON {
		return nil
	}
	_, err := fmt.Fprintln(app.Stdout, "Backing up manifest...")
	return err
}

// showSteps prints the lines of ec2-migrate-manifest 1.4.0.7 that follow.
func (f migrateFlags) showSteps(app *cli.App, w io.Writer, r publish.MigrateResult) error {
	if app.Debug && r.Backup != "" {
		fmt.Fprintf(w, "Backup manifest at %s\n", r.Backup)
	}
	_, err := fmt.Fprintf(w, "Successfully migrated %s\nIt is now suitable for use in %s.\n", r.Path, f.Region)
	return err
}

func summarizeMigration(in publish.MigrateRequest, out publish.MigrateResult) map[string]any {
	return map[string]any{
		"manifest": out.Path, "backup": out.Backup, "name": out.Manifest.Name, "kernel": out.Manifest.KernelID,
		"ramdisk": out.Manifest.RamdiskID, "cloudCertificate": in.CloudCertificate,
	}
}

// request checks the form of the options and completes them from the configuration.
func (f migrateFlags) request(app *cli.App) (publish.MigrateRequest, error) {
	r := publish.MigrateRequest{Manifest: f.manifest, To: f.to, Log: app.Log()}
	const manifestOption = "-m/--manifest"
	if err := app.Required(manifestOption, f.manifest); err != nil {
		return r, err
	}
	if app.Family == cli.EC2 {
		if err := checkFile(app, manifestOption, f.manifest); err != nil {
			return r, err
		}
	}
	err := f.complete(app, "", &r)
	return r, err
}

// complete finds out who signs the manifest, for which cloud, and whether kernel and
// ramdisk can be looked for. region is that of the configuration files.
func (f migrateFlags) complete(app *cli.App, region string, r *publish.MigrateRequest) error {
	o := app.ConfigOptions()
	o.UserCertificate, o.PrivateKey, o.CloudCertificate = f.cert, f.privateKey, f.cloudCert
	o.AccessKey, o.SecretKey, o.Region = f.AccessKey, f.SecretKey, region
	c, err := config.Load(o)
	if err != nil {
		return err
	}
	if err := f.identify(app, c, r); err != nil {
		return err
	}
	return f.checkMapping(app, c)
}

// identify finds out who signs the manifest, and for which cloud.
func (f migrateFlags) identify(app *cli.App, c *config.Config, r *publish.MigrateRequest) error {
	cert, err := c.UserCertificate()
	if err != nil {
		return configError(app, "-c/--cert", err)
	}
	key, err := c.PrivateKey()
	if err != nil {
		return configError(app, "-k/--privatekey", err)
	}
	r.Certificate, r.PrivateKey = cert.Text, key.Text
	if app.Family == cli.EC2 && f.cloudCert == "" {
		return nil // ec2-migrate-manifest leaves the key sealed as it is
	}
	cloud, err := c.CloudCertificate()
	if err != nil && !isMissing(err) {
		return configError(app, "--ec2cert", err)
	}
	r.CloudCertificate = cloud.Text
	return nil
}

// checkMapping makes sure that kernel and ramdisk can be looked for if they shall be.
// ec2-migrate-manifest does so unless it is told not to.
func (f migrateFlags) checkMapping(app *cli.App, c *config.Config) error {
	if app.Family != cli.EC2 || f.noMapping {
		return nil
	}
	const missing = "If using automatic mapping, --%s must be provided."
	if f.Region == "" {
		return cli.Usagef(missing, "region")
	}
	_, err := c.Credentials()
	switch {
	case !isMissing(err):
		return err
	case f.AccessKey == "":
		return cli.Usagef(missing, "access-key")
	}
	return cli.Usagef(missing, "secret-key")
}
