package bundling

import (
	"errors"
	"strings"

	"emikit/bundle"
	"emikit/cmd/cli"
	"emikit/manifest"
)

// UnbundleFailed words an error of unbundling as the dialect does, where the dialect
// says as much: what is wrong with one part is said in our words, for the old tools
// find only that the whole is wrong.
func UnbundleFailed(app *cli.App, err error) error {
	_, sums, _ := strings.Cut(err.Error(), " (expected ")
	switch {
	case app.Family == cli.EC2 && errors.Is(err, bundle.ErrImageDigest):
		sums = strings.TrimSuffix(strings.TrimPrefix(sums, "SHA-1: "), ")")
		return cli.Reword(err, "invalid digest, expected "+strings.Replace(sums, ", actual: ", " received ", 1))
	case app.Family != cli.Euca:
	case errors.Is(err, manifest.ErrWrongKey):
		return cli.Reword(err, "Failed to decrypt the bundle's encryption key.  Ensure the key supplied matches the one used for bundling.")
	case sums != "" && (errors.Is(err, bundle.ErrImageDigest) || errors.Is(err, bundle.ErrUnbundledSize)):
		return cli.Reword(err, "bundle appears to be corrupt (expected "+strings.Replace(sums, "SHA-1", "SHA1", 1))
	case errors.Is(err, bundle.ErrMissingPart):
		part, _, _ := strings.Cut(err.Error(), ": "+bundle.ErrMissingPart.Error())
		return cli.Reword(err, "bundle part '"+part+"' does not exist; you may need to use -s to specify where to find the bundle's parts")
	}
	return err
}
