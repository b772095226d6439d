package cloud

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/objects"
	"emikit/cloud/state"
	"emikit/cloud/walrus"
)

const testBucket = "win2k3_bucket"

// objectStore is an object store with its door.
type objectStore struct {
	t       *testing.T
	objects *objects.Service
	who     *identity.Service
	base    *url.URL
	now     time.Time // at the door
}

func newObjectStore(t *testing.T) *objectStore {
	dir := t.TempDir()
	db, err := state.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &objectStore{t: t, now: time.Now()}
	if s.who, err = identity.Open(t.Context(), db, dir); err != nil {
		t.Fatal(err)
	}
	if s.objects, err = objects.Open(t.Context(), db, dir, objects.Limits{}); err != nil {
		t.Fatal(err)
	}
	door := walrus.New(walrus.Config{Objects: s.objects, Identity: s.who, Now: func() time.Time { return s.now }})
	server := httptest.NewServer(door)
	t.Cleanup(server.Close)
	if s.base, err = url.Parse(server.URL + s3Path); err != nil {
		t.Fatal(err)
	}
	if err := s.objects.CreateBucket(t.Context(), s.admin(), testBucket, "", ""); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *objectStore) admin() caller.Caller {
	return caller.Caller{Account: identity.AccountID(identity.AdminName), Name: identity.AdminName, Admin: true}
}

// presigned makes an object and a URL for it.
func (s *objectStore) presigned(key string, ttl time.Duration) string {
	s.t.Helper()
	_, err := s.objects.Put(s.t.Context(), s.admin(), testBucket, key, strings.NewReader(key), objects.PutOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	access, err := s.who.SystemKey(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := presigner{s.base, access, time.Now}.presign(s.t.Context(), testBucket, key, ttl)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

func (s *objectStore) ask(method, address string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// A presigned URL is good for reading one object for a while, whatever its key
// looks like, and for nothing else.
func TestPresignedURLs(t *testing.T) {
	s := newObjectStore(t)
	for _, key := range []string{"disk.img.part.00", "a/b c+d", "a/../b", "a//b/", "./x", "100%/50%2F", "é?x=y#z", "&;,:@!$'()*="} {
		s.now = time.Now()
		signed := s.presigned(key, time.Hour)
		path, query, _ := strings.Cut(signed, "?")
		for _, c := range []struct {
			what, method, address string
			want                  int
		}{
			{"the object", "GET", signed, 200},
			{"replace it", "PUT", signed, 403},
			{"delete it", "DELETE", signed, 403},
			{"its ACL", "GET", signed + "&acl=", 403},
			{"another object", "GET", path + "x?" + query, 403},
			{"the bucket", "GET", s.base.String() + "/" + testBucket + "?" + query, 403},
			{"without the signature", "GET", path, 403},
		} {
			if got := s.ask(c.method, c.address); got != c.want {
				t.Errorf("%s: %s (%s %s): got %d, want %d", key, c.what, c.method, c.address, got, c.want)
			}
		}
		if s.now = s.now.Add(time.Hour + time.Minute); s.ask("GET", signed) != 403 {
			t.Errorf("%s: the URL is good for more than an hour", key)
		}
	}
}
