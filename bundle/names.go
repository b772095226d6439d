package bundle

import (
	"crypto/rand"
	"fmt"
	"strings"

	"emikit/lockfile"
	"emikit/manifest"
)

// A hidden name is a dot, the name that the file will get when it is complete,
// tmpMark, and hiddenDigits of rand.Text, whose alphabet is that of base 32.
const (
	tmpMark      = ".tmp-"
	hiddenDigits = 10
	base32       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// hiddenName returns a fresh name for a file that will become name when it is
// complete.
func hiddenName(name string) string {
	return "." + cutName(name) + tmpMark + rand.Text()[:hiddenDigits]
}

// cutName returns as much of name as a hidden name has room for.
func cutName(name string) string {
	const room = maxFileName - len(".") - len(tmpMark) - hiddenDigits
	return name[:min(len(name), room)]
}

// hiddenTarget returns what the file called file was to become, if that is a hidden
// name.
func hiddenTarget(file string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(file, ".")
	n := len(rest) - len(tmpMark) - hiddenDigits
	if !ok || n < 1 {
		return "", false
	}
	digits, ok := strings.CutPrefix(rest[n:], tmpMark)
	return rest[:n], ok && strings.Trim(digits, base32) == ""
}

// maxFileName is the longest file name that file systems take, in bytes.
const maxFileName = 255

// checkBundleName refuses a prefix whose manifest could not be written in the end.
func checkBundleName(name string) error {
	if len(manifest.FileName(name)) > maxFileName {
		return fmt.Errorf("bundle name %.80q: longer than %d bytes", name, maxFileName-len(manifest.FileName("")))
	}
	if err := manifest.CheckFileName(name); err != nil {
		return hinted{err, "give the bundle another name (-p)"}
	}
	return nil
}

// belongs says whether file is a part or the manifest of the bundle called name.
func belongs(name, file string) bool {
	return file == manifest.FileName(name) || manifest.IsPartName(name, file)
}

// takes says whether a run that writes the bundle called name may replace or remove
// file.
func takes(name, file string) bool {
	target, hidden := hiddenTarget(file)
	return belongs(name, file) || file == lockfile.Path("", name) || hidden && belongs(name, target)
}
