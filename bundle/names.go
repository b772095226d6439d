package bundle

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"emikit/manifest"
)

// tmpMark stands in hidden names between the name to be and a random ending.
const tmpMark = ".tmp-"

// hiddenName returns a fresh name for a file that will become name when it is
// complete. Long names are cut: file systems allow 255 bytes.
func hiddenName(name string) string {
	return "." + name[:min(len(name), 200)] + tmpMark + rand.Text()[:10]
}

// leftoverOf says whether file is the hidden name of a part or the manifest of the
// bundle called name.
func leftoverOf(name, file string) bool {
	hidden, ok := strings.CutPrefix(file, ".")
	target, _, marked := strings.Cut(hidden, tmpMark)
	return ok && marked && (partOf(name, target) || target == manifest.FileName(name))
}

var errName = errors.New("not a plain file name")

// checkName refuses a name that would lead out of its directory.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || filepath.Base(name) != name {
		return fmt.Errorf("%.80q: %w", name, errName)
	}
	return nil
}

// maxFileName is the longest file name that file systems take, in bytes.
const maxFileName = 255

// checkBundleName refuses a prefix whose manifest could not be written in the end.
func checkBundleName(name string) error {
	if len(manifest.FileName(name)) > maxFileName {
		return fmt.Errorf("bundle name %.80q: longer than %d bytes", name, maxFileName-len(manifest.FileName("")))
	}
	return checkName(name)
}

// partOf says whether file is the name of a part of the bundle called name: of any
// index, with any number of digits.
func partOf(name, file string) bool {
	digits, ok := strings.CutPrefix(file, name+".part.")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
