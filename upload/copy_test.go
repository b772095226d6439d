package upload

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"emikit/manifest"
)

// copies are ways in which a store deals with a request to copy an object. nil takes
// it for an upload of nothing, as a store does that knows no copies.
var copies = map[string]func(s3 *fakeS3, w http.ResponseWriter, r *http.Request){
	"knows no copies": nil,
	"says the sum": func(s3 *fakeS3, w http.ResponseWriter, r *http.Request) {
		sum := sha1.Sum(s3.copy(r, nil))
		fmt.Fprintf(w, "<CopyObjectResult><ChecksumSHA1>%s</ChecksumSHA1></CopyObjectResult>", base64.StdEncoding.EncodeToString(sum[:]))
	},
	"does not say the sum": func(s3 *fakeS3, w http.ResponseWriter, r *http.Request) {
		s3.copy(r, nil)
		fmt.Fprint(w, "<CopyObjectResult/>")
	},
	"does not say that it is wrong": func(s3 *fakeS3, w http.ResponseWriter, r *http.Request) {
		s3.copy(r, []byte("another"))
		fmt.Fprint(w, "<CopyObjectResult/>")
	},
	"says that it is wrong": func(s3 *fakeS3, w http.ResponseWriter, r *http.Request) {
		sum := sha1.Sum(s3.copy(r, []byte("another")))
		fmt.Fprintf(w, "<CopyObjectResult><ChecksumSHA1>%s</ChecksumSHA1></CopyObjectResult>", base64.StdEncoding.EncodeToString(sum[:]))
	},
	"refuses": func(_ *fakeS3, w http.ResponseWriter, _ *http.Request) { s3Error(w, 403, "AccessDenied", "no") },
	"fails in the middle": func(_ *fakeS3, w http.ResponseWriter, _ *http.Request) {
		s3Error(w, 200, "NotNow", "we encountered an error")
	},
	"takes no ACL": func(s3 *fakeS3, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Acl") != "" {
			s3Error(w, 400, "AccessControlListNotSupported", "no")
			return
		}
		s3.copy(r, nil)
		fmt.Fprint(w, "<CopyObjectResult/>")
	},
}

// copy copies an object as a request says, unless it is replaced by another, and
// returns what it has become.
func (s *fakeS3) copy(r *http.Request, instead []byte) []byte {
	source, _ := url.PathUnescape(r.Header.Get("X-Amz-Copy-Source"))
	bucket, key, _ := strings.Cut(strings.TrimPrefix(source, "/"), "/")
	o, _ := s.object(bucket, key)
	if instead != nil {
		o.body = instead
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, s.path), "/"), "/")
	s.replace(bucket, key, append([]byte{}, o.body...))
	return o.body
}

// copying makes a store deal with copies in one of the ways.
func (s *fakeS3) copying(way string) {
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		is := copies[way] != nil && r.Header.Get("X-Amz-Copy-Source") != ""
		if is {
			copies[way](s, w, r)
		}
		return is
	}
}

// copyRequest asks for the bundle of three parts in src/a b of source to be copied to
// dst/c.
func copyRequest(t *testing.T, source *fakeS3) CopyRequest {
	t.Helper()
	path := writeBundle(t, 3)
	store, from := source.open(t), Location{Bucket: "src", Prefix: "a b"}
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: from}); err != nil {
		t.Fatal(err)
	}
	source.requests = nil
	m, document, err := store.ManifestDocument(t.Context(), from, "disk.img.manifest.xml", nil, nil)
	if original, _ := os.ReadFile(path); err != nil || string(document) != string(original) {
		t.Fatalf("got a document of %d bytes, %v, want %d", len(document), err, len(original))
	}
	return CopyRequest{
		Source: store, From: from, Name: "disk.img.manifest.xml", Manifest: m, Document: append(document, '\n'),
		To: Location{Bucket: "dst", Prefix: "c"}, ACL: "aws-exec-read",
	}
}

var partKeys = []string{"c/disk.img.part.00", "c/disk.img.part.01", "c/disk.img.part.02"}

// expectCopy compares a copy with its original.
func expectCopy(t *testing.T, source, to *fakeS3, r CopyRequest) {
	t.Helper()
	if got, want := to.keys("dst"), append([]string{"c/disk.img.manifest.xml"}, partKeys...); !slices.Equal(got, want) {
		t.Fatalf("got the objects %q, want %q", got, want)
	}
	if o, _ := to.object("dst", "c/disk.img.manifest.xml"); string(o.body) != string(r.Document) {
		t.Errorf("got another manifest")
	}
	for _, key := range partKeys {
		got, _ := to.object("dst", key)
		want, _ := source.object("src", strings.Replace(key, "c/", "a b/", 1))
		if string(got.body) != string(want.body) {
			t.Errorf("%s: got %d bytes, want %d others", key, len(got.body), len(want.body))
		}
	}
}

// TestCopyBundle: whatever a store makes of a request to copy, the copy is right, and
// the manifest comes last.
func TestCopyBundle(t *testing.T) {
	for way, byStore := range map[string]int{
		"knows no copies": 0, "refuses": 0, "fails in the middle": 0,
		"says the sum": 3, "does not say the sum": 3, "takes no ACL": 3,
	} {
		t.Run(way, func(t *testing.T) {
			s3 := newFakeS3(t, "/services/Walrus")
			s3.make("src")
			r := copyRequest(t, s3)
			s3.copying(way)
			result, err := r.Source.CopyBundle(t.Context(), r)
			if err != nil || result.Path != "dst/c/disk.img.manifest.xml" || result.ByStore != byStore {
				t.Fatalf("got %+v, %v, want %d parts copied by the store", result, err, byStore)
			}
			expectCopy(t, s3, s3, r)
			last := slices.IndexFunc(s3.requests, func(request string) bool {
				return strings.HasPrefix(request, "PUT") && strings.HasSuffix(request, "disk.img.manifest.xml")
			})
			if last != len(s3.requests)-1 {
				t.Errorf("the manifest is not last: %q", s3.requests)
			}
		})
	}
}

// TestCopyBundleElsewhere: between two stores, over an earlier bundle, whose manifest
// goes before the first part comes and whose stale part goes, too.
func TestCopyBundleElsewhere(t *testing.T) {
	source, to := newFakeS3(t, ""), newFakeS3(t, "")
	r := copyRequest(t, source)
	to.make("dst")
	for _, key := range []string{"c/disk.img.manifest.xml", "c/disk.img.part.7", "c/disk.img.part.00"} {
		to.replace("dst", key, []byte("earlier"))
	}
	var seen recorder
	r.Progress = seen.record
	result, err := to.open(t, func(c *Config) { c.Jobs = 1 }).CopyBundle(t.Context(), r)
	if err != nil || result.ByStore != 0 {
		t.Fatalf("got %+v, %v", result, err)
	}
	expectCopy(t, source, to, r)
	removed := slices.Index(to.requests, "DELETE /dst/c/disk.img.manifest.xml")
	sent := slices.IndexFunc(to.requests, func(request string) bool { return strings.HasPrefix(request, "PUT") })
	if removed < 0 || sent < removed {
		t.Errorf("the earlier manifest does not go first: %q", to.requests)
	}
	if seen.count(Replacing) != 1 || seen.count(PartDone) != 3 || seen.count(ManifestDone) != 1 {
		t.Errorf("events: %v", seen.events)
	}
}

// TestCopyBundleFails: nothing is left in a bucket that was not there, and of an earlier
// bundle what there was, if the copy cannot be made, or nothing that could be read.
func TestCopyBundleFails(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(source, to *fakeS3, r *CopyRequest)
		want  string
		begun bool // something was changed
	}{
		{"a part is missing", func(source, _ *fakeS3, _ *CopyRequest) { source.replace("src", "a b/disk.img.part.01", nil) },
			"src/a b/disk.img.part.01: no such part, nothing was copied", false},
		{"a part is short", func(source, _ *fakeS3, _ *CopyRequest) { source.replace("src", "a b/disk.img.part.01", []byte("x")) },
			"copy src/a b/disk.img.manifest.xml: parts do not add up to the bundled size: they hold 3001 bytes, the manifest says 6000", false},
		{"a part was changed", func(source, _ *fakeS3, _ *CopyRequest) {
			source.replace("src", "a b/disk.img.part.01", make([]byte, 3000))
		}, "copy src/a b/disk.img.part.01: part does not match its digest (expected SHA-1: ", true},
		{"parts of other names", func(_, _ *fakeS3, r *CopyRequest) { r.Manifest.Parts[1].Name = "payroll.db" },
			`manifest disk.img.manifest.xml: part "payroll.db": not named as a part of this bundle, nothing was copied`, false},
		{"one place", func(_, _ *fakeS3, r *CopyRequest) { r.To = r.From },
			"copy src/a b/disk.img.manifest.xml: source and destination are the same", false},
		{"no permission for the bucket", func(_, to *fakeS3, _ *CopyRequest) { to.refuseAll("PUT") }, "create bucket dst: AccessDenied: no", false},
		{"no permission for parts", func(_, to *fakeS3, _ *CopyRequest) { to.refuseObjects("part.02") }, "upload dst/c/disk.img.part.02: AccessDenied: no", true},
		{"no permission for the manifest", func(_, to *fakeS3, _ *CopyRequest) { to.refuseObjects("manifest.xml") },
			"upload dst/c/disk.img.manifest.xml: AccessDenied: no", true},
	} {
		for _, same := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, in one store: %t", tt.name, same), func(t *testing.T) {
				source := newFakeS3(t, "")
				to := source
				if !same {
					to = newFakeS3(t, "")
				}
				r := copyRequest(t, source)
				if tt.name == "one place" && !same {
					to.Server = httptest.NewServer(source) // another address of it
					t.Cleanup(to.Close)
				}
				tt.spoil(source, to, &r)
				there := source.keys("src")
				_, err := to.open(t).CopyBundle(t.Context(), r)
				if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
				if left := to.keys("dst"); len(left) > 0 || to.buckets["dst"] != nil {
					t.Errorf("left %q", left)
				}
				if got := source.keys("src"); !slices.Equal(got, there) {
					t.Errorf("the source has become %q", got)
				}
				if changed := to.changed(); changed != tt.begun && tt.name != "no permission for the bucket" {
					t.Errorf("changed something: got %t, want %t: %q", changed, tt.begun, to.requests)
				}
			})
		}
	}
}

// refuseAll refuses requests of a kind.
func (s *fakeS3) refuseAll(method string) {
	s.refuseIf(func(r *http.Request) bool { return r.Method == method })
}

// refuseObjects refuses to store objects.
func (s *fakeS3) refuseObjects(suffix string) {
	s.refuseIf(func(r *http.Request) bool { return r.Method == "PUT" && strings.HasSuffix(r.URL.Path, suffix) })
}

func (s *fakeS3) refuseIf(is func(*http.Request) bool) {
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if is(r) {
			s3Error(w, 403, "AccessDenied", "no")
		}
		return is(r)
	}
}

// changed says whether anything was asked that changes the store.
func (s *fakeS3) changed() bool {
	return slices.ContainsFunc(s.requests, func(request string) bool {
		return !strings.HasPrefix(request, "GET") && !strings.HasPrefix(request, "HEAD")
	})
}

// TestCopyBundleWrong: a copy that the store has made and that is not right is removed.
func TestCopyBundleWrong(t *testing.T) {
	for _, way := range []string{"does not say that it is wrong", "says that it is wrong"} {
		s3 := newFakeS3(t, "")
		r := copyRequest(t, s3)
		s3.copying(way)
		if _, err := r.Source.CopyBundle(t.Context(), r); !errors.Is(err, ErrPartDigest) {
			t.Errorf("%s: got %v, want ErrPartDigest", way, err)
		}
		if left := s3.keys("dst"); len(left) > 0 {
			t.Errorf("%s: left %q", way, left)
		}
	}
}

// TestCopyBundleCanceled: what was copied goes, although the context has ended.
func TestCopyBundleCanceled(t *testing.T) {
	source, to := newFakeS3(t, ""), newFakeS3(t, "")
	r := copyRequest(t, source)
	to.make("dst")
	to.replace("dst", "c/disk.img.manifest.xml", []byte("earlier"))
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the user has gone")
	r.Progress = func(e Event) {
		if e.Kind == PartDone {
			cancel(reason)
		}
	}
	if _, err := to.open(t, func(c *Config) { c.Jobs = 1 }).CopyBundle(ctx, r); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if left := to.keys("dst"); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}

// TestCopyTooLong: a part that cannot be held is refused with advice.
func TestCopyTooLong(t *testing.T) {
	c := &copier{request: CopyRequest{From: Location{Bucket: "src"}}}
	err := c.carry(t.Context(), manifest.Part{Name: "disk.img.part.00"}, maxCopied+1)
	if tooLong, ok := errors.AsType[*tooLongError](err); !ok || tooLong.Hint() == "" || !errors.Is(err, errTooLong) {
		t.Errorf("got %v, want a tooLongError", err)
	}
}

func TestRegionOf(t *testing.T) {
	for location, want := range map[string]string{"": "us-east-1", "US": "us-east-1", "EU": "eu-west-1", "us-west-1": "us-west-1"} {
		if got := RegionOf(location); got != want {
			t.Errorf("%q: got %q, want %q", location, got, want)
		}
	}
}
