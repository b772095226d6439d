package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// answering is a transport that gives answers in their order, the last one again and
// again, and counts requests.
type answering struct {
	answers []func(*http.Request) (*http.Response, error)
	asked   atomic.Int32
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(a.asked.Add(1)) - 1
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	resp, err := a.answers[min(n, len(a.answers)-1)](r)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

// with is an answer of a status, a body and headers, NAME: VALUE.
func with(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			h.Set(name, value)
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}, nil
	}
}

func refusing(status int, code string, headers ...string) func(*http.Request) (*http.Response, error) {
	return with(status, "<Error><Code>"+code+"</Code></Error>", headers...)
}

var found = with(200, "<LocationConstraint/>")

// over opens a store on a transport, with the waits that users have.
func over(t *testing.T, transport http.RoundTripper, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{Endpoint: "http://s3.example", Credentials: aliceKey, Transport: transport}
	for _, f := range change {
		f(&c)
	}
	store, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestBackoff: the waits double, half of each is chance, and they end.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name        string
			config      Config
			tries       int32
			least, most time.Duration
		}{
			{"default", Config{}, 8, 25 * time.Second, 52 * time.Second},
			{"few", Config{Retries: 2}, 3, 750 * time.Millisecond, 1500 * time.Millisecond},
			{"none", Config{Retries: -1}, 1, 0, 0},
			{"many, not for long", Config{Retries: 1000, RetryFor: time.Minute}, 0, time.Minute, time.Minute},
		} {
			busy := &answering{answers: []func(*http.Request) (*http.Response, error){refusing(503, "SlowDown")}}
			store := over(t, busy, func(c *Config) { c.Retries, c.RetryFor = tt.config.Retries, tt.config.RetryFor })
			start := time.Now()
			_, err := store.EnsureBucket(t.Context(), "bkt", "")
			refusal, ok := errors.AsType[*Error](err)
			if !ok || refusal.Code != "SlowDown" || tt.tries != 0 && busy.asked.Load() != tt.tries {
				t.Errorf("%s: got %v after %d tries, want SlowDown after %d", tt.name, err, busy.asked.Load(), tt.tries)
			}
			if spent := time.Since(start); spent < tt.least || spent > tt.most {
				t.Errorf("%s: took %v, want between %v and %v", tt.name, spent, tt.least, tt.most)
			}
		}
	})
	if got := newBackoff(1000, 0).longest(900); got != 20*time.Second {
		t.Errorf("the 900th wait: got %v, want 20s", got)
	}
}

// TestJitter: requests that fail together do not come back together.
func TestJitter(t *testing.T) {
	seen := map[time.Duration]bool{}
	b := newBackoff(0, 0)
	for range 20 {
		wait := b.pause(3)
		if seen[wait] = true; wait < time.Second || wait > 2*time.Second {
			t.Errorf("got a wait of %v, want one between 1s and 2s", wait)
		}
	}
	if len(seen) < 2 {
		t.Errorf("got the same wait 20 times: %v", seen)
	}
}

// TestWhatIsRetried: what may pass is asked for again, what is forbidden or not there
// never, whatever its code.
func TestWhatIsRetried(t *testing.T) {
	type answer = func(*http.Request) (*http.Response, error)
	broken := func(err error) answer {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	for _, tt := range []struct {
		name   string
		answer answer
		again  bool
	}{
		{"busy", refusing(503, "SlowDown"), true},
		{"internal", refusing(500, "InternalError"), true},
		{"unavailable", with(503, ""), true},
		{"gateway", with(502, "<html>Bad Gateway</html>"), true},
		{"gateway is late", with(504, ""), true},
		{"unknown", with(599, ""), true},
		{"too many", with(429, ""), true},
		{"late", refusing(400, "RequestTimeout"), true},
		{"request late", with(408, ""), true},
		{"conflict", refusing(409, "OperationAborted"), true},
		{"cut off", refusing(400, "IncompleteBody"), true},
		{"reset", broken(errors.New("connection reset by peer")), true},
		{"timeout", broken(context.DeadlineExceeded), true},
		{"truncated", with(200, "<ListBucketResult><Contents><Key>a"), true},
		{"broken off", func(*http.Request) (*http.Response, error) {
			body := io.MultiReader(strings.NewReader("<ListBucketResult>"), errorReader{io.ErrUnexpectedEOF})
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		}, true},

		{"denied", refusing(403, "AccessDenied"), false},
		{"denied, busy", refusing(403, "SlowDown"), false},
		{"nothing", refusing(404, "NoSuchKey"), false},
		{"nothing, busy", refusing(404, "InternalError"), false},
		{"wrong", refusing(400, "InvalidRequest"), false},
		{"taken", refusing(409, "BucketAlreadyExists"), false},
		{"unknown request", refusing(501, "NotImplemented"), false},
		{"full", refusing(507, "InsufficientStorage"), false},
		{"page", with(403, "<html>Go away</html>"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answering{answers: []answer{tt.answer, with(200, "<ListBucketResult/>")}}
				_, err := over(t, server).objects(t.Context(), Location{Bucket: "bkt"}, "")
				if asked := server.asked.Load(); (err == nil) != tt.again || asked > 1 != tt.again {
					t.Errorf("got %v after %d requests; want it asked again: %v", err, asked, tt.again)
				}
			})
		})
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// TestRetryAfter: a server that says when to come back is not asked before, and not
// waited for beyond the time that there is.
func TestRetryAfter(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tt := range []struct {
		name        string
		headers     func() []string
		least, most time.Duration
	}{
		{"none", func() []string { return nil }, 250 * time.Millisecond, 500 * time.Millisecond},
		{"seconds", func() []string { return []string{"Retry-After: 17"} }, 17 * time.Second, 18 * time.Second},
		{"date", func() []string { return []string{"Retry-After: " + in(40*time.Second)} }, 39 * time.Second, 41 * time.Second},
		{"date of another clock", func() []string {
			return []string{"Date: " + in(time.Hour), "Retry-After: " + in(time.Hour+10*time.Second)}
		}, 10 * time.Second, 11 * time.Second},
		{"past", func() []string { return []string{"Retry-After: " + in(-time.Hour)} }, 250 * time.Millisecond, 500 * time.Millisecond},
		{"nonsense", func() []string { return []string{"Retry-After: soon"} }, 250 * time.Millisecond, 500 * time.Millisecond},
		{"negative", func() []string { return []string{"Retry-After: -5"} }, 250 * time.Millisecond, 500 * time.Millisecond},
		{"for ever", func() []string { return []string{"Retry-After: 4000000000"} }, 250 * time.Millisecond, 500 * time.Millisecond},
		{"too long", func() []string { return []string{"Retry-After: 86400"} }, DefaultRetryFor, DefaultRetryFor},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answering{answers: []func(*http.Request) (*http.Response, error){refusing(503, "SlowDown", tt.headers()...), found}}
				var told time.Duration
				start := time.Now()
				_, err := over(t, server).bucketLocation(t.Context(), "bkt", &teller{fn: func(e Event) { told = e.Wait }})
				spent := time.Since(start)
				if err != nil || spent < tt.least || spent > tt.most {
					t.Errorf("got %v after %v, want success between %v and %v", err, spent, tt.least, tt.most)
				}
				if told < spent || told > DefaultRetryFor {
					t.Errorf("told that it may take %v, took %v", told, spent)
				}
			})
		})
	}
}

// TestSilentServer: one that stops taking, answering or sending is noticed, and asked
// again; one that lets bytes trickle is as silent, and one that is only slow is not.
func TestSilentServer(t *testing.T) {
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for _, tt := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		silent bool
	}{
		{"no answer", hang, true},
		{"no rest", func(r *http.Request) (*http.Response, error) { return slowly(r, 0, 1), nil }, true},
		{"trickle", func(r *http.Request) (*http.Response, error) { return slowly(r, 10*time.Second, 1), nil }, true},
		{"slow", func(r *http.Request) (*http.Response, error) { return slowly(r, 10*time.Second, watchUnit), nil }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answering{answers: []func(*http.Request) (*http.Response, error){tt.answer}}
				store := over(t, server, func(c *Config) { c.Retries = 1 })
				start := time.Now()
				err := (&downloader{store: store, request: DownloadRequest{From: Location{Bucket: "bkt"}}}).fetch(t.Context(), "x", slowSize,
					func() (io.Writer, error) { return io.Discard, nil })
				spent := time.Since(start)
				switch {
				case !tt.silent && err != nil:
					t.Errorf("got %v, want success", err)
				case tt.silent && (!errors.Is(err, errSilent) || !strings.Contains(err.Error(), "the server is silent for 2m0s")):
					t.Errorf("got %v, want that the server is silent", err)
				case tt.silent && (server.asked.Load() != 2 || spent < 2*silence || spent > 2*silence+time.Minute):
					t.Errorf("asked %d times in %v, want twice, and %v for each", server.asked.Load(), spent, silence)
				}
			})
		})
	}
}

// slowSize is the length of what slowly sends.
const slowSize = 10 * watchUnit

// slowly is an answer of slowSize bytes, of which as many at once come after each wait;
// without a wait, none come.
func slowly(r *http.Request, wait time.Duration, atOnce int) *http.Response {
	return &http.Response{StatusCode: 200, ContentLength: slowSize, Header: http.Header{"Etag": {`"x"`}, "Content-Length": {fmt.Sprint(slowSize)}},
		Body: io.NopCloser(&slowBody{ctx: r.Context(), wait: wait, atOnce: atOnce, left: slowSize})}
}

type slowBody struct {
	ctx          context.Context // of the one request
	wait         time.Duration
	atOnce, left int
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	var ready <-chan time.Time
	if b.wait > 0 {
		ready = time.After(b.wait)
	}
	select {
	case <-ready:
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
	n := min(len(p), b.atOnce, b.left)
	b.left -= n
	return n, nil
}

// TestSlowReader: time in which nobody reads what has come is not the server's.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &answering{answers: []func(*http.Request) (*http.Response, error){with(200, "body", `ETag: "x"`, "Content-Length: 4")}}
		body, _, err := over(t, server).Get(t.Context(), Location{Bucket: "bkt"}, "x")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * silence) // of the bubble
		if got, err := io.ReadAll(body); string(got) != "body" || err != nil {
			t.Errorf("got %q, %v, want the body", got, err)
		}
		body.Close()
	})
}

// TestConnectionLost: a server that hangs up in the middle is asked again, and what was
// sent is sent anew from its beginning.
func TestConnectionLost(t *testing.T) {
	var requests atomic.Int32
	var got atomic.Pointer[string]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= 2 {
			io.CopyN(io.Discard, r.Body, 3)
			panic(http.ErrAbortHandler)
		}
		body, _ := io.ReadAll(r.Body)
		text := string(body)
		got.Store(&text)
	}))
	defer server.Close()
	store := over(t, nil, func(c *Config) { c.Endpoint = server.URL })
	store.backoff = backoff{attempts: 3, base: time.Microsecond, limit: time.Microsecond}
	if err := store.Put(t.Context(), Location{Bucket: "bkt"}, "x", strings.NewReader("the body"), 8, ""); err != nil {
		t.Fatal(err)
	}
	if text := got.Load(); text == nil || *text != "the body" {
		t.Errorf("got %v, want the body", text)
	}
}
