package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkInstances tells what this machine has to boot instances with. It is for the day
// when there is something to use it: the embedded cloud boots nothing yet.
func (e *exam) checkInstances(context.Context) verdict {
	return skip("the cloud of this build boots nothing; of this machine: %s, %s", kvm("/dev/kvm"), e.qemu())
}

// kvm says whether the processor can be used to run instances.
func kvm(path string) string {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	switch {
	case err == nil:
		f.Close()
		return "KVM can be used"
	case errors.Is(err, fs.ErrNotExist):
		return "no KVM (" + path + ")"
	case errors.Is(err, fs.ErrPermission):
		return path + " may not be opened by this user"
	}
	return err.Error()
}

// qemu looks for the program.
func (e *exam) qemu() string {
	const name = "qemu-system-x86_64"
	for _, dir := range filepath.SplitList(e.r.Config.Getenv("PATH")) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return fmt.Sprintf("QEMU is %s", filepath.Join(dir, name))
		}
	}
	return "no " + name
}
