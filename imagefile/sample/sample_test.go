package sample_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"emikit/imagefile/sample"
)

var files = []sample.File{
	{Name: "init", Mode: 0o755, Content: "#!/bin/sh\necho hello\n"},
	{Name: "etc/hostname", Mode: 0o644, Content: "sample\n"},
}

func TestKernelHeader(t *testing.T) {
	image, err := sample.Kernel("hello")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(image[0x202:0x206]); got != "HdrS" {
		t.Errorf("magic: got %q, want HdrS", got)
	}
	if !bytes.Contains(image, []byte(sample.KernelVersion+"\x00")) {
		t.Errorf("the version text %q is not in the image", sample.KernelVersion)
	}
	if !bytes.Contains(image, []byte("hello\r\n\x00")) {
		t.Error("the message is not in the image")
	}
}

func TestKernelRefusesLongMessage(t *testing.T) {
	if _, err := sample.Kernel(strings.Repeat("x", 256)); err == nil {
		t.Error("got no error for a message of 256 bytes")
	}
}

// tool returns the path of a program that serves as an independent check.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		if p := filepath.Join(dir, name); isFile(p) {
			return p
		}
	}
	t.Skipf("%s is not installed: its independent check is left out", name)
	return ""
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}

func TestRamdiskListsUnderCPIO(t *testing.T) {
	cpio := tool(t, "cpio")
	packed, err := sample.Ramdisk(files)
	if err != nil {
		t.Fatal(err)
	}
	gunzip := exec.Command(tool(t, "gzip"), "-dc")
	gunzip.Stdin = bytes.NewReader(packed)
	archive, err := gunzip.Output()
	if err != nil {
		t.Fatalf("gzip -dc: %v", err)
	}
	list := exec.Command(cpio, "-t", "--quiet")
	list.Stdin = bytes.NewReader(archive)
	out, err := list.CombinedOutput()
	if want := "init\netc/hostname\n"; err != nil || string(out) != want {
		t.Errorf("cpio -t: got %q, %v, want %q", out, err, want)
	}
}

func TestFilesystemPassesFsck(t *testing.T) {
	fsck, debugfs := tool(t, "e2fsck"), tool(t, "debugfs")
	image := filepath.Join(t.TempDir(), "root.img")
	if err := sample.WriteFilesystem(image, sample.MinFilesystemSize, "sample", files); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(fsck, "-fn", image).CombinedOutput(); err != nil {
		t.Errorf("e2fsck -fn: %v\n%s", err, out)
	}
	out, err := exec.Command(debugfs, "-R", "cat /etc/hostname", image).Output()
	if want := "sample\n"; err != nil || string(out) != want {
		t.Errorf("debugfs cat: got %q, %v, want %q", out, err, want)
	}
}

func TestWriteFilesystemLeavesNothingOnError(t *testing.T) {
	image := filepath.Join(t.TempDir(), "root.img")
	if err := sample.WriteFilesystem(image, 1<<20, "sample", files); err == nil {
		t.Error("got no error for a filesystem of 1 MiB")
	}
	if isFile(image) {
		t.Errorf("%s: was left behind", image)
	}
}
