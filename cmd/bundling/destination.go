package bundling

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"emikit/cmd/cli"
	"emikit/publish"
)

const destinationOption cli.Option = "-d/--destination"

// usualDestination is where bundles go unless the user says otherwise. Scripts of
// ec2-ami-tools and of euca2ools 1 and 2 look for them in /tmp; euca2ools 3 make a
// directory, "".
func usualDestination(app *cli.App) string {
	if app.Era == cli.Euca3 {
		return ""
	}
	return "/tmp"
}

// checkDestination refuses a directory that cannot be written to.
func (f bundleFlags) checkDestination(app *cli.App) error {
	switch {
	case f.destination == "":
		return nil
	case app.Family == cli.EC2:
		return app.Directory(destinationOption, f.destination)
	case app.Family == cli.Native:
		return app.NewDirectory(destinationOption, f.destination)
	}
	info, err := os.Stat(f.destination)
	switch {
	case err == nil && !info.IsDir():
		return app.Directory(destinationOption, f.destination)
	case app.Era == cli.Euca2:
		return nil
	case errors.Is(err, fs.ErrNotExist) && !isDirectory(filepath.Dir(filepath.Clean(f.destination))):
		return cli.Reword(err, "No such file or directory: "+f.destination)
	}
	return nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// settleDestination makes the directory that euca2ools 3.4.1 make where none is given,
// for nobody else to look into. remove removes it again if nothing is in it. Those of
// version 2 make the directories above one that is given.
func (f bundleFlags) settleDestination(app *cli.App, r *publish.BundleRequest) (remove func(), err error) {
	switch {
	case app.Era == cli.Euca2:
		return func() {}, os.MkdirAll(r.Destination, 0o777)
	case r.Destination != "" || app.Era != cli.Euca3:
		return func() {}, nil
	}
	r.Destination, err = NewDestination(app)
	return func() { os.Remove(r.Destination) }, err
}

// NewDestination makes the directory that euca2ools 3.4.1 make for a bundle where none is
// given, for nobody else to look into.
func NewDestination(app *cli.App) (string, error) { return os.MkdirTemp(temporary(app), "bundle-") }

// temporary is where euca2ools 3.4.1 put what has no place.
func temporary(app *cli.App) string {
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		if dir := app.Getenv(name); dir != "" && isDirectory(dir) {
			return dir
		}
	}
	return "/var/tmp"
}
