package transfer

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/publish"
	"emikit/register"
)

type installFlags struct {
	bundleUploadFlags
	registration ec2.RegisterImageRequest
	ec2URL       string
	wait         bool
}

func newInstallImageCmd(app *cli.App) *cobra.Command {
	var f installFlags
	cmd := &cobra.Command{
		Use:   "install-image -n NAME -i IMAGE -b BUCKET[/PREFIX]",
		Short: "Bundle an image into a bucket and register it",
		Long: `Install-image does what bundle-and-upload-image and register do, and prints the
image's id. The cloud is asked about the name before any work. Where only the
registration fails, the bundle stays in the bucket and can be registered later.

The object store's address is that of --url, the cloud's that of --ec2-url; without
them both come from the environment or from ~/.euca/*.ini.`,
		Example: "  emikit install-image -n web-1 -i disk.img -b mybucket --kernel eki-1A2B3C4D --ramdisk eri-1A2B3C4D\n" +
			"  emikit install-image -n vmlinuz-6.1 -i vmlinuz-6.1 -b mybucket --kernel true --wait",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dialect(app, runInstallImage(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *installFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.bundleUploadFlags.addFlags(app, fl)
	fl.StringVarP(&f.registration.Name, "name", "n", "", "call the image `NAME` (required)")
	fl.StringVar(&f.registration.Description, "description", "", "describe the image by `TEXT`")
	fl.StringVar(&f.registration.VirtualizationType, "virtualization-type", "", "`paravirtual` or hvm")
	fl.StringVar(&f.registration.Platform, "platform", "", "the image holds `windows`")
	fl.StringVar(&f.ec2URL, "ec2-url", "", "register with the cloud at `URL`")
	fl.BoolVar(&f.wait, "wait", false, "wait until the image can be run")
	fl.Bool("check-cert", false, "accepted for old scripts: the cloud checks the certificate")
	fl.String("iam-url", "", "accepted for old scripts (`URL`), without effect")
	app.WithoutEffect(fl, "check-cert", "iam-url")
}

func runInstallImage(ctx context.Context, app *cli.App, f installFlags) error {
	request, err := f.install(app)
	if err != nil {
		return err
	}
	remove, err := f.settle(app, &request.UploadRequest)
	if err != nil {
		return err
	}
	show := f.watch(app, &request.UploadRequest)
	result, err := publish.InstallImage(ctx, request)
	show.End()
	if err != nil {
		remove()
		return f.failed(app, err)
	}
	for _, note := range result.Notes {
		app.Notef("%s", note)
	}
	installed := struct {
		ImageID string `json:"ImageId"`
		bundling.Summary
	}{result.ImageID, summarize(result.BundleResult, request.To)}
	err = app.Show(cli.View{JSON: installed, Records: func(r *cli.Records) { r.Add("IMAGE", result.ImageID) }})
	if err != nil || !f.wait {
		return err
	}
	_, err = register.Wait(ctx, request.Client, result.ImageID)
	return err
}

// failed is the bundle's, but --url is not where the cloud is.
func (f installFlags) failed(app *cli.App, err error) error {
	err = f.Failed(app, err)
	cloud, ok := errors.AsType[*ec2.ConnectError](err)
	if _, uploaded := errors.AsType[*publish.UnregisteredError](err); uploaded || !ok {
		return err
	}
	return cli.WithHint(err, strings.Replace(cloud.Hint(), "--url", "--ec2-url", 1))
}

// install checks the form of the options and completes them from the configuration.
func (f installFlags) install(app *cli.App) (r publish.InstallRequest, err error) {
	if err := app.Required("-n/--name", f.registration.Name); err != nil {
		return r, err
	}
	switch kind := f.registration.VirtualizationType; kind {
	case "", "paravirtual", "hvm":
	default:
		return r, app.BadChoice("--virtualization-type", kind, "paravirtual", "hvm")
	}
	if platform := f.registration.Platform; platform != "" && platform != "windows" {
		return r, app.BadChoice("--platform", platform, "windows")
	}
	if r.UploadRequest, err = f.request(app); err != nil {
		return r, err
	}
	connection := f.Connection
	connection.URL = f.ec2URL // --url is the object store's
	r.Client, err = connection.EC2(app)
	r.Registration = f.registration
	return r, err
}
