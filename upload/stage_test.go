package upload

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/lockfile"
)

// heldBundle is a store that holds the bundle of writeBundle with n parts, and a request
// for it.
func heldBundle(t *testing.T, n int) (*fakeS3, DownloadRequest) {
	t.Helper()
	s3, from := newFakeS3(t, ""), Location{Bucket: "bkt", Prefix: "p"}
	if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, n), To: from}); err != nil {
		t.Fatal(err)
	}
	return s3, DownloadRequest{From: from, ManifestName: "disk.img.manifest.xml", Dir: t.TempDir()}
}

// edit replaces a text in the stored manifest.
func edit(t *testing.T, s3 *fakeS3, old, new string) {
	t.Helper()
	o, _ := s3.object("bkt", "p/disk.img.manifest.xml")
	if !bytes.Contains(o.body, []byte(old)) {
		t.Fatalf("%s is not in the manifest", old)
	}
	s3.replace("bkt", "p/disk.img.manifest.xml", bytes.Replace(o.body, []byte(old), []byte(new), 1))
}

// TestDownloadKeepsToTheBundledSize: what a manifest says that its parts have
// together is all that is ever on disk.
func TestDownloadKeepsToTheBundledSize(t *testing.T) {
	for size, want := range map[string]string{
		"8999":                "go on past 8999 bytes",
		"3000":                "go on past 3000 bytes",
		"0":                   "go on past 0 bytes",
		"9001":                "they hold 9000 bytes, the manifest says 9001",
		"9223372036854775807": "they hold 9000 bytes, the manifest says 9223372036854775807",
	} {
		s3, get := heldBundle(t, 4)
		edit(t, s3, "<bundled_size>9000<", "<bundled_size>"+size+"<")
		_, err := s3.open(t).DownloadBundle(t.Context(), get)
		if !errors.Is(err, ErrBundledSize) || !strings.Contains(err.Error(), want) {
			t.Errorf("bundled size %s: got %v, want %q", size, err, want)
		}
		if left := files(t, get.Dir); len(left) > 0 {
			t.Errorf("bundled size %s: left %d files", size, len(left))
		}
	}
}

// TestBudgetOfRetries: what is fetched again does not count twice.
func TestBudgetOfRetries(t *testing.T) {
	s3, get := heldBundle(t, 4)
	failed := 0
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "part.01") || failed == 2 {
			return false
		}
		failed++
		w.Header().Set("Content-Length", "3000")
		w.Write(make([]byte, 2000))
		return true
	}
	if _, err := s3.open(t).DownloadBundle(t.Context(), get); err != nil || failed != 2 {
		t.Errorf("got %v after %d failures, want success after 2", err, failed)
	}
}

// TestDownloadLock: two downloads of one bundle into one directory exclude each
// other, and so do downloads of bundles whose manifests or images have one name.
func TestDownloadLock(t *testing.T) {
	s3, get := heldBundle(t, 4)
	manifestOf, _ := s3.object("bkt", "p/disk.img.manifest.xml")
	s3.replace("bkt", "p/other.manifest.xml", manifestOf.body)
	second := s3.open(t)
	asked := false
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if asked || !strings.HasSuffix(r.URL.Path, "part.01") {
			return false
		}
		asked = true // and not by the ones below
		for _, name := range []string{get.ManifestName, "other.manifest.xml"} {
			again := get
			again.ManifestName = name
			if _, err := second.DownloadBundle(t.Context(), again); !errors.Is(err, lockfile.ErrLocked) {
				t.Errorf("%s: got %v, want ErrLocked", name, err)
			}
		}
		elsewhere := get
		elsewhere.Dir = t.TempDir()
		if _, err := second.DownloadBundle(t.Context(), elsewhere); err != nil {
			t.Errorf("into another directory: %v", err)
		}
		return false
	}
	if _, err := s3.open(t, func(c *Config) { c.Jobs = 1 }).DownloadBundle(t.Context(), get); err != nil || !asked {
		t.Errorf("first: %v", err)
	}
	if got := files(t, get.Dir); len(got) != 5 {
		t.Errorf("got %d files, want a manifest and 4 parts", len(got))
	}
}

// TestDownloadRemovesLeftovers: a run that was killed leaves its hidden directory and
// its lock; the next one for the same bundle removes them. Other runs' stay.
func TestDownloadRemovesLeftovers(t *testing.T) {
	s3, get := heldBundle(t, 2)
	for _, name := range []string{".emikit-download-disk.img-123", ".emikit-download-disk.img-123x", ".emikit-download-disk.img-2-123", ".emikit-download-disk.img-"} {
		if err := os.Mkdir(filepath.Join(get.Dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(t, filepath.Join(get.Dir, ".emikit-download-disk.img-123"), "disk.img.part.00", "half")
	rewrite(t, get.Dir, ".disk.img.lock", "")
	if _, err := s3.open(t).DownloadBundle(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(get.Dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{".emikit-download-disk.img-", ".emikit-download-disk.img-123x", ".emikit-download-disk.img-2-123",
		"disk.img.manifest.xml", "disk.img.part.00", "disk.img.part.01"}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("got %q, %v, want %q", names, err, want)
	}
}

// TestDownloadThatCannotFinish: when a file cannot get its name, no part is left
// without its manifest.
func TestDownloadThatCannotFinish(t *testing.T) {
	s3, get := heldBundle(t, 4)
	if _, err := s3.open(t).DownloadBundle(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	rewrite(t, get.Dir, "disk.img.part.07", "stale")
	rewrite(t, get.Dir, "bystander", "mine")
	obstacle := filepath.Join(get.Dir, "disk.img.part.02")
	get.Progress = func(e Event) {
		if e.Kind == Replacing { // after it was made sure that nothing is in the way
			if err := errors.Join(os.Remove(obstacle), os.Mkdir(obstacle, 0o700)); err != nil {
				t.Error(err)
			}
			rewrite(t, obstacle, "x", "in the way")
		}
	}
	_, err := s3.open(t).DownloadBundle(t.Context(), get)
	if _, ok := errors.AsType[*os.LinkError](err); !ok {
		t.Errorf("got %v, want an error of renaming", err)
	}
	var left []string
	err = filepath.WalkDir(get.Dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left = append(left, e.Name())
		}
		return err
	})
	if err != nil || !slices.Equal(left, []string{"bystander", "x"}) {
		t.Errorf("left %q, %v, want what is not of the bundle", left, err)
	}
}
