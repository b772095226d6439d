package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"emikit/doctor"
	"emikit/upload"
)

// open serves the store, and returns a request for a bucket in it.
func (s *store) open(t *testing.T, bucket string, write bool) doctor.Request {
	t.Helper()
	s.t = t
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	r := request(t, environment(t, server.URL, ""), doctor.S3)
	r.Bucket = upload.Location{Bucket: bucket, Prefix: "a/b"}
	r.Write = write
	return r
}

type answers = map[string]http.HandlerFunc

func TestBucket(t *testing.T) {
	denied := refuse(403, "AccessDenied", "")
	located := answer(200, "<LocationConstraint>eu-west-1</LocationConstraint>")
	for name, tt := range map[string]struct {
		bucket  string
		answers answers
		want    []want
	}{
		"all is well": {"mine", nil, []want{
			{"bucket", doctor.OK, "mine is yours", ""}, {"bucket region", doctor.OK, "us-east-1", ""},
			{"bucket ACL", doctor.OK, "nothing forbids aws-exec-read", ""}, {"bucket listing", doctor.OK, "mine/a/b", ""},
			{"bucket writing", doctor.OK, "stored with the ACL aws-exec-read, read and removed", ""},
		}},
		"none yet": {"new", answers{"GET location": refuse(404, "NoSuchBucket", "")}, []want{
			{"bucket", doctor.Warning, "uploading makes it", "check the name"}, {"bucket listing", doctor.NotChecked, "no such bucket", ""},
			{"bucket writing", doctor.NotChecked, "no such bucket", ""},
		}},
		"another's": {"theirs", answers{"GET location": denied}, []want{
			{"bucket", doctor.Failed, "theirs is another account's", "choose another name"}, {"bucket writing", doctor.NotChecked, "it needs: bucket", ""},
		}},
		"another's, open":            {"theirs", nil, []want{{"bucket", doctor.Warning, "another account's, which lets you", "the cloud may read"}, {"bucket listing", doctor.OK, "", ""}}},
		"nobody says whose":          {"some", answers{"GET service": denied}, []want{{"bucket", doctor.OK, "whose it is is not told", ""}}},
		"a key that may only write":  {"some", answers{"GET service": denied, "GET location": denied}, []want{{"bucket", doctor.Warning, "may not be looked at: AccessDenied", "--write"}, {"bucket writing", doctor.OK, "", ""}}},
		"one's own, not looked into": {"mine", answers{"GET location": denied}, []want{{"bucket", doctor.Warning, "may not be looked at", "--write"}}},
		"at another endpoint":        {"mine", answers{"GET location": refuse(301, "PermanentRedirect", "<Region>eu-west-1</Region>")}, []want{{"bucket", doctor.Failed, "PermanentRedirect", "region eu-west-1"}}},
		"not the bucket's name":      {"mine", answers{"GET location": refuse(400, "InvalidBucketName", "")}, []want{{"bucket", doctor.Failed, "InvalidBucketName", "lower-case"}}},
		"elsewhere":                  {"mine", answers{"GET location": located}, []want{{"bucket region", doctor.Warning, "in eu-west-1, requests are signed for us-east-1", "--location"}}},
		"no ACLs": {"mine", answers{"GET ownership": answer(200, "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>")},
			[]want{{"bucket ACL", doctor.Warning, "have no ACLs", "policy"}}},
		"ACLs":                    {"mine", answers{"GET ownership": answer(200, "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>")}, []want{{"bucket ACL", doctor.OK, "nothing forbids", ""}}},
		"ACLs, not told":          {"mine", answers{"GET ownership": denied}, []want{{"bucket ACL", doctor.NotChecked, "not told to this key", ""}}},
		"ACLs, not known":         {"mine", answers{"GET ownership": refuse(501, "NotImplemented", "")}, []want{{"bucket ACL", doctor.OK, "nothing forbids", ""}}},
		"not listed":              {"mine", answers{"GET list": denied}, []want{{"bucket listing", doctor.Failed, "AccessDenied", "s3:ListBucket"}, {"bucket writing", doctor.OK, "", ""}}},
		"not written":             {"mine", answers{"PUT object": denied}, []want{{"bucket writing", doctor.Failed, "upload mine/a/b/.emikit-doctor-", "s3:PutObject"}}},
		"not read":                {"mine", answers{"GET object": denied}, []want{{"bucket writing", doctor.Failed, "download mine/a/b/.emikit-doctor-", "s3:GetObject"}}},
		"something else is read":  {"mine", answers{"GET object": answer(200, "what")}, []want{{"bucket writing", doctor.Failed, "not what was stored", ""}}},
		"not removed":             {"mine", answers{"DELETE object": denied}, []want{{"bucket writing", doctor.Failed, "stored, but not removed", "remove mine/a/b/.emikit-doctor-"}}},
		"written without the ACL": {"mine", answers{"PUT object": nil}, []want{{"bucket writing", doctor.Warning, "only without the ACL aws-exec-read", "policy"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &store{answers: tt.answers}
			found := examine(t, s.open(t, tt.bucket, true))
			for _, w := range tt.want {
				w.in(t, found)
			}
			if s.name != "" && name != "not removed" {
				t.Errorf("%s is left in the store", s.name)
			}
		})
	}
}

// Unless it is allowed to, it changes nothing.
func TestReadsOnly(t *testing.T) {
	s := &store{}
	want{"bucket writing", doctor.NotChecked, "--write stores a small object under mine/a/b", ""}.in(t, examine(t, s.open(t, "mine", false)))
	if i := slices.IndexFunc(s.requests, func(r string) bool { return !strings.HasPrefix(r, "GET ") }); i >= 0 {
		t.Errorf("got %s, want no request but for reading", s.requests[i])
	}
}

// The object's name is another each time: nothing that is there can be replaced.
func TestUnguessableName(t *testing.T) {
	names := map[string]bool{}
	for range 2 {
		s := &store{before: func(r *http.Request) {
			if r.Method == http.MethodPut {
				names[r.URL.Path] = true
			}
		}}
		examine(t, s.open(t, "mine", true))
	}
	if len(names) != 2 {
		t.Errorf("got %v, want two names", names)
	}
}

// Whoever interrupts it while the object is there leaves nothing behind.
func TestInterruptedWriting(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	s := &store{before: func(r *http.Request) {
		if r.Method == http.MethodPut {
			cancel(interrupted)
		}
	}}
	r := s.open(t, "mine", true)
	r.Found = func(doctor.Finding) {}
	if err := doctor.Examine(ctx, r); !errors.Is(err, interrupted) {
		t.Errorf("got %v, want the cause", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name != "" || !strings.HasPrefix(s.requests[len(s.requests)-1], "DELETE /mine/a/b/.emikit-doctor-") {
		t.Errorf("%q is left in the store, after %q", s.name, s.requests)
	}
}
