package uec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/manifest"
	"emikit/publish"
)

type tarballFlags struct {
	publishFlags
	kernel, kernelFile, renameKernel    string
	ramdisk, ramdiskFile, renameRamdisk string
	renameImage, resize                 string
	useLoader, quiet                    bool
}

func newPublishTarballCmd(app *cli.App) *cobra.Command {
	var f tarballFlags
	cmd := &cobra.Command{
		Use:   "publish-tarball TARBALL BUCKET[/PREFIX] [ARCH]",
		Short: "Publish the image, kernel and ramdisk of a cloud image's tarball",
		Long: `Publish-tarball takes a tar file as Ubuntu publishes cloud images, compressed or not,
publishes the kernel (*vmlinuz*, or a *-loader), the ramdisk (*initrd*) and the image
(*.img) that are in it, and prints their ids as a shell reads them:
emi="..."; eri="..."; eki="...";

TARBALL may be a URL (http, https, file). Without ARCH the architecture is told by its
name. Files are unpacked into a directory that is removed in the end. Nothing that the
tarball says becomes a path; links and devices in it are passed over.`,
		Example: "  emikit publish-tarball lucid-server-uec-amd64.tar.gz mybucket\n" +
			"  eval $(emikit publish-tarball --quiet https://images.example.org/noble-amd64.tar.gz mybucket x86_64)",
		Args: cli.Args(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), app, args)
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *tarballFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.publishFlags.addFlags(app, fl)
	fl.StringArrayVar(&f.launch, "add-launch", nil, "let `ACCOUNT`, or all, run the images (may be repeated)")
	fl.StringVarP(&f.kernel, "kernel", "k", "", "run the image with the registered kernel `EKI`; none: without")
	fl.StringVarP(&f.kernelFile, "kernel-file", "K", "", "publish `FILE`, and run the image with it as the kernel")
	fl.StringVar(&f.renameKernel, "rename-kernel", "", "call the kernel's bundle `NAME`")
	fl.StringVarP(&f.ramdisk, "ramdisk", "r", "", "run the image with the registered ramdisk `ERI`; none: without")
	fl.StringVarP(&f.ramdiskFile, "ramdisk-file", "R", "", "publish `FILE`, and run the image with it as the ramdisk")
	fl.StringVar(&f.renameRamdisk, "rename-ramdisk", "", "call the ramdisk's bundle `NAME`")
	fl.StringVar(&f.renameImage, "rename-image", "", "call the image's bundle `NAME`")
	fl.BoolVarP(&f.useLoader, "use-loader", "l", false, "take the loader in the tarball for the kernel")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing but the ids")
	fl.StringVar(&f.resize, "resize", "", "not supported: emikit does not change filesystems (`SIZE`)")
	app.WithoutEffect(fl, "resize")
}

func (f *tarballFlags) run(ctx context.Context, app *cli.App, args []string) (err error) {
	arch, err := f.check(app, args)
	if err != nil {
		return err
	}
	d, err := f.open(app, args[1])
	if err != nil {
		return err
	}
	if _, err := d.client.DescribeImages(ctx, &ec2.DescribeImagesRequest{Owners: []string{"self"}}); err != nil {
		return f.failed(app, err) // before a long download
	}
	defer func() { err = errors.Join(err, f.clean()) }()
	content, err := f.unpack(ctx, app, args[0])
	if err != nil {
		return err
	}
	return f.publish(ctx, app, d, arch, content)
}

// check refuses what one can see to be wrong, and finds the architecture.
func (f *tarballFlags) check(app *cli.App, args []string) (arch string, err error) {
	switch {
	case f.useLoader && (f.kernel != "" || f.kernelFile != ""):
		return "", cli.Usagef("argument --use-loader: not allowed with argument -k/--kernel or -K/--kernel-file")
	case f.kernel != "" && f.kernelFile != "":
		return "", cli.Usagef("argument -K/--kernel-file: not allowed with argument -k/--kernel")
	case f.ramdisk != "" && f.ramdiskFile != "":
		return "", cli.Usagef("argument -R/--ramdisk-file: not allowed with argument -r/--ramdisk")
	case f.resize != "":
		return "", cli.WithHint(cli.Usagef("argument --resize: not supported: emikit does not change filesystems"),
			"unpack the tarball, enlarge the image with truncate and resize2fs, then use publish-image")
	case len(args) == 3:
		arch = args[2]
	default:
		arch = archOf(args[0])
	}
	if arch == "" {
		return "", cli.Usagef("missing argument: ARCH: the name of the tarball does not tell it")
	}
	if arch, err = architecture(arch); err != nil {
		return "", err
	}
	for _, file := range []string{f.kernelFile, f.ramdiskFile} {
		if file != "" {
			err = errors.Join(err, isFile(file))
		}
	}
	return arch, errors.Join(err, f.publishFlags.check(app))
}

// archOf guesses the architecture by a tarball's name.
func archOf(name string) string {
	for _, known := range []string{"i386", "amd64", "x86_64", "ppc64le", "arm64"} {
		if strings.Contains(name, known) {
			return known
		}
	}
	return ""
}

// unpack fetches and unpacks the tarball.
func (f *tarballFlags) unpack(ctx context.Context, app *cli.App, input string) (c publish.Tarball, err error) {
	path, err := f.fetched(ctx, app, &f.Connection, input)
	if err != nil {
		return c, err
	}
	dir, err := f.temporary(app)
	if err != nil {
		return c, err
	}
	progress := app.NewProgress()
	c, err = publish.UnpackTarball(ctx, publish.TarballRequest{
		Path: path, Dir: dir, MaxSize: f.limit, Counting: progress.Of("measuring"), Progress: progress.Of("unpacking"),
	})
	progress.End()
	for _, note := range c.Notes {
		app.Notef("%s", note)
	}
	return c, err
}

// publish publishes what is there, and prints the ids.
func (f *tarballFlags) publish(ctx context.Context, app *cli.App, d door, arch string, c publish.Tarball) (err error) {
	if err := f.choose(&c); err != nil {
		return err
	}
	f.say(app, c)
	r := publish.TrioRequest{Publish: f.published(app, !f.quiet)}
	if r.Kernel, err = f.companion(app, d, arch, c.Kernel, f.renameKernel, manifest.KindKernel); err != nil {
		return err
	}
	if r.Ramdisk, err = f.companion(app, d, arch, c.Ramdisk, f.renameRamdisk, manifest.KindRamdisk); err != nil {
		return err
	}
	name := cmp.Or(f.renameImage, c.Image.Name)
	image := item{kind: manifest.KindMachine, path: c.Image.Path, name: name, publishedAs: defaultName(d.to, name), kernel: f.kernel, ramdisk: f.ramdisk}
	if r.Image, err = f.request(app, d, arch, image); err != nil {
		return err
	}
	all, err := publish.PublishTrio(ctx, r)
	if err != nil {
		return f.failed(app, err)
	}
	return f.show(app, r, all)
}

// choose leaves the kernel and the ramdisk that are to be published.
func (f *tarballFlags) choose(c *publish.Tarball) error {
	switch {
	case f.useLoader && c.Loader.Path == "":
		return errors.New("--use-loader: there is no loader in the tarball")
	case f.kernelFile != "":
		c.Kernel = publish.Member{Name: baseName(f.kernelFile), Path: f.kernelFile}
	case f.kernel != "":
		c.Kernel = publish.Member{}
	case f.useLoader || c.Kernel.Path == "":
		c.Kernel = c.Loader
	}
	switch {
	case f.ramdiskFile != "":
		c.Ramdisk = publish.Member{Name: baseName(f.ramdiskFile), Path: f.ramdiskFile}
	case f.ramdisk != "":
		c.Ramdisk = publish.Member{}
	}
	if c.Kernel.Path == "" && f.kernel == "" {
		return cli.WithHint(errors.New("there is no kernel in the tarball"), "--kernel none publishes the image without one")
	}
	return nil
}

// say tells what was found, as uec-publish-tarball does.
func (f *tarballFlags) say(app *cli.App, c publish.Tarball) {
	if !f.quiet {
		app.Notef("kernel : %s", cli.Printable(cmp.Or(f.kernel, c.Kernel.Name)))
		app.Notef("ramdisk: %s", cli.Printable(cmp.Or(f.ramdisk, c.Ramdisk.Name, none)))
		app.Notef("image  : %s", cli.Printable(c.Image.Name))
	}
}

// companion makes the request to publish a kernel or a ramdisk, if there is one.
func (f *tarballFlags) companion(app *cli.App, d door, arch string, m publish.Member, rename string, kind manifest.Kind) (*publish.PublishRequest, error) {
	if m.Path == "" {
		return nil, nil
	}
	name := cmp.Or(rename, m.Name)
	r, err := f.request(app, d, arch, item{kind: kind, path: m.Path, name: name, publishedAs: defaultName(d.to, name)})
	return &r, err
}

// ids are what publish-tarball prints.
type ids struct {
	EMI string `json:"emi"`
	ERI string `json:"eri"`
	EKI string `json:"eki"`
}

func (f *tarballFlags) show(app *cli.App, r publish.TrioRequest, all []publish.Published) error {
	made := ids{EKI: f.kernel, ERI: cmp.Or(f.ramdisk, none), EMI: all[len(all)-1].ImageID}
	if r.Kernel != nil {
		made.EKI, all = all[0].ImageID, all[1:]
	}
	if r.Ramdisk != nil {
		made.ERI = all[0].ImageID
	}
	return app.Show(cli.View{JSON: made, Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "emi=\"%s\"; eri=\"%s\"; eki=\"%s\";\n", made.EMI, made.ERI, made.EKI)
		return err
	}})
}
