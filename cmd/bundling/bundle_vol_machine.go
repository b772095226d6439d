package bundling

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"emikit/cmd/cli"
	"emikit/config/imds"
	"emikit/manifest"
)

// maxOldSize is how large the replaced tools make an image, in megabytes, and the most
// that ec2-ami-tools take.
const maxOldSize = 10240

var errTooLarge = errors.New("too large")

// checkMachine refuses sizes and places of the image, before any work.
func (f volumeFlags) checkMachine(app *cli.App) error {
	if n, _ := f.megabytes(app); n > maxOldSize && app.Family == cli.EC2 {
		return cli.Reword(errTooLarge, "the specified size "+f.size+"MB is too large")
	}
	if app.Family != cli.EC2 && !f.writesImage() {
		return nil
	}
	image := filepath.Join(f.destination, f.prefix)
	if _, err := os.Lstat(image); err == nil {
		return cli.WithHint(cli.Reword(os.ErrExist, "the specified image file "+image+" already exists"),
			"choose another name with -p, or remove the file")
	}
	return nil
}

// writesImage says whether the image is written to a file before it is bundled.
func (f volumeFlags) writesImage() bool { return f.cloneOnly || f.script != "" }

// checkRoot refuses to begin what only root can end. Somebody else may bundle a
// directory that is theirs, but with the tools that never did that.
func (f volumeFlags) checkRoot(app *cli.App) error {
	if os.Geteuid() == 0 {
		return nil
	}
	hint := "run it with sudo"
	switch {
	case app.Family == cli.EC2:
		return cli.WithHint(cli.Reword(os.ErrPermission, "You need to be root to run "+app.Name), hint)
	case app.Family == cli.Euca:
		return cli.WithHint(cli.Reword(os.ErrPermission, "must be superuser"), hint)
	case filepath.Clean(f.volume) == "/":
		return cli.WithHint(cli.Reword(os.ErrPermission, "/: only root can read all of it"), hint+", or name a directory of yours with -v")
	case f.script != "":
		return cli.WithHint(cli.Reword(os.ErrPermission, "--script: only root can mount the image"), hint)
	}
	return nil
}

// inherits says whether the image takes over what the metadata say of the instance.
func (f volumeFlags) inherits(app *cli.App) bool {
	switch {
	case f.noInherit:
		return false
	case app.Family == cli.Native && !f.inherit:
		return filepath.Clean(f.volume) == "/"
	}
	return true
}

// exitNoMetadata is the exit code of ec2-ami-tools where no instance is.
const exitNoMetadata = 12

// inherit fills in what the options leave open from the instance's metadata.
func (b *volumeBundle) inherit(ctx context.Context) error {
	if !b.f.inherits(b.app) {
		return nil
	}
	i, err := imds.New(b.app.Getenv, b.app.Now).Instance(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return noMetadata(b.app, err)
	}
	b.take(i)
	return nil
}

// noMetadata words that there is no instance.
func noMetadata(app *cli.App, err error) error {
	switch app.Family {
	case cli.EC2:
		text := "Can't access instance metadata. If you are not bundling on an EC2 instance use --no-inherit."
		return &cli.CodedError{Err: cli.Reword(err, text), Code: exitNoMetadata}
	case cli.Euca:
		return cli.Reword(err, "metadata service is absent or unresponsive; use --no-inherit to proceed without it")
	}
	return cli.WithHint(err, "if this machine is no instance, say --no-inherit")
}

// take is the part of inherit that asks nobody. What the options say wins.
func (b *volumeBundle) take(i imds.Instance) {
	given := map[string]bool{
		"kernel-id": b.r.KernelID != "", "ramdisk-id": b.r.RamdiskID != "",
		"product-codes": len(b.r.ProductCodes) > 0, "block-device-mapping": len(b.r.Mappings) > 0,
	}
	for _, item := range i.Missing {
		if !given[item] {
			b.missing = append(b.missing, item)
		}
	}
	b.r.Ancestors = i.Ancestors
	if i.Image != "" {
		b.r.Ancestors = append(b.r.Ancestors, i.Image)
	}
	if !given["kernel-id"] {
		b.r.KernelID = i.Kernel
	}
	if !given["ramdisk-id"] {
		b.r.RamdiskID = i.Ramdisk
	}
	if !given["product-codes"] {
		b.r.ProductCodes = i.ProductCodes
	}
	if given["block-device-mapping"] {
		return
	}
	for _, device := range i.Devices {
		b.r.Mappings = append(b.r.Mappings, manifest.Mapping{Virtual: device[0], Device: device[1]})
	}
}
