package publish_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/publish"
)

// file is an ordinary one.
func file(name, content string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)), Uname: content}
}

// tarball writes an archive. The content of a file is in its header's Uname.
func tarball(t *testing.T, headers ...tar.Header) string {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, h := range headers {
		content := h.Uname
		h.Uname = ""
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return writeImage(t, "cloud.tar.gz", b.Bytes())
}

func unpack(t *testing.T, path string) (publish.Tarball, string, error) {
	t.Helper()
	dir := t.TempDir()
	got, err := publish.UnpackTarball(t.Context(), publish.TarballRequest{Path: path, Dir: dir, MaxSize: 1 << 20})
	return got, dir, err
}

func held(t *testing.T, m publish.Member) string {
	t.Helper()
	if m.Path == "" {
		return ""
	}
	data, err := os.ReadFile(m.Path)
	if err != nil {
		t.Error(err)
	}
	return m.Name + "=" + string(data)
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestUnpackTarball(t *testing.T) {
	zeros := strings.Repeat("\x00", 300<<10)
	for name, c := range map[string]struct {
		files                          []tar.Header
		image, kernel, ramdisk, loader string
		notes                          int
	}{
		"Ubuntu's": {
			files: []tar.Header{
				file("README.files", "text"), file("lucid-server-uec-amd64-floppy", "floppy"), file("lucid-server-uec-amd64-loader", "grub"),
				file("lucid-server-uec-amd64-vmlinuz-virtual", "linux"), file("lucid-server-uec-amd64.img", "root"+zeros),
			},
			image: "lucid-server-uec-amd64.img=root" + zeros, kernel: "lucid-server-uec-amd64-vmlinuz-virtual=linux", loader: "lucid-server-uec-amd64-loader=grub",
		},
		"in folders": {
			files: []tar.Header{
				{Typeflag: tar.TypeDir, Name: "kvm-kernel/vmlinuz/", Mode: 0o755}, file("kvm-kernel/vmlinuz-2", "k1"), file("kvm-kernel/initrd.img-2", "r1"),
				file("xen-kernel/vmlinuz-3", "k2"), file("xen-kernel/initrd.img-3", "r2"), file("ubuntu.9-04.img", "root"),
			},
			image: "ubuntu.9-04.img=root", kernel: "vmlinuz-2=k1", ramdisk: "initrd.img-2=r1",
			notes: 1, // the folder
		},
		"two images": {
			files: []tar.Header{file("a.img", "longer"), file("b.img", "b")},
			image: "b.img=b", notes: 1,
		},
		"hostile names": {
			files: []tar.Header{
				file("../../etc/vmlinuz", "k"), file("/etc/initrd", "r"), file("a/../../b.img", "i"), file("..", "x"),
			},
			image: "b.img=i", kernel: "vmlinuz=k", ramdisk: "initrd=r",
		},
		"links and devices": {
			files: []tar.Header{
				{Typeflag: tar.TypeSymlink, Name: "vmlinuz", Linkname: "/etc/shadow"}, {Typeflag: tar.TypeLink, Name: "initrd", Linkname: "/etc/shadow"},
				{Typeflag: tar.TypeChar, Name: "x-loader"}, {Typeflag: tar.TypeFifo, Name: "y.img"}, file("vmlinuz", "k"), file("x.img", "i"),
			},
			image: "x.img=i", kernel: "vmlinuz=k", notes: 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, dir, err := unpack(t, tarball(t, c.files...))
			if err != nil {
				t.Fatal(err)
			}
			all := []string{held(t, got.Image), held(t, got.Kernel), held(t, got.Ramdisk), held(t, got.Loader)}
			if want := []string{c.image, c.kernel, c.ramdisk, c.loader}; !slices.Equal(all, want) {
				t.Errorf("got %.200q, want %.200q", all, want)
			}
			if len(got.Notes) != c.notes {
				t.Errorf("notes: got %q, want %d", got.Notes, c.notes)
			}
			for _, made := range names(t, dir) {
				if !slices.Contains([]string{"image", "kernel", "ramdisk", "loader"}, made) {
					t.Errorf("%s was written", made)
				}
			}
		})
	}
}

func TestUnpackTarballRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want string
	}{
		"no image":       {tarball(t, file("vmlinuz", "k")), "no image in it"},
		"nothing":        {tarball(t), "no image in it"},
		"not a tar":      {writeImage(t, "x.tar.gz", content), "not a tar archive"},
		"more than that": {tarball(t, file("a.img", strings.Repeat("x", 2<<20))), "more in it than is unpacked"},
		"cut off":        {cutOff(t), "the archive is damaged"},
		"missing":        {filepath.Join(t.TempDir(), "none.tar.gz"), "no such file"},
		"bomb":           {writeImage(t, "bomb.tar", bomb(t)), "more in it than is unpacked"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, dir, err := unpack(t, c.path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q; left %q", err, c.want, names(t, dir))
			}
		})
	}
}

// cutOff is an archive of which the second file is not whole.
func cutOff(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"vmlinuz", "a.img"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 512}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 512)); err != nil {
			t.Fatal(err)
		}
	}
	return writeImage(t, "cut.tar", b.Bytes()[:b.Len()-100])
}

// bomb is an archive of a few bytes that unpacks, a hole, to nearly 8 EiB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "bomb.img", Size: math.MaxInt64 / 2, Format: tar.FormatGNU}); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), make([]byte, 1024)...)
}

func TestUnpackTarballInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := publish.TarballRequest{
		Path: tarball(t, file("a.img", strings.Repeat("x", 600<<10))), Dir: t.TempDir(), MaxSize: 1 << 20,
		Progress: func(int64, int64) { cancel() },
	}
	if _, err := publish.UnpackTarball(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the interruption", err)
	}
}
