package bundling

import (
	"context"
	"runtime"
	"slices"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
)

const archOption cli.Option = "-r/--arch"

// architecture returns the architecture in EC2's words; "" stands for the usual one.
func architecture(app *cli.App, name string) (string, error) {
	switch {
	case name == "":
		return usualArch(app), nil
	case slices.Contains(manifest.Architectures(), name):
		return name, nil
	case app.Family == cli.EC2:
		return "", cli.Usagef("Unsupported architecture [%s].", name)
	}
	return "", app.BadChoice(archOption, name, knownArchs(app)...)
}

// knownArchs are the architectures that messages name.
func knownArchs(app *cli.App) []string {
	known := slices.Clone(manifest.Architectures())
	if app.Era == cli.Euca3 { // which take one more here than there
		known = slices.DeleteFunc(known, func(arch string) bool { return arch == "arm64" })
	}
	return known
}

// usualArch is the architecture of images of which nobody says another.
func usualArch(app *cli.App) string {
	if app.Era == cli.Euca2 {
		return "x86_64"
	}
	return hostArchitecture(runtime.GOARCH)
}

func hostArchitecture(goarch string) string {
	switch goarch {
	case "amd64":
		return "x86_64"
	case "386":
		return "i386"
	case "arm":
		return "armhf"
	}
	return goarch
}

// settleArch asks for what ec2-bundle-image asks for: the architecture if it is not
// given, and whether to go on with one that ec2-ami-tools do not know.
func (f ImageFlags) settleArch(ctx context.Context, app *cli.App, r *publish.BundleRequest) (goOn bool, err error) {
	if app.Family != cli.EC2 {
		return true, nil
	}
	asked := f.arch
	if asked == "" {
		if asked, err = f.Prompt.Value(ctx, app, "arch", r.Arch); err != nil {
			return false, err
		}
		if asked == r.Arch {
			return true, nil
		}
	}
	if r.Arch, err = architecture(app, asked); err != nil {
		return false, err
	}
	if slices.Contains([]string{"i386", "x86_64"}, r.Arch) {
		return true, nil
	}
	return f.Confirm(ctx, app, "Unsupported architecture ["+r.Arch+"].")
}
