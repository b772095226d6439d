package upload

import (
	"context"
	"crypto/sha1"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"emikit/manifest"
)

// part is the part of the bundle x that has some content.
func part(index int, content []byte) manifest.Part {
	return manifest.Part{Index: index, Name: manifest.PartName("x", index), Digest: sha1.Sum(content)}
}

// putParts puts n parts, each as its own number.
func putParts(t *testing.T, q *Queue, n int) {
	t.Helper()
	for i := range n {
		body := make([]byte, 5000)
		body[0] = byte(i)
		if err := q.Put(t.Context(), part(i, body), body, func() { clear(body) }); err != nil {
			t.Fatal(err)
		}
	}
}

func openQueue(t *testing.T, store *Store, r QueueRequest) *Queue {
	t.Helper()
	q, err := store.OpenQueue(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// xTo is where the bundle x goes in these tests.
func xTo(progress func(Event)) QueueRequest {
	return QueueRequest{To: Location{Bucket: "bkt", Prefix: "p"}, Name: "x", ACL: DefaultACL, Progress: progress}
}

func TestQueue(t *testing.T) {
	for _, version := range []int{2, 4} {
		s3 := newFakeS3(t, "")
		store := s3.open(t, func(c *Config) { c.Jobs, c.SignatureVersion = 3, version })
		q := openQueue(t, store, xTo(nil))
		putParts(t, q, 20)
		if _, found := s3.object("bkt", "p/x.manifest.xml"); found {
			t.Error("there is a manifest before the last part was put")
		}
		path, err := q.Commit(t.Context(), []byte("m"))
		if want := "bkt/p/x.manifest.xml"; err != nil || path != want {
			t.Fatalf("got %q, %v, want %q", path, err, want)
		}
		q.Abort() // has nothing to do
		if keys := s3.keys("bkt"); len(keys) != 21 || s3.busiest > 3 {
			t.Errorf("%d objects, %d at once, want 21 and at most 3", len(keys), s3.busiest)
		}
		wantParts(t, store.Source(Location{Bucket: "bkt", Prefix: "p"}), 20)
	}
}

// wantParts reads what putParts has put.
func wantParts(t *testing.T, src *Source, n int) {
	t.Helper()
	for i := range n {
		r, err := src.Open(t.Context(), manifest.Part{Name: manifest.PartName("x", i)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || len(got) != 5000 || got[0] != byte(i) {
			t.Errorf("part %d: %d bytes that begin with %d, %v", i, len(got), got[0], err)
		}
	}
	if _, err := src.Open(t.Context(), manifest.Part{Name: "absent"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent part: got %v, want %v", err, fs.ErrNotExist)
	}
}

// TestQueueReplaces: an earlier bundle is whole until the first part comes, and in
// the end nothing of it is left. Another's parts stay.
func TestQueueReplaces(t *testing.T) {
	s3 := newFakeS3(t, "")
	fill := func() {
		s3.make("bkt")
		for _, name := range []string{"x.manifest.xml", "x.part.00", "x.part.1", "x.part.07", "x2.part.07", "x.part.zip"} {
			s3.replace("bkt", "p/"+name, []byte("earlier"))
		}
	}
	fill()
	var seen recorder
	q := openQueue(t, s3.open(t), xTo(seen.record))
	if keys := s3.keys("bkt"); len(keys) != 6 || seen.count(Replacing) != 0 {
		t.Errorf("before the first part: got %q, %v", keys, seen.events)
	}
	putParts(t, q, 2)
	if _, found := s3.object("bkt", "p/x.manifest.xml"); found {
		t.Error("after the first part: the manifest is there")
	}
	if _, err := q.Commit(t.Context(), []byte("m")); err != nil || seen.count(Replacing) != 1 {
		t.Fatalf("got %v, %v", err, seen.events)
	}
	want := []string{"p/x.manifest.xml", "p/x.part.00", "p/x.part.01", "p/x.part.zip", "p/x2.part.07"}
	if got := s3.keys("bkt"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	fill()
	q = openQueue(t, s3.open(t), xTo(nil))
	putParts(t, q, 1)
	q.Abort()
	if got, want := s3.keys("bkt"), []string{"p/x.part.zip", "p/x2.part.07"}; !slices.Equal(got, want) {
		t.Errorf("given up: got %q, want %q", got, want)
	}
}

// TestQueueKeepsEarlier: where the manifest of an earlier bundle could not be removed,
// the queue gives up before it has sent anything, and the earlier bundle stays.
func TestQueueKeepsEarlier(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	for _, name := range []string{"x.manifest.xml", "x.part.00"} {
		s3.replace("bkt", "p/"+name, []byte("earlier"))
	}
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "DELETE" {
			s3Error(w, 500, "InternalError", "")
		}
		return r.Method == "DELETE"
	}
	q := openQueue(t, s3.open(t), xTo(nil))
	if err := q.Put(t.Context(), part(0, []byte("x")), []byte("x"), func() {}); err == nil {
		t.Error("Put: got success, want the store's refusal")
	}
	s3.fault = nil
	q.Abort()
	if got := len(s3.keys("bkt")); got != 2 {
		t.Errorf("got %q, want the earlier bundle", s3.keys("bkt"))
	}
}

// TestQueueFailure: the error of a part reaches whoever puts the next ones, or
// commits, and nothing is left in the end: no object, and no bucket that was made.
func TestQueueFailure(t *testing.T) {
	for _, fails := range []string{"p/x.part.00", "p/x.part.04", "p/x.manifest.xml"} {
		s3 := newFakeS3(t, "")
		s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
			refuse := r.Method == "PUT" && strings.HasSuffix(r.URL.Path, fails)
			if refuse {
				s3Error(w, 403, "AccessDenied", "not this one")
			}
			return refuse
		}
		var seen recorder
		q := openQueue(t, s3.open(t), xTo(seen.record))
		err := error(nil)
		for i := 0; err == nil && i < 5; i++ {
			err = q.Put(t.Context(), part(i, []byte("x")), []byte("x"), func() {})
		}
		if err == nil {
			_, err = q.Commit(t.Context(), []byte("m"))
		}
		if want := "upload bkt/" + fails + ": AccessDenied: not this one"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		q.Abort()
		if _, there := s3.buckets["bkt"]; there || seen.count(LeftBehind) > 0 {
			t.Errorf("%s: the bucket is there with %q; %v", fails, s3.keys("bkt"), seen.events)
		}
	}
}

// TestQueueUncertainManifest: the manifest was stored, but the answer was lost and
// then the server. The parts stay with it, and that is said.
func TestQueueUncertainManifest(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	var lost atomic.Bool
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" && strings.HasSuffix(r.URL.Path, ".manifest.xml") {
			s3.replace("bkt", "p/x.manifest.xml", []byte("m"))
			lost.Store(true)
		}
		if lost.Load() {
			hijack(w)
		}
		return lost.Load()
	}
	var seen recorder
	q := openQueue(t, s3.open(t), xTo(seen.record))
	putParts(t, q, 3)
	if _, err := q.Commit(t.Context(), []byte("m")); err == nil {
		t.Error("it is complete, though nobody has said so")
	}
	q.Abort()
	last := seen.events[len(seen.events)-1]
	if last.Kind != LeftBehind || last.Name != "bkt/p/x.manifest.xml" || last.Err == nil {
		t.Errorf("got %v, want that the manifest is left behind", last)
	}
	if keys := s3.keys("bkt"); len(keys) != 4 {
		t.Errorf("got %q, want the bundle", keys)
	}
}

// TestQueueLeavesBehind: what cannot be removed is told, in one event.
func TestQueueLeavesBehind(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "DELETE" {
			s3Error(w, 403, "AccessDenied", "this key may store only")
		}
		return r.Method == "DELETE"
	}
	var seen recorder
	stored := make(chan struct{}, 3)
	q := openQueue(t, s3.open(t), xTo(func(e Event) {
		if seen.record(e); e.Kind == PartDone {
			stored <- struct{}{}
		}
	}))
	putParts(t, q, 3)
	for range 3 {
		<-stored
	}
	q.Abort()
	last := seen.events[len(seen.events)-1]
	if want := "bkt/p/x.part.00 and 2 more"; last.Kind != LeftBehind || last.Name != want || seen.count(LeftBehind) != 1 {
		t.Errorf("got %v, want one event about %q", last, want)
	}
	if want := "AccessDenied: this key may store only"; !strings.Contains(last.Err.Error(), want) {
		t.Errorf("got %v, want %q", last.Err, want)
	}
}

// TestQueueNoAnswer: the server takes requests and does not answer them. After some
// seconds that is told, and Abort returns.
func TestQueueNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen recorder
		var answered atomic.Int32
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			n := answered.Add(1)
			if n > 2 { // where the bucket is, and what is in it
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			body := io.NopCloser(strings.NewReader([]string{"", "<LocationConstraint/>", "<ListBucketResult/>"}[n]))
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r}, nil
		})
		store, err := Open(Config{Endpoint: "http://store", Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		q := openQueue(t, store, xTo(seen.record))
		putParts(t, q, 2)
		synctest.Wait()
		began := time.Now()
		q.Abort()
		if took := time.Since(began); took != abortWithin {
			t.Errorf("took %v, want %v", took, abortWithin)
		}
		last := seen.events[len(seen.events)-1]
		if last.Kind != LeftBehind || last.Name != "bkt/p/x.part.00 and 1 more" || last.Err.Error() != "no answer within 10s" {
			t.Errorf("got %v", last)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestQueueLatePart: a part that the server stores after its request was given up is
// removed, too.
func TestQueueLatePart(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("prefix") && len(s3.keys("bkt")) == 0 {
			s3.replace("bkt", "p/x.part.01", []byte("late"))
		}
		return false
	}
	q := openQueue(t, s3.open(t), xTo(nil))
	q.begun = true // what the listing gives is not of an earlier bundle
	putParts(t, q, 2)
	q.Abort()
	if keys := s3.keys("bkt"); len(keys) != 0 {
		t.Errorf("left %q", keys)
	}
}

func TestQueueCancelled(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	gone := errors.New("the user went away")
	for range 100 { // workers may notice the end of the parts first
		ctx, cancel := context.WithCancelCause(t.Context())
		q, err := s3.open(t).OpenQueue(ctx, xTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		q.begun = true
		cancel(gone)
		for range 10 {
			if err := q.Put(t.Context(), manifest.Part{}, nil, func() {}); err != nil {
				break
			}
		}
		if _, err := q.Commit(t.Context(), nil); !errors.Is(err, gone) {
			t.Fatalf("got %v, want %v", err, gone)
		}
		q.Abort()
	}
	if keys := s3.keys("bkt"); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}
