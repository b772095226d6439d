package uec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/fetch"
	"emikit/manifest"
	"emikit/publish"
)

type imageFlags struct {
	publishFlags
	kind, rename, name      string
	kernel, kernelFile      string
	ramdisk, ramdiskFile    string
	outputFile              string
	dryRun, imageToRaw      bool
	arch, image, bucketName string // the arguments
}

func newPublishImageCmd(app *cli.App) *cobra.Command {
	var f imageFlags
	cmd := &cobra.Command{
		Use:   "publish-image ARCH IMAGE BUCKET[/PREFIX]",
		Short: "Bundle, upload and register an image, with its kernel and ramdisk",
		Long: `Publish-image bundles an image straight into a bucket, registers it, lets others run
it (--add-launch), and prints its id and its manifest's location. With --kernel-file
and --ramdisk-file these are published first, and the image gets their ids.

IMAGE, and the kernel's and ramdisk's FILE, may be a URL (http, https, file). What the
image is, a disk, a kernel or a ramdisk, is told by its content, unless --type says it.
The cloud is asked about the image before any work: one that is registered from the
same manifest already is an error, or with --allow-existing the result.`,
		Example: "  emikit publish-image x86_64 disk.img mybucket --add-launch all\n" +
			"  emikit publish-image amd64 root.img mybucket/2026 --kernel-file vmlinuz --ramdisk-file initrd.img",
		Args: cli.Args(3, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.arch, f.image, f.bucketName = args[0], args[1], args[2]
			return f.run(cmd.Context(), app)
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *imageFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.publishFlags.addFlags(app, fl)
	f.addMapping(fl)
	fl.StringArrayVarP(&f.launch, "add-launch", "l", nil, "let `ACCOUNT`, or all, run the images (may be repeated); none forgets those before it")
	fl.StringVarP(&f.kind, "type", "t", "auto", "the image is a `TYPE`: image, kernel or ramdisk; auto: look at it")
	fl.StringVar(&f.rename, "rename", "", "call the bundle `NAME` (default the image's file name)")
	fl.StringVar(&f.name, "name", "", "call the image `NAME`; none: do not (default BUCKET/NAME of the bundle)")
	fl.StringVarP(&f.kernel, "kernel", "k", "", "run the image with the registered kernel `EKI`; none: without")
	fl.StringVarP(&f.kernelFile, "kernel-file", "K", "", "publish `FILE`, and run the image with it as the kernel")
	fl.StringVarP(&f.ramdisk, "ramdisk", "r", "", "run the image with the registered ramdisk `ERI`; none: without")
	fl.StringVarP(&f.ramdiskFile, "ramdisk-file", "R", "", "publish `FILE`, and run the image with it as the ramdisk")
	fl.StringVarP(&f.outputFile, "output-file", "o", "", "add the line of the result to `FILE`, instead of printing it")
	fl.BoolVarP(&f.dryRun, "dry-run", "n", false, "show what would be published, and do nothing")
	fl.BoolVar(&f.imageToRaw, "image-to-raw", false, "accepted for old scripts: what is bundled is always the raw disk")
	fl.CountVarP(&f.verbose, "verbose", "v", "say more")
	app.WithoutEffect(fl, "image-to-raw")
}

func (f *imageFlags) run(ctx context.Context, app *cli.App) (err error) {
	if err := f.check(app); err != nil {
		return err
	}
	if f.dryRun {
		return f.show(app, publish.Published{}, true)
	}
	d, err := f.open(app, f.bucketName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.clean()) }()
	trio, err := f.trio(ctx, app, d)
	if err != nil {
		return err
	}
	all, err := publish.PublishTrio(ctx, trio)
	if err != nil {
		f.sayDone(app, all)
		return f.failed(app, err)
	}
	return f.show(app, all[len(all)-1], false)
}

// check refuses what one can see to be wrong.
func (f *imageFlags) check(app *cli.App) (err error) {
	if f.arch, err = architecture(f.arch); err != nil {
		return err
	}
	switch {
	case f.kernel != "" && f.kernelFile != "":
		return cli.Usagef("argument -K/--kernel-file: not allowed with argument -k/--kernel")
	case f.ramdisk != "" && f.ramdiskFile != "":
		return cli.Usagef("argument -R/--ramdisk-file: not allowed with argument -r/--ramdisk")
	}
	if _, known := kinds()[f.kind]; !known {
		return app.BadChoice("-t/--type", f.kind, "auto", "image", "kernel", "ramdisk", "vmlinuz", "initrd")
	}
	if f.rename == "" {
		if f.rename, err = nameOf(f.image); err != nil {
			return err
		}
	}
	return f.publishFlags.check(app)
}

// kinds are the values of --type; auto is none of its own.
func kinds() map[string]manifest.Kind {
	return map[string]manifest.Kind{
		"auto": "", "image": manifest.KindMachine,
		"kernel": manifest.KindKernel, "vmlinuz": manifest.KindKernel,
		"ramdisk": manifest.KindRamdisk, "initrd": manifest.KindRamdisk,
	}
}

// trio fetches the files and makes the requests to publish them.
func (f *imageFlags) trio(ctx context.Context, app *cli.App, d door) (r publish.TrioRequest, err error) {
	image, err := f.item(ctx, app, d, f.image, f.rename, kinds()[f.kind])
	if err != nil {
		return r, err
	}
	if image.kernel, image.ramdisk = f.kernel, f.ramdisk; f.name != "" {
		image.publishedAs = id(f.name)
	}
	if r.Image, err = f.request(app, d, f.arch, image); err != nil {
		return r, err
	}
	if r.Kernel, err = f.companion(ctx, app, d, f.kernelFile, manifest.KindKernel); err != nil {
		return r, err
	}
	r.Ramdisk, err = f.companion(ctx, app, d, f.ramdiskFile, manifest.KindRamdisk)
	r.Publish = f.published(app, f.verbose > 0)
	return r, err
}

// companion makes the request to publish a kernel or a ramdisk, if there is a file.
func (f *imageFlags) companion(ctx context.Context, app *cli.App, d door, input string, kind manifest.Kind) (*publish.PublishRequest, error) {
	if input == "" {
		return nil, nil
	}
	name, err := nameOf(input)
	if err != nil {
		return nil, err
	}
	i, err := f.item(ctx, app, d, input, name, kind)
	if err != nil {
		return nil, err
	}
	r, err := f.request(app, d, f.arch, i)
	return &r, err
}

// item fetches a file, and looks at it if its kind is not known.
func (f *imageFlags) item(ctx context.Context, app *cli.App, d door, input, name string, kind manifest.Kind) (i item, err error) {
	i = item{kind: kind, name: name, publishedAs: defaultName(d.to, name)}
	if i.path, err = f.fetched(ctx, app, &f.Connection, input); err == nil && kind == "" {
		i.kind, err = kindOf(i.path)
	}
	return i, err
}

// show prints the line of the result, or of what it would be.
func (f *imageFlags) show(app *cli.App, p publish.Published, dry bool) error {
	if dry {
		kind, id := f.dry()
		p = publish.Published{ImageID: id, Location: strings.TrimRight(f.bucketName, "/") + "/" + f.rename}
		app.Notef("[%-6s] %s => %s", kind, f.image, p.Location)
	}
	line := fmt.Sprintf("%s\t%s\n", p.ImageID, p.Location)
	if f.outputFile == "" || f.outputFile == "-" {
		return app.Show(cli.View{JSON: p, Text: func(w io.Writer) error {
			_, err := io.WriteString(w, line)
			return err
		}})
	}
	if err := f.append(line); err != nil {
		return fmt.Errorf("%w; published: %s, %s", err, p.ImageID, p.Location)
	}
	return nil
}

func (f *imageFlags) append(line string) error {
	file, err := os.OpenFile(f.outputFile, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line)
	return errors.Join(err, file.Close())
}

// sayDone tells what was published before something failed, unless that was told.
func (f *imageFlags) sayDone(app *cli.App, all []publish.Published) {
	if f.verbose == 0 {
		for _, p := range all {
			app.Notef("%s", described(p))
		}
	}
}

// dry tells the kind of the image in the tool's words, and what stands for the id that it
// would get. An image that is not there yet is taken for one of a machine.
func (f *imageFlags) dry() (kind, id string) {
	found := kinds()[f.kind]
	if found == "" && !fetch.IsURL(f.image) {
		found, _ = kindOf(f.image)
	}
	switch found {
	case manifest.KindKernel:
		return "kernel", "eki-xxxxxxxx"
	case manifest.KindRamdisk:
		return "ramdisk", "eri-xxxxxxxx"
	}
	return "image", "emi-xxxxxxxx"
}
