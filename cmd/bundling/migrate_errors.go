package bundling

import (
	"errors"
	"strconv"
	"strings"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
	"emikit/register"
)

// ec2-migrate-manifest's exit codes for what it distinguishes.
const (
	exitBackup      = 2
	exitCounterpart = 6
	exitRegion      = 7
)

// failed words an error as ec2-migrate-manifest does, and gives it its exit code.
func (f migrateFlags) failed(app *cli.App, err error) error {
	if app.Family != cli.EC2 {
		return app.NoSuchFile(f.manifest, explain(err))
	}
	if bad, ok := errors.AsType[*publish.BadManifestError](err); ok {
		return cli.WithHint(cli.Reword(err, "Bad manifest '"+bad.Path+"': "+whyBad(bad.Err)), bad.Err.Error())
	}
	if image, ok := errors.AsType[*register.CounterpartError](err); ok && image.Unknown {
		err = cli.Reword(err, "'"+image.ID+"' not found.")
		return &cli.CodedError{Err: err, Code: exitCounterpart}
	} else if ok {
		return &cli.CodedError{Err: err, Code: exitCounterpart}
	}
	if _, ok := errors.AsType[*regionError](err); ok {
		return &cli.CodedError{Err: cli.Reword(err, "Invalid region: "+f.Region), Code: exitRegion}
	}
	if errors.Is(err, publish.ErrBackup) {
		text := "Backup file '" + f.manifest + publish.BackupSuffix + "' already exists. Please delete or rename it and try again."
		return &cli.CodedError{Err: cli.Reword(err, text), Code: exitBackup}
	}
	return err
}

// explain adds advice to a refusal of the manifest's signature.
func explain(err error) error {
	switch {
	case errors.Is(err, manifest.ErrUnsigned):
		return cli.WithHint(err, "nothing shows who made the bundle; make it again with your private key")
	case errors.Is(err, manifest.ErrBadSignature):
		return cli.WithHint(err, "give the certificate that it was signed with (-c); if it was changed, make the bundle again")
	}
	return err
}

// whyBad is what ec2-migrate-manifest says of a manifest. It knows only these; the
// rest is in the hint.
func whyBad(err error) string {
	if errors.Is(err, manifest.ErrBadSignature) || errors.Is(err, manifest.ErrUnsigned) {
		return "Manifest fails authentication."
	}
	version, ok := errors.AsType[*manifest.VersionError](err)
	if !ok || version.Version == "" {
		return "Invalid manifest."
	}
	const oldest, newest = 3, 20071010
	number, err := strconv.Atoi(strings.ReplaceAll(version.Version, "-", ""))
	switch {
	case err == nil && number < oldest:
		return "Manifest is too old for this tool to handle."
	case err == nil && number > newest:
		return "Manifest is too new for this tool to handle. Please upgrade."
	}
	return "Unrecognised manifest version."
}
