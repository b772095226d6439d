package publish_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"emikit/bundle"
	"emikit/imagefile"
	"emikit/publish"
)

// TestCountedNames: parts are numbered as ec2-ami-tools number them, and take the place
// of those of an earlier bundle, which were numbered in another way.
func TestCountedNames(t *testing.T) {
	r := request(t, writeImage(t, "disk.img", content))
	r.PartSize = 64
	bundleImage(t, r)
	for _, size := range []int64{1 << 20, 64} {
		r.PartSize, r.CountedNames = size, true
		result := bundleImage(t, r)
		want := []string{"disk.img.manifest.xml"}
		digits := len(fmt.Sprint(len(result.Manifest.Parts)))
		for i, part := range result.Manifest.Parts {
			want = append(want, fmt.Sprintf("disk.img.part.%0*d", digits, i))
			if part.Name != want[i+1] {
				t.Errorf("part %d in the manifest: got %s, want %s", i, part.Name, want[i+1])
			}
		}
		if got := filesIn(t, r.Destination); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if image := unbundle(t, publish.UnbundleRequest{Manifest: result.ManifestPath, PrivateKey: keyFile("user-pk.pem")}); !bytes.Equal(image, content) {
			t.Error("another image came back")
		}
	}
}

func filesIn(t *testing.T, dir string) (all []string) {
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

// TestSizeOfFile: the size of a file may be given, and must then be right.
func TestSizeOfFile(t *testing.T) {
	r := request(t, writeImage(t, "disk.img", content))
	for _, size := range []int64{int64(len(content)) - 1, int64(len(content)) + 1} {
		r.ImageSize = size
		_, err := publish.BundleImage(t.Context(), r)
		want := fmt.Sprintf("input size did not match expected image size (expected size: %d, read: %d)", size, len(content))
		if _, ok := errors.AsType[*imagefile.SizeError](err); !ok || err.Error() != want {
			t.Errorf("size %d: got %v, want %s", size, err, want)
		}
	}
	r.ImageSize = int64(len(content))
	bundleImage(t, r)
}

// TestUnbundleHere: the old tools look for parts where they are called. Here they may
// lie beside the manifest, too.
func TestUnbundleHere(t *testing.T) {
	result := bundleImage(t, request(t, writeImage(t, "disk.img", content)))
	key, err := filepath.Abs(keyFile("user-pk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	r := publish.UnbundleRequest{Manifest: result.ManifestPath, PrivateKey: key, Here: true}
	t.Chdir(t.TempDir())
	unbundle(t, r) // they are beside the manifest
	t.Chdir(filepath.Dir(result.ManifestPath))
	r.Manifest = filepath.Join(t.TempDir(), "m.xml")
	if err := os.Rename(result.ManifestPath, r.Manifest); err != nil {
		t.Fatal(err)
	}
	unbundle(t, r)
	r.Here, r.Destination = false, t.TempDir()
	if _, err := publish.Unbundle(t.Context(), r); !errors.Is(err, bundle.ErrMissingPart) {
		t.Errorf("got %v, want %v", err, bundle.ErrMissingPart)
	}
}

// TestKeepTime: an image gets the time that it had when it was bundled, if that is
// asked for and the bundle tells it.
func TestKeepTime(t *testing.T) {
	vectors := "../bundle/testdata/vectors/"
	ours := bundleImage(t, request(t, writeImage(t, "disk.img", content))).ManifestPath
	sparse := vectors + "ec2-ami-tools/bundles/sparse/sparse.img.manifest.xml"
	amazon := vectors + "ec2-ami-tools/keys/user-pk.pem"
	for _, tt := range []struct {
		manifest, key string
		keep, old     bool
	}{
		{sparse, amazon, true, true},
		{vectors + "ec2-ami-tools/bundles/odd/odd.img.manifest.xml", amazon, true, true},
		{sparse, amazon, false, false},
		{ours, keyFile("user-pk.pem"), true, false},
	} {
		before := time.Now().Add(-time.Hour)
		r := publish.UnbundleRequest{Manifest: tt.manifest, PrivateKey: tt.key, KeepTime: tt.keep, Destination: t.TempDir()}
		result, err := publish.Unbundle(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(result.ImagePath)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.ModTime(); got.Before(before) != tt.old || got.Year() < 2020 {
			t.Errorf("%s, keep %v: got %v", tt.manifest, tt.keep, got)
		}
	}
}
