package script

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"emikit/volume/extfs"
)

// newImage writes an empty filesystem into a file.
func newImage(t *testing.T) string {
	t.Helper()
	root := &extfs.Node{Mode: extfs.TypeDir | 0o755}
	image, err := extfs.New(root, extfs.Options{Kind: extfs.Ext4, Size: 4 << 20, Created: extfs.Time{Sec: time.Now().Unix()}})
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, image.Size())
	if _, err := image.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// runs runs a program in shell on an image, or skips the test where nothing can be mounted.
func runs(t *testing.T, program string) (said string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+program+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	err = Run(t.Context(), Job{
		Program: path, Image: newImage(t), Size: 4 << 20, Type: "ext4", Stdout: &stdout, Stderr: &stderr,
	})
	for _, cause := range []error{unix.EPERM, unix.EACCES, unix.ENOENT, unix.ENODEV, unix.ENXIO} {
		if errors.Is(err, cause) && stdout.Len() == 0 {
			t.Skipf("nothing can be mounted here: %v", err)
		}
	}
	return stdout.String(), err
}

func TestRunMountsTheImage(t *testing.T) {
	said, err := runs(t, `ls "$1" && echo x >"$1/new" && echo "$1"`)
	lines := strings.Fields(said)
	if err != nil || len(lines) != 2 || lines[0] != "lost+found" {
		t.Fatalf("got %q, %v", said, err)
	}
	if _, err := os.Stat(lines[1]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", lines[1], err)
	}
}

func TestRunTellsThatTheProgramFailed(t *testing.T) {
	said, err := runs(t, `echo "$1"; exit 3`)
	if err == nil || !strings.Contains(err.Error(), "program: exit status 3") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(strings.TrimSpace(said)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", said, err)
	}
}

func TestRunWithoutAnImage(t *testing.T) {
	err := Run(t.Context(), Job{Program: "/bin/true", Image: "nosuch", Size: 1 << 20, Type: "ext4"})
	if err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("got %v, want an error that names the image", err)
	}
}
