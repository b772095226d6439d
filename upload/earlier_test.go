package upload

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// occupied is a store whose bucket holds a longer bundle of the name that
// writeBundle uses, and things that only look like its parts.
func occupied(t *testing.T) (*fakeS3, Location) {
	t.Helper()
	s3 := newFakeS3(t, "/services/Walrus")
	to := Location{Bucket: "bkt", Prefix: "p"}
	if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 5), To: to}); err != nil {
		t.Fatal(err)
	}
	for _, key := range bystanders() {
		s3.replace("bkt", "p/"+key, []byte("old"))
	}
	s3.replace("bkt", "disk.img.part.09", []byte("of another place"))
	s3.replace("bkt", "p/disk.img.part.7", []byte("numbered otherwise"))
	s3.requests = nil
	return s3, to
}

// bystanders are not of the bundle disk.img.
func bystanders() []string {
	return []string{"disk.img.part.x", "disk.img.part.03.bak", "disk.img2.part.04", "disk.img.manifest.xml.old"}
}

// TestUploadReplaces: the old manifest goes before the first part is sent, and
// parts that the new bundle has not before its manifest is.
func TestUploadReplaces(t *testing.T) {
	s3, to := occupied(t)
	var seen recorder
	store := s3.open(t, func(c *Config) { c.Jobs = 1 })
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 2), To: to, Progress: seen.record}); err != nil {
		t.Fatal(err)
	}
	var changes []string
	for _, r := range s3.requests {
		if !strings.HasPrefix(r, "GET") && !strings.HasPrefix(r, "HEAD") {
			changes = append(changes, strings.Replace(r, " /bkt/p/disk.img", "", 1))
		}
	}
	want := []string{"DELETE.manifest.xml", "PUT.part.00", "PUT.part.01",
		"DELETE.part.02", "DELETE.part.03", "DELETE.part.04", "DELETE.part.7", "PUT.manifest.xml"}
	if !slices.Equal(changes, want) {
		t.Errorf("got  %q\nwant %q", changes, want)
	}
	if seen.count(Replacing) != 1 || seen.count(PartChecked) != 2 {
		t.Errorf("events: %v", seen.events)
	}
	for _, key := range bystanders() {
		if _, found := s3.object("bkt", "p/"+key); !found {
			t.Errorf("%s was removed", key)
		}
	}
	if _, found := s3.object("bkt", "disk.img.part.09"); !found {
		t.Error("a part outside the prefix was removed")
	}
}

// A manifest that was renamed stands for its bundle too.
func TestUploadReplacesRenamed(t *testing.T) {
	s3, to := occupied(t)
	s3.replace("bkt", "p/web.xml", []byte("old"))
	path := writeBundle(t, 2)
	renamed := filepath.Join(filepath.Dir(path), "web.xml")
	if err := os.Rename(path, renamed); err != nil {
		t.Fatal(err)
	}
	if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: renamed, To: to}); err != nil {
		t.Fatal(err)
	}
	if _, found := s3.object("bkt", "p/disk.img.manifest.xml"); found {
		t.Error("the manifest whose parts were replaced is still there")
	}
	deleted := slices.Index(s3.requests, "DELETE /bkt/p/web.xml")
	sent := slices.Index(s3.requests, "PUT /bkt/p/web.xml")
	if deleted < 0 || sent < deleted {
		t.Errorf("web.xml: removed by request %d, sent by request %d", deleted, sent)
	}
}

// After a failure nothing says that the mixture of old and new parts is a bundle.
func TestFailedUploadLeavesNoManifest(t *testing.T) {
	s3, to := occupied(t)
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" && strings.HasSuffix(r.URL.Path, ".part.01") {
			s3Error(w, 403, "QuotaExceeded", "")
			return true
		}
		return false
	}
	if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 2), To: to}); err == nil {
		t.Fatal("the upload succeeded")
	}
	if _, found := s3.object("bkt", "p/disk.img.manifest.xml"); found {
		t.Error("a manifest is there")
	}
}

// A key that may only store objects is enough. What it may not remove stays and is
// told.
func TestUploadWithoutRights(t *testing.T) {
	for method, notRemoved := range map[string]int{"GET": 0, "DELETE": 5} {
		s3, to := occupied(t)
		s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == method && !r.URL.Query().Has("location") {
				s3Error(w, 403, "AccessDenied", "not you")
				return true
			}
			return false
		}
		var seen recorder
		if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 2), To: to, Progress: seen.record}); err != nil {
			t.Errorf("%s refused: %v", method, err)
		}
		if got := seen.count(NotRemoved); got != notRemoved {
			t.Errorf("%s refused: %d objects were reported as not removed, want %d: %v", method, got, notRemoved, seen.events)
		}
	}
}

func TestDownloadReplaces(t *testing.T) {
	s3, from := occupied(t)
	dir := filepath.Dir(writeBundle(t, 7))
	for _, name := range bystanders() {
		rewrite(t, dir, name, "old")
	}
	var seen recorder
	get := DownloadRequest{From: from, ManifestName: "disk.img.manifest.xml", Dir: dir, Progress: seen.record}
	if _, err := s3.open(t).DownloadBundle(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(maps.Keys(files(t, dir)))
	want := slices.Sorted(slices.Values(append(bystanders(), "disk.img.manifest.xml",
		"disk.img.part.00", "disk.img.part.01", "disk.img.part.02", "disk.img.part.03", "disk.img.part.04")))
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if seen.count(Replacing) != 1 {
		t.Errorf("events: %v", seen.events)
	}
}

// TestDownloadSparesOthers: what no bundle can have left stays as it is, and with
// it an earlier bundle.
func TestDownloadSparesOthers(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"disk.img.part.01", "exists and is not a file"},
		{"disk.img.manifest.xml", "exists and is not a file"},
		{"notes.txt", "exists, and is not replaced by what disk.img calls a part"},
	} {
		s3, from := occupied(t)
		document, _ := s3.object("bkt", "p/disk.img.manifest.xml")
		s3.replace("bkt", "p/disk.img.manifest.xml", []byte(strings.Replace(string(document.body), "disk.img.part.02", "notes.txt", 1)))
		part, _ := s3.object("bkt", "p/disk.img.part.02")
		s3.replace("bkt", "p/notes.txt", part.body)
		dir := t.TempDir()
		rewrite(t, dir, "disk.img.part.00", "old")
		if tt.name == "notes.txt" {
			rewrite(t, dir, tt.name, "mine")
		} else if err := os.Mkdir(filepath.Join(dir, tt.name), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := s3.open(t).DownloadBundle(t.Context(), DownloadRequest{From: from, ManifestName: "disk.img.manifest.xml", Dir: dir})
		if want := fmt.Sprintf("%s: %s", filepath.Join(dir, tt.name), tt.want); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", tt.name, err, want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
			t.Errorf("%s: left %v, %v, want the two that were there", tt.name, left, err)
		}
	}
}

func TestDownloadMakesDirectory(t *testing.T) {
	s3, from := occupied(t)
	get := DownloadRequest{From: from, ManifestName: "disk.img.manifest.xml", Dir: filepath.Join(t.TempDir(), "new")}
	if _, err := s3.open(t).DownloadBundle(t.Context(), get); err != nil {
		t.Error(err)
	}
	get.Dir = filepath.Join(t.TempDir(), "new")
	s3.replace("bkt", "p/disk.img.part.03", []byte("spoilt"))
	if _, err := s3.open(t).DownloadBundle(t.Context(), get); err == nil {
		t.Error("a spoilt part was accepted")
	}
	if _, err := os.Stat(get.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %s gone again", err, get.Dir)
	}
}
