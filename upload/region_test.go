package upload

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// inRegion makes the server one of a region: it refuses signatures for others as
// AWS does, in the words of named.
func (s *fakeS3) inRegion(region, named string) {
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.Header.Get("Authorization"), "/"+region+"/s3/") {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong</Message><Region>%s</Region></Error>", named)
		return true
	}
}

// TestAdoptsRegion: whoever is told the store's region signs for it, whichever
// request comes first.
func TestAdoptsRegion(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.inRegion("lab-1", "lab-1")
	to := Location{Bucket: "bkt"}
	if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 5), To: to}); err != nil {
		t.Fatal(err)
	}
	if got := len(s3.keys("bkt")); got != 6 {
		t.Errorf("got %d objects, want 6", got)
	}
	if _, err := s3.open(t).DownloadBundle(t.Context(), DownloadRequest{From: to, Dir: t.TempDir()}); err != nil {
		t.Error(err)
	}
	queue, err := s3.open(t).OpenQueue(t.Context(), QueueRequest{To: to, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	putParts(t, queue, 8)
	if _, err := queue.Commit(t.Context(), []byte("m")); err != nil {
		t.Error(err)
	}
}

// TestWrongRegions: a store that names no usable region, or refuses the one that it
// named, is asked no further.
func TestWrongRegions(t *testing.T) {
	for named, want := range map[string]string{
		"":                        "check the region",
		"us-east-1":               "is in region us-east-1",
		"a/b":                     "check the region",
		"x, Signature=0":          "check the region",
		strings.Repeat("x", 1000): "check the region",
		"lab-2":                   "is in region lab-2",
	} {
		s3 := newFakeS3(t, "")
		s3.inRegion("lab-1", named)
		_, err := s3.open(t).EnsureBucket(t.Context(), "bkt", "")
		refusal, ok := errors.AsType[*Error](err)
		if !ok || refusal.Code != "AuthorizationHeaderMalformed" || !strings.Contains(refusal.Hint(), want) {
			t.Errorf("%.20q: got %v, want a refusal with the hint %q", named, err, want)
		}
		if got := len(s3.requests); got > 2 {
			t.Errorf("%.20q: got %d requests, want two at most", named, got)
		}
	}
}

// TestRedirect: AWS says in a header where a bucket is that was looked for elsewhere.
func TestRedirect(t *testing.T) {
	s3 := newFakeS3(t, "")
	s3.make("bkt")
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("x-amz-bucket-region", "eu-west-3")
		s3Error(w, http.StatusMovedPermanently, "PermanentRedirect", "use the endpoint")
		return true
	}
	store := s3.open(t)
	_, looked := store.EnsureBucket(t.Context(), "bkt", "")
	sent := store.Put(t.Context(), Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 4, "")
	_, _, fetched := store.Get(t.Context(), Location{Bucket: "bkt"}, "x")
	for what, err := range map[string]error{"look up": looked, "send": sent, "fetch": fetched} {
		refusal, ok := errors.AsType[*Error](err)
		if !ok || refusal.Code != "PermanentRedirect" || !strings.Contains(refusal.Hint(), "AWS_DEFAULT_REGION=eu-west-3") {
			t.Errorf("%s: got %v, want a refusal with a hint at the region", what, err)
		}
	}
}

// TestVersion2Unknown: services that take no signatures of version 2 say so in these
// two ways.
func TestVersion2Unknown(t *testing.T) {
	for code, message := range map[string]string{
		"InvalidRequest": "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
		"AccessDenied":   "AWS authentication requires a valid Date or x-amz-date header.",
	} {
		err := &Error{Op: "upload", Object: "bkt/x", Code: code, Message: message, Status: 400}
		if got := err.Hint(); !strings.Contains(got, "--sigv 4") {
			t.Errorf("%s: got hint %q, want --sigv 4", code, got)
		}
	}
}
