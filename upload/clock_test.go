package upload

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"emikit/sign"
)

// skewedServer is an object store whose clock is ahead of this machine's. It counts
// requests, and the objects that it has taken.
type skewedServer struct {
	*httptest.Server
	ahead         time.Duration
	asked, stored atomic.Int32
}

func newSkewedServer(t *testing.T, ahead time.Duration) *skewedServer {
	t.Helper()
	s := &skewedServer{ahead: ahead}
	now := func() time.Time { return time.Now().Add(ahead) }
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Date", now().UTC().Format(http.TimeFormat))
		_, err := sign.Verifier{Lookup: lookup, Now: now()}.S3(r.Context(), r, "")
		refusal, refused := errors.AsType[*sign.Error](err)
		switch {
		case refused && r.Method == http.MethodHead:
			w.WriteHeader(refusal.Status)
		case refused:
			s3Error(w, refusal.Status, refusal.Code, refusal.Message)
		case r.Method == http.MethodPut:
			s.stored.Add(1)
		case r.URL.Query().Has("location"):
			io.WriteString(w, "<LocationConstraint/>")
		default:
			w.Header().Set("Last-Modified", now().UTC().Format(http.TimeFormat))
			w.Header().Set("ETag", `"x"`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// TestWrongClock: a machine whose clock is off signs by the store's, and says so once.
func TestWrongClock(t *testing.T) {
	for _, version := range []int{2, 4} {
		for ahead, want := range map[time.Duration]string{
			3 * time.Hour:   "this machine's clock is 3h0m behind the server's; requests are signed by the server's",
			-24 * time.Hour: "this machine's clock is 24h0m ahead of the server's; requests are signed by the server's",
		} {
			s := newSkewedServer(t, ahead)
			var notices []string
			var mu sync.Mutex
			store := over(t, nil, func(c *Config) {
				c.Endpoint, c.SignatureVersion = s.URL, version
				c.Notice = func(line string) { mu.Lock(); defer mu.Unlock(); notices = append(notices, line) }
			})
			for range 3 {
				if err := store.Put(t.Context(), Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 4, ""); err != nil {
					t.Fatalf("version %d, %v: %v", version, ahead, err)
				}
			}
			if asked, stored := s.asked.Load(), s.stored.Load(); asked != 4 || stored != 3 {
				t.Errorf("version %d, %v: got %d requests for %d objects, want 4 for 3", version, ahead, asked, stored)
			}
			if len(notices) != 1 || notices[0] != want {
				t.Errorf("version %d, %v: got the notices %q, want %q alone", version, ahead, notices, want)
			}
		}
	}
}

// TestWrongClockHEAD: a refusal without a body does not say that the clock is why.
func TestWrongClockHEAD(t *testing.T) {
	s := newSkewedServer(t, -2*time.Hour)
	store := over(t, nil, func(c *Config) { c.Endpoint = s.URL })
	if got := store.Stat(t.Context(), Location{Bucket: "bkt"}, []string{"x"}, nil); got[0].Err != nil {
		t.Errorf("got %v, want what the object is", got[0].Err)
	}
}

// TestWrongClockTogether: requests that are refused at once are each made again, and
// the notice comes once, through the events where there are any.
func TestWrongClockTogether(t *testing.T) {
	s := newSkewedServer(t, time.Hour)
	store := over(t, nil, func(c *Config) { c.Endpoint = s.URL })
	var seen recorder
	events := &teller{fn: seen.record}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := store.bucketLocation(t.Context(), "bkt", events); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := seen.count(Noticed); got != 1 {
		t.Errorf("got %d notices, want 1", got)
	}
}

// TestClockStaysWrong: a store that refuses its own time is asked once more, and the
// error says what is off.
func TestClockStaysWrong(t *testing.T) {
	date := time.Now().Add(90 * time.Minute).UTC().Format(http.TimeFormat)
	for headers, want := range map[string]struct {
		asked int32
		hint  string
	}{
		"Date: " + date: {2, "set this machine's clock: this machine's clock is 1h30m behind the server's"},
		"Date: none":    {1, "set this machine's clock"},
	} {
		server := &answering{answers: []func(*http.Request) (*http.Response, error){refusing(403, "RequestTimeTooSkewed", headers)}}
		_, err := over(t, server).EnsureBucket(t.Context(), "bkt", "")
		refusal, ok := errors.AsType[*Error](err)
		if !ok || !strings.HasPrefix(refusal.Hint(), want.hint) || server.asked.Load() != want.asked {
			t.Errorf("%s: got %v after %d requests, want %d and the hint %q", headers, err, server.asked.Load(), want.asked, want.hint)
		}
	}
}

// TestClockOfStranger: who signs nothing is not refused for his clock.
func TestClockOfStranger(t *testing.T) {
	date := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	server := &answering{answers: []func(*http.Request) (*http.Response, error){refusing(403, "AccessDenied", "Date: "+date)}}
	store := over(t, server, func(c *Config) { c.Credentials = sign.Credentials{} })
	if _, _, err := store.Get(t.Context(), Location{Bucket: "bkt"}, "x"); err == nil || server.asked.Load() != 1 {
		t.Errorf("got %v after %d requests, want a refusal after one", err, server.asked.Load())
	}
}
