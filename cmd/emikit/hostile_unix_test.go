//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"emikit/bundle/hostiletest"
	"emikit/imagefile"
	"emikit/publish"
	"emikit/sign"
	"emikit/upload"
)

// nobody is the user as whom a program runs that must not be root: root may write
// everywhere.
const nobody = 65534

// commoner is a copy of this test binary, where nobody can run it.
func commoner(t *testing.T) (binary string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	binary = filepath.Join(t.TempDir(), "emikit")
	out, err := os.OpenFile(binary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	letIn(t, filepath.Dir(filepath.Dir(binary)))
	return binary
}

// letIn lets everybody into a directory that package testing has made.
func letIn(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// runAsNobody runs a command line on the sandbox's files.
func (s *sandbox) runAsNobody(t *testing.T, binary string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Args = append([]string{"emikit"}, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{
		"HOME=/nonexistent", "GORACE=atexit_sleep_ms=0", "S3_URL=" + s.bucket.URL, "EC2_ACCESS_KEY=AKIALICE", "EC2_SECRET_KEY=secret",
		"EC2_USER_ID=123456789012", "EC2_CERT=keys/user-cert.pem", "EC2_PRIVATE_KEY=keys/user-pk.pem", "EUCALYPTUS_CERT=keys/user-cert.pem",
	}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// open lets everybody read everything in the sandbox, and nobody write into images.
func (s *sandbox) open(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, e os.DirEntry, err error) error {
		mode := os.FileMode(0o644)
		if e.IsDir() {
			mode = 0o755
		}
		return os.Chmod(path, mode)
	})
	if err == nil {
		err = os.Chmod(s.path("images"), 0o555)
	}
	letIn(t, filepath.Dir(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(s.path("images"), 0o755) }) // or it could not be removed
}

// TestReadOnlyDirectory: where nothing can be written, one line says so, and nothing
// changes. Reading is all that an upload does.
func TestReadOnlyDirectory(t *testing.T) {
	binary, s := commoner(t), goodSandbox(t)
	for _, name := range []string{"images/disk.img", "images/disk.img.manifest.xml", "images/disk.img.part.00"} {
		s.write(t, name, []byte("earlier"))
	}
	s.tree = s.files(t)
	s.open(t)
	for _, tt := range []struct{ args, want string }{
		{"bundle-image -i disk.img -d images", "emikit bundle-image: bundle disk.img: write into images: permission denied\n"},
		{"bundle-image -i disk.img -d images/new", "emikit bundle-image: bundle disk.img: make the directory images/new: permission denied\n"},
		{"unbundle -m bundles/disk.img.manifest.xml -d images", "emikit unbundle: write into images: permission denied\n"},
		{"unbundle -m bundles/disk.img.manifest.xml -d images/new", "emikit unbundle: make the directory images/new: permission denied\n"},
		{"download-bundle -b bkt -p disk.img -d images", "emikit download-bundle: write into images: permission denied\n"},
		{"download-bundle -b bkt -p disk.img -d images/new", "emikit download-bundle: make the directory images/new: permission denied\n"},
	} {
		code, stdout, stderr := s.runAsNobody(t, binary, strings.Fields(tt.args)...)
		if code != 1 || stdout != "" || stderr != tt.want {
			t.Errorf("%s: got exit code %d, %q and %q, want 1, nothing and %q", tt.args, code, stdout, stderr, tt.want)
		}
		if now := s.files(t); !maps.Equal(now, s.tree) {
			t.Errorf("%s: the files have changed", tt.args)
		}
	}
	code, _, stderr := s.runAsNobody(t, binary, "upload-bundle", "-b", "upload", "-m", "bundles/disk.img.manifest.xml")
	if sent := s.bucket.takeSent(); code != 0 || len(sent) != 1+len(hostiletest.Good().Files) {
		t.Errorf("upload-bundle: got exit code %d, %q and %q sent, want the whole bundle", code, stderr, sent)
	}
}

// TestImageChangesWhileItIsBundled: a file that is written to, grows or shrinks in the
// middle of the work is noticed, and no bundle of both states is made; an earlier one
// stays. Standard input has no state to change.
func TestImageChangesWhileItIsBundled(t *testing.T) {
	const size = 3 << 20
	for name, change := range map[string]func(image string) error{
		"written to":                 func(image string) error { return writeAt(image, 100, "changed") },
		"written to further on":      func(image string) error { return writeAt(image, size-100, "changed") },
		"longer":                     func(image string) error { return writeAt(image, size, "more") },
		"shorter":                    func(image string) error { return os.Truncate(image, size-1) },
		"shorter than what was read": func(image string) error { return os.Truncate(image, 1000) },
		"empty":                      func(image string) error { return os.Truncate(image, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			makeBundle(t, dir, noise(1000), 1000, 1<<20)
			earlier := names(t, filepath.Join(dir, "bundles"))
			image := filepath.Join(dir, "disk.img")
			if err := os.WriteFile(image, noise(size), 0o600); err != nil {
				t.Fatal(err)
			}
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(image, old, old); err != nil {
				t.Fatal(err)
			}
			changed := false
			halfway := func(done, total int64) {
				if done >= total/2 && !changed {
					changed = true
					if err := change(image); err != nil {
						t.Error(err)
					}
				}
			}
			_, err := publish.BundleImage(t.Context(), publish.BundleRequest{
				Image: image, Destination: filepath.Join(dir, "bundles"), PartSize: 64 << 10, Arch: "x86_64", User: "123456789012",
				UserCert: keyFile(t, "user-cert.pem"), CloudCert: keyFile(t, "cloud-cert.pem"), Progress: halfway,
			})
			if !errors.Is(err, imagefile.ErrChanged) || err.Error() != image+": file changed while it was read" {
				t.Errorf("got %v, want that the file changed", err)
			}
			wantFiles(t, filepath.Join(dir, "bundles"), earlier...)
		})
	}
}

func writeAt(path string, offset int64, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(text), offset)
	return errors.Join(err, f.Close())
}

// TestImageChangesWhileItIsSent: nor is one made in a bucket; the parts that were sent
// are deleted again.
func TestImageChangesWhileItIsSent(t *testing.T) {
	s := goodSandbox(t)
	store, err := upload.Open(upload.Config{Endpoint: s.bucket.URL, Credentials: sign.Credentials{AccessKey: "AKIALICE", SecretKey: secretKey}})
	if err != nil {
		t.Fatal(err)
	}
	image := s.path("disk.img")
	s.write(t, "disk.img", noise(3<<20)) // more than is read before the first change
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(image, old, old); err != nil {
		t.Fatal(err)
	}
	_, err = publish.BundleAndUpload(t.Context(), publish.UploadRequest{
		BundleRequest: publish.BundleRequest{
			Image: image, PartSize: 64 << 10, Arch: "x86_64", User: "123456789012", CloudCert: keyFile(t, "cloud-cert.pem"),
			Progress: func(int64, int64) {
				if err := writeAt(image, 0, "changed"); err != nil {
					t.Error(err)
				}
			},
		},
		Store: store, To: upload.Location{Bucket: "upload"},
	})
	if !errors.Is(err, imagefile.ErrChanged) {
		t.Errorf("got %v, want that the file changed", err)
	}
	sent, deleted := s.bucket.takeSent(), s.bucket.takeDeleted()
	for _, name := range sent {
		if !slices.Contains(deleted, name) || strings.HasSuffix(name, ".xml") {
			t.Errorf("%s was sent and not deleted again: %q", name, deleted)
		}
	}
}
