package publish

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzTarball: whatever an archive says, nothing is written but the four files that may
// be, in the directory that is given, and no more bytes than are allowed.
func FuzzTarball(f *testing.F) {
	f.Add(seedTar(f, tar.FormatGNU, "vmlinuz", "initrd.img", "x.img", "x-loader"))
	f.Add(seedTar(f, tar.FormatPAX, "../vmlinuz", "/etc/x.img", "a/../b.img"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 64 << 10
		archive, dir := filepath.Join(t.TempDir(), "archive"), t.TempDir()
		if err := os.WriteFile(archive, data, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := UnpackTarball(t.Context(), TarballRequest{Path: archive, Dir: dir, MaxSize: most})
		if err == nil && found.Image.Path == "" {
			t.Error("got no image, and no error")
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var size int64
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || !slices.Contains([]string{"image", "kernel", "ramdisk", "loader"}, e.Name()) {
				t.Fatalf("%s was written: %v, %v", e.Name(), info.Mode(), err)
			}
			size += info.Size()
		}
		if size > most {
			t.Errorf("%d bytes were written", size)
		}
	})
}

// seedTar is an archive of short files.
func seedTar(f *testing.F, format tar.Format, names ...string) []byte {
	f.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 9, Format: format}); err != nil {
			f.Fatal(err)
		}
		if _, err := w.Write([]byte("some text")); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}
