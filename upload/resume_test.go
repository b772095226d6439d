package upload

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/lockfile"
	"emikit/manifest"
	"emikit/upload/journal"
)

var errCut = errors.New("interrupted by the test")

// resumed is an upload of seven parts that is interrupted and made again.
type resumed struct {
	*fakeS3
	store   *Store
	request UploadRequest
	seen    recorder
}

// interrupted is such an upload after the interruption: four parts are stored, and
// the fifth is when nobody waits for the answer any more.
func interrupted(t *testing.T, change ...func(*fakeS3)) *resumed {
	t.Helper()
	r := &resumed{fakeS3: newFakeS3(t, "/services/Walrus")}
	r.make("bkt")
	for _, f := range change {
		f(r.fakeS3)
	}
	r.store = r.open(t, func(c *Config) { c.Jobs = 1 })
	r.request = UploadRequest{Manifest: writeBundle(t, 7), To: Location{Bucket: "bkt", Prefix: "p"}, ACL: DefaultACL, Progress: r.seen.record}
	r.cut(t, 4)
	if n := len(r.keys("bkt")); n != 5 {
		t.Fatalf("got %d parts, want 5", n)
	}
	r.requests, r.seen.events = nil, nil
	return r
}

// cut makes the upload, and interrupts it when a part is stored.
func (r *resumed) cut(t *testing.T, part int) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	r.stored = func(req *http.Request) {
		if strings.HasSuffix(req.URL.Path, manifest.PartName("disk.img", part)) {
			cancel(errCut)
			<-req.Context().Done() // nobody waits any more
		}
	}
	if _, err := r.store.UploadBundle(ctx, r.request); !errors.Is(err, errCut) {
		t.Fatalf("got %v, want %v", err, errCut)
	}
	r.fakeS3.mu.Lock() // the server is done with it
	defer r.fakeS3.mu.Unlock()
	r.stored = nil
}

// again makes the upload again and returns the objects that were sent, "acl" behind
// those whose ACL alone was.
func (r *resumed) again(t *testing.T) (sent []string) {
	t.Helper()
	if _, err := r.store.UploadBundle(t.Context(), r.request); err != nil {
		t.Fatal(err)
	}
	for _, request := range r.requests {
		if what, ok := strings.CutPrefix(request, "PUT /bkt/p/disk.img."); ok {
			sent = append(sent, strings.Replace(what, "?acl=", "?acl", 1))
		}
	}
	r.expectBundle(t)
	return sent
}

// expectBundle compares what is stored with what is on disk, where no journal is left.
func (r *resumed) expectBundle(t *testing.T) {
	t.Helper()
	for name, want := range files(t, filepath.Dir(r.request.Manifest)) {
		got, found := r.object("bkt", "p/"+name)
		if !found || string(got.body) != want || got.header.Get("X-Amz-Acl") != r.request.ACL {
			t.Errorf("%s: got %d bytes with the ACL %q, found: %t; want %d with %q",
				name, len(got.body), got.header.Get("X-Amz-Acl"), found, len(want), r.request.ACL)
		}
	}
}

// numbered names objects as a store does that encrypts them.
func numbered(s *fakeS3) { s.etag = func(n int) string { return fmt.Sprintf("object-%d", n) } }

func keepingSums(s *fakeS3) { s.keepsSums = true }

// alike names all objects alike.
func alike(s *fakeS3) { s.etag = func(int) string { return "object" } }

// withoutJournal takes it away.
func withoutJournal(t *testing.T, r *resumed) {
	t.Helper()
	hidden, err := filepath.Glob(filepath.Join(filepath.Dir(r.request.Manifest), ".disk.img.manifest.xml.upload-*"))
	if err != nil || len(hidden) != 1 {
		t.Fatalf("got the journals %q, %v, want one", hidden, err)
	}
	if err := os.Remove(hidden[0]); err != nil {
		t.Fatal(err)
	}
}

// TestResume: what is sent again depends on what the store says of what it has.
func TestResume(t *testing.T) {
	var (
		all  = []string{"part.00", "part.01", "part.02", "part.03", "part.04", "part.05", "part.06", "manifest.xml"}
		most = all[4:] // part 4 was stored, but nobody knows
		rest = all[5:]
	)
	for _, tt := range []struct {
		name  string
		store []func(*fakeS3)
		spoil func(t *testing.T, r *resumed)
		want  []string
	}{
		{"ETags", nil, nil, most},
		{"ETags that are no sums", []func(*fakeS3){numbered}, nil, most},
		{"ETags that tell nothing", []func(*fakeS3){alike}, nil, all},
		{"sums", []func(*fakeS3){numbered, keepingSums}, nil, append([]string{"part.04?acl"}, rest...)},
		{"no journal", []func(*fakeS3){keepingSums}, withoutJournal,
			append([]string{"part.00?acl", "part.01?acl", "part.02?acl", "part.03?acl", "part.04?acl"}, rest...)},
		{"no journal, no ACLs of objects", []func(*fakeS3){keepingSums, fixedACLs}, withoutJournal,
			append([]string{"part.00?acl", "part.01?acl", "part.02?acl", "part.03?acl", "part.04?acl"}, rest...)},
		{"no journal, ACLs of others", []func(*fakeS3){keepingSums, foreignACLs}, withoutJournal,
			append([]string{"part.00?acl", "part.01?acl", "part.02?acl", "part.03?acl", "part.04?acl"}, all...)},
		{"no journal, no sums", nil, withoutJournal, all},
		{"a part is gone", nil, func(_ *testing.T, r *resumed) { r.replace("bkt", "p/disk.img.part.01", nil) }, append([]string{"part.01"}, most...)},
		{"a part was cut", nil, func(_ *testing.T, r *resumed) { r.replace("bkt", "p/disk.img.part.01", []byte("x")) }, append([]string{"part.01"}, most...)},
		{"a part was replaced", []func(*fakeS3){numbered, keepingSums}, func(_ *testing.T, r *resumed) {
			r.replace("bkt", "p/disk.img.part.01", bytes.Repeat([]byte("x"), 3000))
		}, append([]string{"part.01"}, most...)}, // of which the store keeps no sum, and is not asked on
		{"another ACL", nil, func(_ *testing.T, r *resumed) { r.request.ACL = "public-read" },
			append([]string{"part.00?acl", "part.01?acl", "part.02?acl", "part.03?acl"}, most...)},
		{"the bucket may not be listed", []func(*fakeS3){unlisted}, nil, most},
		{"nothing may be looked at", []func(*fakeS3){unlisted, unread}, nil, all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := interrupted(t, tt.store...)
			if tt.spoil != nil {
				tt.spoil(t, r)
			}
			got, want := r.again(t), slices.Clone(tt.want)
			slices.Sort(got[:len(got)-1]) // the manifest is the last in any case
			slices.Sort(want[:len(want)-1])
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// unlisted refuses listings, unread all else that only looks.
func unlisted(s *fakeS3) {
	refuse(s, func(r *http.Request) bool { return r.Method == "GET" && r.URL.Query().Has("prefix") })
}

func unread(s *fakeS3) {
	refuse(s, func(r *http.Request) bool { return r.Method == "HEAD" })
}

// foreignACLs refuses to change an ACL, fixedACLs as one that has none to change.
func foreignACLs(s *fakeS3) { refuse(s, setsACL) }

func fixedACLs(s *fakeS3) { refuseWith(s, 501, "NotImplemented", setsACL) }

func setsACL(r *http.Request) bool { return r.Method == "PUT" && r.URL.Query().Has("acl") }

// refuse refuses some requests more.
func refuse(s *fakeS3, which func(*http.Request) bool) { refuseWith(s, 403, "AccessDenied", which) }

func refuseWith(s *fakeS3, status int, code string, which func(*http.Request) bool) {
	before := s.fault
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if which(r) {
			s3Error(w, status, code, "")
			return true
		}
		return before != nil && before(w, r)
	}
}

// TestResumeTells: how much is there is said before anything is sent, and when an
// upload ends early.
func TestResumeTells(t *testing.T) {
	r := interrupted(t)
	r.cut(t, 6)
	var told []Event
	for _, e := range r.seen.events {
		if e.Kind == Resuming || e.Kind == Begin || e.Kind == Unfinished {
			told = append(told, e)
		}
	}
	want := []Event{{Kind: Resuming, Name: "bkt/p", Size: 12000, Parts: 4, Of: 7}, {Kind: Begin, Name: "bkt", Size: 6000},
		{Kind: Unfinished, Name: "bkt/p", Parts: 6, Of: 7}}
	if !slices.Equal(told, want) {
		t.Errorf("got  %+v\nwant %+v", told, want)
	}
	if n := r.seen.count(PartPresent); n != 4 {
		t.Errorf("%d parts were told to be there, want 4", n)
	}
}

// TestResumeManifest: when only the manifest is missing, nothing else is sent, and a
// manifest that came meanwhile goes before it.
func TestResumeManifest(t *testing.T) {
	r := interrupted(t)
	r.fault = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasSuffix(req.URL.Path, ".manifest.xml") {
			return false
		}
		s3Error(w, 403, "AccessDenied", "")
		return true
	}
	if _, err := r.store.UploadBundle(t.Context(), r.request); err == nil || !strings.Contains(err.Error(), "manifest.xml: AccessDenied") {
		t.Fatalf("got %v, want a manifest that is refused", err)
	}
	r.fault, r.requests = nil, nil
	r.replace("bkt", "p/disk.img.manifest.xml", []byte("old"))
	if got, want := r.again(t), []string{"manifest.xml"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if !slices.Contains(r.requests, "DELETE /bkt/p/disk.img.manifest.xml") {
		t.Errorf("the old manifest was not removed first: %q", r.requests)
	}
}

// TestResumeOtherBundle: a part that has changed on disk is noticed, and a bundle that
// was made anew is sent whole.
func TestResumeOtherBundle(t *testing.T) {
	r := interrupted(t)
	dir := filepath.Dir(r.request.Manifest)
	rewrite(t, dir, "disk.img.part.01", strings.Repeat("x", 3000))
	if _, err := r.store.UploadBundle(t.Context(), r.request); !errors.Is(err, ErrPartDigest) {
		t.Errorf("a changed part: got %v, want %v", err, ErrPartDigest)
	}
	if len(r.requests) > 0 {
		t.Errorf("a changed part: the store was asked: %q", r.requests)
	}
	digest, err := manifest.ParseDigest(fmt.Sprintf("%x", sha1Of(strings.Repeat("x", 3000))))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse([]byte(files(t, dir)["disk.img.manifest.xml"]))
	if err != nil {
		t.Fatal(err)
	}
	m.Parts[1].Digest = digest
	document, err := manifest.Sign(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, dir, "disk.img.manifest.xml", string(document))
	if got := r.again(t); len(got) != 8 {
		t.Errorf("sent %q, want all", got)
	}
}

// TestResumeSkipping: what is left out and what is there go together.
func TestResumeSkipping(t *testing.T) {
	r := interrupted(t)
	r.request.FirstPart, r.request.SkipManifest = 2, true
	if _, err := r.store.UploadBundle(t.Context(), r.request); err != nil {
		t.Fatal(err)
	}
	r.requests, r.request.SkipManifest, r.request.FirstPart = nil, false, 6
	if got, want := r.again(t), []string{"part.06", "manifest.xml"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// TestUploadTwice: two runs do not send one bundle to one place at once, and may send
// it to two.
func TestUploadTwice(t *testing.T) {
	s3 := newFakeS3(t, "")
	store, path := s3.open(t), writeBundle(t, 2)
	var second, other error
	s3.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/bkt/") && strings.HasSuffix(r.URL.Path, ".part.00") {
			_, second = store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: Location{Bucket: "bkt"}})
			_, other = store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: Location{Bucket: "other"}})
		}
		return false
	}
	if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: Location{Bucket: "bkt"}}); err != nil || other != nil {
		t.Errorf("got %v, and for another bucket %v, want success", err, other)
	}
	var hint interface{ Hint() string }
	if want := "bkt/disk.img.manifest.xml: another run is writing it"; !errors.Is(second, lockfile.ErrLocked) || !errors.As(second, &hint) || second.Error() != want {
		t.Errorf("got %v, want %s, with a hint", second, want)
	}
}

// TestJournalInTheWay: an upload does not need a journal.
func TestJournalInTheWay(t *testing.T) {
	r := interrupted(t)
	withoutJournal(t, r)
	store := r.open(t)
	of := journal.Target{Endpoint: store.endpoint.String(), Bucket: "bkt", Prefix: "p"}
	if err := os.Mkdir(journal.Path(r.request.Manifest, of), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := store.UploadBundle(t.Context(), r.request); err != nil {
		t.Error(err)
	}
}

// TestChecksumRefused: a store that knows no checksums is sent none, and loses nothing
// else by it.
func TestChecksumRefused(t *testing.T) {
	for _, tt := range []struct {
		name         string
		code         string
		status       int
		noSum, noACL bool // what it refuses
	}{
		{"takes it", "", 0, false, false},
		{"does not know it", "InvalidArgument", 400, true, false},
		{"does not know it, otherwise", "InvalidRequest", 400, true, false},
		{"has not got it", "NotImplemented", 501, true, false},
		{"takes neither", "NotImplemented", 501, true, true},
		{"takes no ACL", "AccessControlListNotSupported", 400, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("X-Amz-Acl") != "" && tt.noACL || r.Header.Get(sha1Header) != "" && tt.noSum {
					s3Error(w, tt.status, tt.code, "")
					return true
				}
				return false
			}
			var seen recorder
			store := s3.open(t, func(c *Config) { c.Jobs = 1 })
			_, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 4), To: Location{Bucket: "bkt"}, ACL: DefaultACL, Progress: seen.record})
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range s3.keys("bkt") {
				o, _ := s3.object("bkt", key)
				sum := base64.StdEncoding.EncodeToString(sha1Of(string(o.body)))
				if got := o.header.Get(sha1Header); (got == "") != tt.noSum || got != "" && got != sum {
					t.Errorf("%s: got the checksum %q, refused: %t, want %s", key, got, tt.noSum, sum)
				}
				if got := o.header.Get("X-Amz-Acl"); (got == "") != tt.noACL {
					t.Errorf("%s: got the ACL %q, refused: %t", key, got, tt.noACL)
				}
			}
			if got := seen.count(ACLRefused) == 1; got != tt.noACL {
				t.Errorf("told of the ACL: %t, want %t", got, tt.noACL)
			}
			if puts := len(s3.requests) - 2; puts > 5+3 {
				t.Errorf("got %d requests for 5 objects: each refusal is met once", puts)
			}
		})
	}
}

func sha1Of(text string) []byte {
	sum := sha1.Sum([]byte(text))
	return sum[:]
}
