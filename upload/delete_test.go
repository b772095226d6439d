package upload

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBundleObjects: whichever way a bundle is meant, its own objects are found, and
// nobody else's.
func TestBundleObjects(t *testing.T) {
	path := writeBundle(t, 3)
	renamed := filepath.Join(filepath.Dir(path), "web.manifest.xml")
	if err := os.Link(path, renamed); err != nil {
		t.Fatal(err)
	}
	foreign := writeForeign(t, path)
	parts := []string{"disk.img.part.00", "disk.img.part.01", "disk.img.part.02"}
	with := func(names ...string) []string { return slices.Concat(names, parts) }
	for _, tt := range []struct {
		name  string
		r     BundleRequest
		spoil func(s3 *fakeS3)
		want  []string
		is    error
	}{
		{"by manifest", BundleRequest{ManifestName: "disk.img.manifest.xml"}, nil, with("disk.img.manifest.xml"), nil},
		{"by manifest of another name", BundleRequest{ManifestName: "web.manifest.xml"}, nil, with("web.manifest.xml"), nil},
		{"by a manifest that is not there", BundleRequest{ManifestName: "no.manifest.xml"}, nil, nil, ErrNoManifest},
		{"by manifest on disk", BundleRequest{Path: path}, nil, with("disk.img.manifest.xml"), nil},
		{"by a foreign manifest", BundleRequest{Path: foreign}, nil, nil, ErrNotOfBundle},
		{"by name", BundleRequest{Name: "disk.img"}, nil, with("disk.img.manifest.xml"), nil},
		{"by another name", BundleRequest{Name: "web"}, nil, with("web.manifest.xml"), nil},
		{"by a name that nothing has", BundleRequest{Name: "disk"}, nil, nil, nil},
		{"by name, without a manifest", BundleRequest{Name: "disk.img"}, func(s3 *fakeS3) {
			s3.replace("bkt", "p/disk.img.manifest.xml", nil)
		}, parts, nil},
		{"by name, with stale parts", BundleRequest{Name: "disk.img"}, func(s3 *fakeS3) {
			s3.replace("bkt", "p/disk.img.part.7", []byte("x"))
			s3.replace("bkt", "p/disk.img.part.zip", []byte("x"))
		}, with("disk.img.manifest.xml", "disk.img.part.7"), nil},
		{"by name, with a part less", BundleRequest{Name: "disk.img"}, func(s3 *fakeS3) {
			s3.replace("bkt", "p/disk.img.part.01", nil)
		}, with("disk.img.manifest.xml"), nil},
		{"by name, without a readable manifest", BundleRequest{Name: "disk.img"}, func(s3 *fakeS3) {
			s3.replace("bkt", "p/disk.img.manifest.xml", []byte("<html/>"))
		}, with("disk.img.manifest.xml"), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			tt.r.From = Location{Bucket: "bkt", Prefix: "p"}
			for _, manifest := range []string{path, renamed} {
				if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: manifest, To: tt.r.From}); err != nil {
					t.Fatal(err)
				}
			}
			document, _ := os.ReadFile(path)
			s3.replace("bkt", "p/disk.img.manifest.xml", document)
			if tt.spoil != nil {
				tt.spoil(s3)
			}
			got, err := s3.open(t).BundleObjects(t.Context(), tt.r)
			slices.Sort(got)
			if want := slices.Sorted(slices.Values(tt.want)); !slices.Equal(got, want) || !errors.Is(err, tt.is) {
				t.Errorf("got  %q, %v\nwant %q, %v", got, err, want, tt.is)
			}
		})
	}
}

// writeForeign writes a manifest that calls something else a part.
func writeForeign(t *testing.T, path string) string {
	t.Helper()
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(t.TempDir(), "disk.img.manifest.xml")
	text := strings.Replace(string(document), "disk.img.part.01", "payroll.db", 1)
	if err := os.WriteFile(foreign, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return foreign
}

// TestRemoveObjects: the manifest goes before all else, and a failure ends it.
func TestRemoveObjects(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	names := []string{"x.part.00", "x.part.01", "x.manifest.xml", "gone"}
	var seen recorder
	if err := s3.open(t).RemoveObjects(t.Context(), Location{Bucket: "bkt"}, names, seen.record); err != nil {
		t.Fatal(err)
	}
	if first := seen.events[0]; first.Name != "x.manifest.xml" || seen.count(Removed) != 4 {
		t.Errorf("events: %v", seen.events)
	}
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		s3Error(w, 403, "AccessDenied", "no")
		return true
	}
	s3.requests = nil
	err := s3.open(t).RemoveObjects(t.Context(), Location{Bucket: "bkt"}, names, nil)
	if want := "remove bkt/x.manifest.xml: AccessDenied: no"; err == nil || err.Error() != want || len(s3.requests) != 1 {
		t.Errorf("got %v and the requests %q, want %s and one request", err, s3.requests, want)
	}
}

func TestRemoveBucket(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	s3.replace("bkt", "x", []byte("x"))
	refusal, ok := errors.AsType[*Error](s3.open(t).RemoveBucket(t.Context(), "bkt"))
	if !ok || refusal.Code != "BucketNotEmpty" || refusal.Hint() == "" {
		t.Errorf("with an object in it: got %v", refusal)
	}
	s3.replace("bkt", "x", nil)
	if err := s3.open(t).RemoveBucket(t.Context(), "bkt"); err != nil {
		t.Error(err)
	}
}

// inPages answers listings with so many objects at a time, as S3 does with 1000.
func (s *fakeS3) inPages(size int) {
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		query := r.URL.Query()
		if r.Method != "GET" || !query.Has("prefix") {
			return false
		}
		s.answerPage(w, strings.Trim(r.URL.Path, "/"), query.Get("prefix"), query.Get("marker"), size)
		return true
	}
}

func (s *fakeS3) answerPage(w io.Writer, bucket, prefix, marker string, size int) {
	var page strings.Builder
	last, listed, more := "", 0, false
	for _, key := range s.keys(bucket) {
		if !strings.HasPrefix(key, prefix) || key <= marker {
			continue
		}
		if more = listed == size; more {
			break
		}
		fmt.Fprintf(&page, "<Contents><Key>%s</Key><Size>1</Size></Contents>", key)
		last, listed = key, listed+1
	}
	fmt.Fprintf(w, "<ListBucketResult><IsTruncated>%t</IsTruncated><NextMarker>%s</NextMarker>%s</ListBucketResult>", more, last, &page)
}

// TestRemoveManyObjects: by name, all of a bundle whose listing comes in many pages;
// the old tools removed the first 1000.
func TestRemoveManyObjects(t *testing.T) {
	const parts, size = 1100, 500
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	s3.replace("bkt", "p/disk.img.manifest.xml", []byte("unreadable"))
	s3.replace("bkt", "p/disk.img.part.zip", []byte("another's"))
	for i := range parts {
		s3.replace("bkt", fmt.Sprintf("p/disk.img.part.%d", i), []byte("x"))
	}
	s3.inPages(size)
	store, from := s3.open(t), Location{Bucket: "bkt", Prefix: "p"}
	names, err := store.BundleObjects(t.Context(), BundleRequest{From: from, Name: "disk.img"})
	if err != nil || len(names) != parts+1 {
		t.Fatalf("got %d objects, %v, want %d", len(names), err, parts+1)
	}
	if err := store.RemoveObjects(t.Context(), from, names, nil); err != nil {
		t.Fatal(err)
	}
	if left := s3.keys("bkt"); !slices.Equal(left, []string{"p/disk.img.part.zip"}) {
		t.Errorf("left %d objects, want the one that is not the bundle's", len(left))
	}
}
