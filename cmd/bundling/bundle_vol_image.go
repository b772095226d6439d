package bundling

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"emikit/cmd/cli"
	"emikit/imagefile"
	"emikit/publish"
	"emikit/volume"
	"emikit/volume/extfs"
	"emikit/volume/script"
)

// A volumeImage is the image of a volume: one that is made while it is read, or in a
// file if a program has to work on it.
type volumeImage struct {
	*volume.Image
	tree *volume.Tree
	kind extfs.Kind
	file string // its path; "" if it has none
	keep bool   // the file stays
}

// close lets go of all of it.
func (i *volumeImage) close() error {
	err := errors.Join(i.Image.Close(), i.tree.Close())
	if i.file != "" && !i.keep {
		err = errors.Join(err, os.Remove(i.file))
	}
	return err
}

// into makes it what a request is about; name stands for it where it has no file.
func (i *volumeImage) into(r *publish.BundleRequest, name string) {
	if r.Image = i.file; i.file == "" {
		r.Made = imagefile.FromContent(name, i.Size(), i.Image)
	}
	r.InputFormat = imagefile.FormatRaw
}

// build lists the volume and lays out its image.
func (b *volumeBundle) build(ctx context.Context) (*volumeImage, error) {
	rules := b.rules()
	if err := b.showPlan(); err != nil {
		return nil, err
	}
	tree, err := volume.Scan(ctx, b.volume, rules)
	if err != nil {
		return nil, err
	}
	b.noteTree(tree)
	options, err := b.options()
	if err == nil {
		var made *volume.Image
		if made, err = tree.Build(options); err == nil {
			return b.finish(ctx, &volumeImage{Image: made, tree: tree, kind: options.Kind}, options)
		}
	}
	return nil, errors.Join(err, tree.Close())
}

// options says what image it is to be.
func (b *volumeBundle) options() (volume.BuildOptions, error) {
	o := volume.BuildOptions{Identity: b.volume.Identity(), Created: b.app.Now(), FstabSuffix: ".old"}
	if b.app.Era == cli.Euca3 {
		o.FstabSuffix = ".bak"
	}
	megabytes, err := b.f.megabytes(b.app)
	if err != nil {
		return o, err
	}
	if megabytes == 0 && b.app.Era != cli.AnyEra {
		megabytes = maxOldSize
	}
	o.Size = megabytes << 20
	o.Partition = b.partition()
	o.Loader = b.volume.Loader(o.Partition)
	if b.f.generateFstab {
		o.Fstab = volume.Fstab(b.r.Arch, o.Kind, "emikit "+b.app.Version)
	} else if b.f.fstab != "" {
		if o.Fstab, err = os.ReadFile(b.f.fstab); err != nil {
			return o, err
		}
	}
	if b.f.grubConfig != "" {
		o.GrubConfig, err = os.ReadFile(b.f.grubConfig)
	}
	return o, err
}

// partition is the table that the image gets. The tools that know of tables look at the
// disk that the volume is on.
func (b *volumeBundle) partition() volume.Partition {
	switch {
	case b.f.partition != "":
		return volume.Partition(b.f.partition)
	case b.app.Era != cli.EC2v15 && b.app.Era != cli.Euca3:
		return volume.PartitionNone
	}
	return b.volume.Table()
}

// finish shows what became of the volume, and writes the image to a file if it has to
// be in one. It closes the image if it fails.
func (b *volumeBundle) finish(ctx context.Context, i *volumeImage, o volume.BuildOptions) (*volumeImage, error) {
	b.showFstab(o.Fstab)
	switch {
	case o.Loader != nil:
		b.app.Notef("the image has the boot loader of %s", o.Loader.Disk)
	case o.Partition != volume.PartitionNone:
		b.app.Notef("the image has a partition table and no boot loader: it boots with a kernel of the cloud's (--kernel)")
	}
	if b.f.writesImage() {
		if err := b.write(ctx, i, o); err != nil {
			return nil, errors.Join(err, i.close())
		}
	}
	return i, nil
}

// write writes the image to a file, and lets the user's program work on it.
func (b *volumeBundle) write(ctx context.Context, i *volumeImage, o volume.BuildOptions) error {
	file := filepath.Join(cmp.Or(b.r.Destination, "."), b.r.Prefix)
	progress := b.app.NewProgress()
	copied := progress.Of("copying")
	err := i.WriteFile(file, func(done int64) error {
		copied(done, i.Size())
		return context.Cause(ctx)
	})
	progress.End()
	if err != nil {
		return err
	}
	i.file, i.keep = file, b.f.cloneOnly
	if b.f.script == "" {
		return nil
	}
	program, err := filepath.Abs(b.f.script)
	if err != nil {
		return err
	}
	start, size := i.Filesystem()
	err = script.Run(ctx, script.Job{
		Program: program, Image: file, Start: start, Size: size, Type: string(o.Kind),
		Stdout: b.app.Stderr, Stderr: b.app.Stderr,
	})
	if err != nil {
		i.keep = false
	}
	return err
}

// failed words an error of the work as the dialect does, with advice.
func (b *volumeBundle) failed(err error) error {
	var space *extfs.SpaceError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &space):
		return cli.WithHint(err, fmt.Sprintf("say --size %d, or leave something out with -e", (space.Need+1<<20-1)>>20))
	case errors.Is(err, extfs.ErrXattrs):
		return cli.WithHint(err, "leave the file out with -e")
	case errors.Is(err, syscall.ENOSPC):
		return cli.WithHint(err, "put the bundle on another disk with -d")
	case errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0:
		return cli.WithHint(err, "run it as root, or leave out with -e what you may not read")
	}
	return b.f.Failed(b.app, err)
}

// stdout is where the lines of ec2-bundle-vol go: nobody else's script waits for them.
func (b *volumeBundle) stdout() io.Writer {
	if b.app.Family == cli.EC2 && b.app.Output != cli.JSON {
		return b.app.Stdout
	}
	return io.Discard
}
