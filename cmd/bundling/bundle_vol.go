package bundling

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/publish"
	"emikit/volume"
)

func newBundleVolCmd(app *cli.App) *cobra.Command {
	var f volumeFlags
	cmd := &cobra.Command{
		Use:   "bundle-vol [-v DIR]",
		Short: "Turn a mounted volume or a directory into a bundle",
		Long: `Bundle-vol makes a filesystem of the files in a volume, by default of this
machine's own, and bundles it. Hard links, holes, extended attributes, access
control lists, devices and owners stay what they are. The filesystem is ext2, ext3
or ext4 as the volume's is, with its label and UUID, otherwise ext4. It is made
while it is bundled: nothing is mounted, and no room is needed but the bundle's.

What is mounted below the volume stays away if it is on no disk of this machine, and
so do the contents of /dev, /media, /mnt, /proc and /sys, the bundle itself and the
private key. Of other files those stay away that -e names, and those that a list of
filters takes for keys, or for what editors leave: each of them is named, and
--no-filter or -i keep them. Sockets are left out. Patterns are rsync's.

Reading all of a volume takes root; a directory of your own does not.`,
		Example: "  sudo emikit bundle-vol -d /mnt/bundles -e /tmp,/root/.ssh\n" +
			"  emikit bundle-vol -v rootfs -p web -s 2048 --generate-fstab\n" +
			"  sudo emikit bundle-vol -v /mnt/chroot --script ./customize.sh -P mbr",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exitCode(app, runBundleVol(cmd.Context(), app, f))
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func runBundleVol(ctx context.Context, app *cli.App, f volumeFlags) error {
	if err := f.check(app); err != nil {
		return err
	}
	if err := f.checkRoot(app); err != nil {
		return err
	}
	r, err := f.request(app)
	if err != nil {
		return err
	}
	if goOn, err := f.settleArch(ctx, app, &r); err != nil || !goOn {
		return err
	}
	if err := f.checkMachine(app); err != nil {
		return err
	}
	v, err := volume.Open(f.volume)
	if err != nil {
		return err
	}
	b := &volumeBundle{app: app, f: f, volume: v, r: r}
	if err := b.inherit(ctx); err != nil {
		return err
	}
	return b.failed(b.run(ctx))
}

// A volumeBundle is one run of bundle-vol.
type volumeBundle struct {
	app    *cli.App
	f      volumeFlags
	volume *volume.Volume
	r      publish.BundleRequest

	missing  []string // of the instance's metadata
	excluded []string // as they are shown
}

// run lists the volume, makes its image, and bundles that.
func (b *volumeBundle) run(ctx context.Context) (err error) {
	remove, err := b.f.settleDestination(b.app, &b.r)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			remove()
		}
	}()
	image, err := b.build(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, image.close()) }()
	if b.f.cloneOnly {
		b.noteChanges(image)
		return b.showClone(image)
	}
	result, err := b.bundle(ctx, image)
	if err != nil {
		return err
	}
	b.noteChanges(image)
	return b.app.Show(cli.View{JSON: b.summary(result, image), Text: func(w io.Writer) error {
		return b.showResult(w, result)
	}})
}

// bundle bundles the image.
func (b *volumeBundle) bundle(ctx context.Context, image *volumeImage) (publish.BundleResult, error) {
	b.say("Bundling image file...")
	image.into(&b.r, "the image of "+b.f.volume)
	return b.f.bundle(ctx, b.app, b.r)
}
