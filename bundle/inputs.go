package bundle

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// checkInputs refuses to go on if one of the inputs lies in dir under a name that
// the run takes for itself: it would be replaced or removed. It may lie there
// through links of either kind.
func checkInputs(dir string, inputs []string, takes func(file string) bool) error {
	infos := inputInfos(inputs)
	if len(infos) == 0 {
		return nil
	}
	entries, _ := os.ReadDir(cmp.Or(dir, ".")) // a missing directory holds nothing; others fail later
	for _, e := range entries {
		if !takes(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err == nil && slices.ContainsFunc(infos, func(in fs.FileInfo) bool { return os.SameFile(in, info) }) {
			return hinted{fmt.Errorf("%s: %w", path, ErrInput), "choose another destination (-d)"}
		}
	}
	return nil
}

// inputInfos describes the inputs. One that is not there cannot be lost.
func inputInfos(inputs []string) []fs.FileInfo {
	var infos []fs.FileInfo
	for _, path := range inputs {
		if info, err := os.Stat(path); err == nil {
			infos = append(infos, info)
		}
	}
	return infos
}
