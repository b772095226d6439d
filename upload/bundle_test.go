package upload

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/manifest"
	"emikit/sign"
)

// writeBundle makes a bundle of n parts, the last of them empty, in a new
// directory, and returns the path of its manifest. It has no image in it: this
// package does not look.
func writeBundle(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	m := &manifest.Manifest{
		Arch: "x86_64", Name: "disk.img", User: "123456789012", Size: 1,
		CloudKey: []byte{1}, CloudIV: []byte{2}, UserKey: []byte{3}, UserIV: []byte{4},
	}
	for i := range n {
		body := bytes.Repeat([]byte{byte(i)}, 3000)
		if i == n-1 {
			body = nil
		}
		part := manifest.Part{Index: i, Name: manifest.PartName(m.Name, i), Digest: sha1.Sum(body)}
		m.Parts = append(m.Parts, part)
		m.BundledSize += int64(len(body))
		if err := os.WriteFile(filepath.Join(dir, part.Name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	document, err := manifest.Sign(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, manifest.FileName(m.Name))
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// files reads all of a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(body)
	}
	return all
}

// recorder collects events.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) record(e Event) {
	if !r.mu.TryLock() {
		panic("two events at once")
	}
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) count(kind EventKind) (n int) {
	for _, e := range r.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestRoundTrip(t *testing.T) {
	for _, tt := range []struct {
		name, path, to string
		version        int
	}{
		{"version 4", "", "bucket", 4},
		{"version 4, endpoint with a path", "/services/Walrus", "bucket/a prefix/b+c", 0},
		{"version 2", "", "Upper.Bucket/p", 2},
		{"version 2, endpoint with a path", "/services/Walrus", "win2k3_bucket/é", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, tt.path)
			store := s3.open(t, func(c *Config) { c.SignatureVersion = tt.version })
			to, err := ParseLocation(tt.to)
			if err != nil {
				t.Fatal(err)
			}
			path := writeBundle(t, 7)
			var seen recorder
			got, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to, ACL: DefaultACL, Progress: seen.record})
			if want := tt.to + "/disk.img.manifest.xml"; err != nil || got != want {
				t.Fatalf("upload: got %q, %v, want %q", got, err, want)
			}
			if seen.count(CreatingBucket) != 1 || seen.count(PartDone) != 7 || seen.events[len(seen.events)-1].Kind != ManifestDone {
				t.Errorf("events: %v", seen.events)
			}
			dir := t.TempDir()
			result, err := store.DownloadBundle(t.Context(), DownloadRequest{From: to, Dir: dir})
			if err != nil || !slices.Equal(result.Manifests, []string{filepath.Join(dir, "disk.img.manifest.xml")}) {
				t.Fatalf("download: got %v, %v", result, err)
			}
			if got, want := files(t, dir), files(t, filepath.Dir(path)); !maps.Equal(got, want) {
				t.Errorf("the bundle that came back differs: got %d files, want %d", len(got), len(want))
			}
		})
	}
}

// TestUploadHeaders compares the requests with those of euca2ools 3.4.1: parts
// first, the manifest last, the canned ACL on each, and what protects the body.
func TestUploadHeaders(t *testing.T) {
	s3 := newFakeS3(t, "/services/Walrus")
	store := s3.open(t, func(c *Config) { c.Jobs = 1 })
	_, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 2), To: Location{Bucket: "bkt", Prefix: "p"}, ACL: DefaultACL})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"GET /bkt?location", "PUT /bkt", "PUT /bkt/p/disk.img.part.00", "PUT /bkt/p/disk.img.part.01", "PUT /bkt/p/disk.img.manifest.xml"}
	if got := s3.requests; !slices.Equal(got, want) {
		t.Errorf("requests:\ngot  %q\nwant %q", got, want)
	}
	for _, key := range s3.keys("bkt") {
		o, _ := s3.object("bkt", key)
		if got := o.header.Get("X-Amz-Acl"); got != "aws-exec-read" {
			t.Errorf("%s: ACL %q", key, got)
		}
		if got := o.header.Get("X-Amz-Content-Sha256"); got != sign.HashPayload(o.body) {
			t.Errorf("%s: payload hash %q", key, got)
		}
		if got := o.header.Get("User-Agent"); got != "emikit" {
			t.Errorf("%s: user agent %q", key, got)
		}
	}
}

func TestUploadOptions(t *testing.T) {
	s3 := newFakeS3(t, "")
	path := writeBundle(t, 5)
	dir := t.TempDir()
	moved := filepath.Join(dir, filepath.Base(path))
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(filepath.Dir(path), "disk.img.part.01")) // before the first to be sent
	var seen recorder
	_, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{
		Manifest: moved, Dir: filepath.Dir(path), To: Location{Bucket: "bkt"}, FirstPart: 3, SkipManifest: true, Progress: seen.record,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s3.keys("bkt"), []string{"disk.img.part.03", "disk.img.part.04"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if n := seen.count(PartSkipped); n != 3 {
		t.Errorf("%d parts were reported as skipped, want 3", n)
	}
	if o, _ := s3.object("bkt", "disk.img.part.03"); o.header.Get("X-Amz-Acl") != "" {
		t.Errorf("an ACL was sent: %v", o.header)
	}
}

// TestUploadSkipped holds that a manifest is only sent when the parts that are
// left out are there already.
func TestUploadSkipped(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(s3 *fakeS3, dir string)
		first int
		is    error
		text  string
	}{
		{"there", func(*fakeS3, string) {}, 2, nil, ""},
		{"there, not on disk", func(_ *fakeS3, dir string) { os.Remove(filepath.Join(dir, "disk.img.part.01")) }, 2, nil, ""},
		{"missing", func(s3 *fakeS3, _ string) { s3.replace("bkt", "p/disk.img.part.01", nil) }, 2, ErrNotThere,
			"bkt/p/disk.img.part.01: part is left out and is not in the bucket"},
		{"of another length", func(s3 *fakeS3, _ string) { s3.replace("bkt", "p/disk.img.part.01", []byte("x")) }, 2, ErrNotThere,
			"bkt/p/disk.img.part.01: part is left out and is not in the bucket as it should be: it has 1 bytes there, "},
		{"of another length, not on disk", func(s3 *fakeS3, dir string) {
			os.Remove(filepath.Join(dir, "disk.img.part.01"))
			s3.replace("bkt", "p/disk.img.part.01", []byte("x"))
		}, 2, ErrBundledSize, "disk.img: parts do not add up to the bundled size: with those in bkt/p they hold "},
		{"no bucket", func(s3 *fakeS3, _ string) { delete(s3.buckets, "bkt") }, 2, nil, "list bkt: NoSuchBucket"},
		{"no such part", func(*fakeS3, string) {}, 5, ErrFirstPart, "part 5: no such part to begin with: there are 5, counted from 0"},
		{"negative", func(*fakeS3, string) {}, -1, ErrFirstPart, "part -1: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			path := writeBundle(t, 5)
			to := Location{Bucket: "bkt", Prefix: "p"}
			_, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to})
			if err != nil {
				t.Fatal(err)
			}
			s3.replace("bkt", "p/disk.img.manifest.xml", nil)
			tt.spoil(s3, filepath.Dir(path))
			_, err = s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to, FirstPart: tt.first})
			_, sent := s3.object("bkt", "p/disk.img.manifest.xml")
			if tt.text == "" {
				if err != nil || !sent {
					t.Errorf("got %v, manifest sent: %t, want success", err, sent)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.text) || tt.is != nil && !errors.Is(err, tt.is) || sent {
				t.Errorf("got %v, manifest sent: %t, want %q and no manifest", err, sent, tt.text)
			}
		})
	}
}

func TestUploadRefusesBadBundles(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		is    error
		text  string
	}{
		{"missing part", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "disk.img.part.02")) }, ErrMissingPart, "no such part: '%s/disk.img.part.02'"},
		{"altered part", func(t *testing.T, dir string) { rewrite(t, dir, "disk.img.part.01", "other") }, ErrPartDigest, "%s/disk.img.part.01: part does not match its digest"},
		{"part is a pipe", func(t *testing.T, dir string) { pipe(t, dir, "disk.img.part.01") }, nil, "part %s/disk.img.part.01: not a regular file"},
		{"no manifest", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "disk.img.manifest.xml")) }, fs.ErrNotExist, "%s/disk.img.manifest.xml: no such file"},
		{"not a manifest", func(t *testing.T, dir string) { rewrite(t, dir, "disk.img.manifest.xml", "<html/>") }, nil, "manifest %s/disk.img.manifest.xml:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			path := writeBundle(t, 4)
			dir := filepath.Dir(path)
			tt.spoil(t, dir)
			_, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: path, To: Location{Bucket: "bkt"}})
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v", err, tt.is)
			}
			if want := fmt.Sprintf(tt.text, dir); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to say %q", err, want)
			}
			if len(s3.requests) > 0 {
				t.Errorf("the store was asked: %q", s3.requests)
			}
		})
	}
}

func rewrite(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A failed part leaves the manifest unsent.
func TestUploadFailsWithoutManifest(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, ".part.02") {
			s3Error(w, 403, "AccessDenied", "not this one")
			return true
		}
		return false
	}
	_, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 5), To: Location{Bucket: "bkt"}})
	want := "upload bkt/disk.img.part.02: AccessDenied: not this one"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, found := s3.object("bkt", "disk.img.manifest.xml"); found {
		t.Error("the manifest was sent")
	}
}

func TestTransientFailures(t *testing.T) {
	s3 := newFakeS3(t, "")
	var mu sync.Mutex
	failed := map[string]int{}
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if failed[r.Method+r.URL.Path]++; failed[r.Method+r.URL.Path] > 1 {
			return false
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "0"):
			s3Error(w, 503, "SlowDown", "")
		case r.Method == "GET" && strings.HasSuffix(r.URL.Path, "1"):
			w.Header().Set("Content-Length", "3000")
			w.Write(make([]byte, 1000))
		default:
			hijack(w)
		}
		return true
	}
	store := s3.open(t)
	path := writeBundle(t, 4)
	var seen recorder
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: Location{Bucket: "bkt"}, Progress: seen.record}); err != nil {
		t.Fatal(err)
	}
	for _, e := range seen.events {
		if e.Kind == Retrying && (e.Wait <= 0 || e.Wait > 2*time.Microsecond) {
			t.Errorf("%s may go on for %v, want what two waits of a microsecond take at most", e.Name, e.Wait)
		}
	}
	if seen.count(Retrying) < 6 {
		t.Errorf("events: %v", seen.events)
	}
	dir := t.TempDir()
	if _, err := store.DownloadBundle(t.Context(), DownloadRequest{From: Location{Bucket: "bkt"}, ManifestName: "disk.img.manifest.xml", Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(files(t, dir), files(t, filepath.Dir(path))) {
		t.Error("the bundle that came back differs")
	}
}

func hijack(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestDownloadRefusesBadBundles(t *testing.T) {
	const key = "p/disk.img.part.01"
	for _, tt := range []struct {
		name  string
		spoil func(s3 *fakeS3)
		is    error
		text  string
	}{
		{"missing part", func(s3 *fakeS3) { s3.replace("bkt", key, nil) }, fs.ErrNotExist, "download bkt/p/disk.img.part.01: NoSuchKey"},
		{"altered part", func(s3 *fakeS3) { s3.replace("bkt", key, []byte("x")) }, ErrPartDigest, "download bkt/p/disk.img.part.01: part does not match"},
		{"endless part", func(s3 *fakeS3) { s3.replace("bkt", key, make([]byte, 1<<20)) }, nil, "parts do not add up to the bundled size: together they go on past 9000 bytes"},
		{"truncated part", func(s3 *fakeS3) {
			s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, key) {
					w.Header().Set("Content-Length", "3000")
					w.Write(make([]byte, 1000))
					return true
				}
				return false
			}
		}, ErrTruncated, "download bkt/p/disk.img.part.01: ended before it was complete: 1000 of 3000 bytes"},
		{"no manifest", func(s3 *fakeS3) { s3.replace("bkt", "p/disk.img.manifest.xml", nil) }, ErrNoManifest, "manifest 'bkt/p/disk.img.manifest.xml' does not exist on the server"},
		{"not a manifest", func(s3 *fakeS3) { s3.replace("bkt", "p/disk.img.manifest.xml", []byte("hello")) }, nil, "manifest bkt/p/disk.img.manifest.xml: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			store := s3.open(t)
			from := Location{Bucket: "bkt", Prefix: "p"}
			if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 4), To: from}); err != nil {
				t.Fatal(err)
			}
			tt.spoil(s3)
			dir := t.TempDir()
			_, err := store.DownloadBundle(t.Context(), DownloadRequest{From: from, ManifestName: "disk.img.manifest.xml", Dir: dir})
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v", err, tt.is)
			}
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want it to say %q", err, tt.text)
			}
			if left := files(t, dir); len(left) > 0 {
				t.Errorf("left behind: %v", slices.Collect(maps.Keys(left)))
			}
		})
	}
}

func TestDownloadNames(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	store := s3.open(t)
	for _, name := range []string{"../x.manifest.xml", "a/b", ".."} {
		if _, err := store.DownloadBundle(t.Context(), DownloadRequest{From: Location{Bucket: "bkt"}, ManifestName: name, Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "not a plain name") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := store.DownloadBundle(t.Context(), DownloadRequest{From: Location{Bucket: "bkt"}, Dir: t.TempDir()}); !errors.Is(err, ErrNoManifest) {
		t.Errorf("empty bucket: got %v", err)
	}
}
