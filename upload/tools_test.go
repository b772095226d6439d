package upload

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDownloadByLocalManifest: the parts alone are fetched, and the manifest stays where
// it is, be it in the directory that they go to.
func TestDownloadByLocalManifest(t *testing.T) {
	s3 := newFakeS3(t, "")
	store := s3.open(t)
	local := writeBundle(t, 3)
	to := Location{Bucket: "bkt"}
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: local, To: to}); err != nil {
		t.Fatal(err)
	}
	s3.replace("bkt", "disk.img.manifest.xml", nil)
	want := files(t, filepath.Dir(local))
	parts := maps.Clone(want)
	delete(parts, "disk.img.manifest.xml")

	elsewhere := filepath.Join(t.TempDir(), "new")
	for dir, want := range map[string]map[string]string{elsewhere: parts, filepath.Dir(local): want} {
		result, err := store.DownloadBundle(t.Context(), DownloadRequest{From: to, Manifest: local, Dir: dir})
		if err != nil || len(result.Manifests) > 0 {
			t.Fatalf("got %q, %v, want no manifest", result.Manifests, err)
		}
		if got := files(t, dir); !maps.Equal(got, want) {
			t.Errorf("got %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

// TestDownloadByLocalManifestReplaces: another manifest of the bundle's name would
// describe other parts than those that are there now.
func TestDownloadByLocalManifestReplaces(t *testing.T) {
	s3 := newFakeS3(t, "")
	store := s3.open(t)
	local := writeBundle(t, 2)
	to := Location{Bucket: "bkt"}
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: local, To: to}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rewrite(t, dir, "disk.img.manifest.xml", "another")
	var r recorder
	if _, err := store.DownloadBundle(t.Context(), DownloadRequest{From: to, Manifest: local, Dir: dir, Progress: r.record}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "disk.img.manifest.xml")); !errors.Is(err, os.ErrNotExist) || r.count(Replacing) != 1 {
		t.Errorf("the other manifest: got %v and %d events, want that it is gone and told of", err, r.count(Replacing))
	}
}

// TestFirstPart: by its index, by its name, and one beyond all.
func TestFirstPart(t *testing.T) {
	for _, tt := range []struct {
		request       UploadRequest
		want, message string // the parts that are sent; why none are
	}{
		{UploadRequest{FirstPart: 1}, "disk.img.part.01 disk.img.part.02", ""},
		{UploadRequest{FirstPartName: "disk.img.part.02"}, "disk.img.part.02", ""},
		{UploadRequest{FirstPart: 99, AnyFirstPart: true}, "", ""},
		{UploadRequest{FirstPart: 3}, "", "part 3: no such part to begin with: there are 3, counted from 0"},
		{UploadRequest{FirstPartName: "x"}, "", `part "x": no such part to begin with`},
	} {
		s3, r := newFakeS3(t, ""), tt.request
		s3.make("bkt")
		r.Manifest, r.To, r.SkipManifest = writeBundle(t, 3), Location{Bucket: "bkt"}, true
		_, err := s3.open(t).UploadBundle(t.Context(), r)
		if tt.message == "" && err != nil || tt.message != "" && (err == nil || !strings.Contains(err.Error(), tt.message)) {
			t.Errorf("%+v: got %v, want %q", tt.request, err, tt.message)
		}
		if got := strings.Join(s3.keys("bkt"), " "); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.request, got, tt.want)
		}
	}
}

// TestSafeAddressing: a bucket stands before the host where both allow it.
func TestSafeAddressing(t *testing.T) {
	for _, tt := range []struct{ endpoint, bucket, want string }{
		{"http://s3.example:8773/services/Walrus", "my-bucket", "my-bucket.s3.example:8773/services/Walrus/"},
		{"http://s3.example", "my_bucket", "s3.example/my_bucket/"},
		{"http://s3.example", "MyBucket", "s3.example/MyBucket/"},
		{"http://127.0.0.1:8773", "my-bucket", "127.0.0.1:8773/my-bucket/"},
	} {
		var asked []string
		listening := roundTripper(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.Host+r.URL.Path)
			return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader("<LocationConstraint/>"))}, nil
		})
		store := over(t, listening, func(c *Config) { c.Endpoint, c.Addressing = tt.endpoint, SafeAddressing })
		if _, err := store.EnsureBucket(t.Context(), tt.bucket, ""); err != nil {
			t.Error(err)
		}
		if len(asked) != 1 || strings.TrimSuffix(asked[0], "/") != strings.TrimSuffix(tt.want, "/") {
			t.Errorf("%s at %s: got %q, want %q", tt.bucket, tt.endpoint, asked, tt.want)
		}
	}
}

// TestNothingToSend: a run that sends nothing leaves a bundle that is there whole.
func TestNothingToSend(t *testing.T) {
	s3 := newFakeS3(t, "")
	store := s3.open(t)
	r := UploadRequest{Manifest: writeBundle(t, 2), To: Location{Bucket: "bkt"}}
	if _, err := store.UploadBundle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.FirstPart, r.AnyFirstPart, r.SkipManifest = 99, true, true
	if _, err := store.UploadBundle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, want := s3.keys("bkt"), []string{"disk.img.manifest.xml", "disk.img.part.00", "disk.img.part.01"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
