package upload

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"emikit/reach"
)

// after answers requests when a time has gone by, the first one after another.
func after(first, others time.Duration) roundTripper {
	var once sync.Once
	return func(r *http.Request) (*http.Response, error) {
		wait := others
		once.Do(func() { wait = first })
		time.Sleep(wait) // of the bubble
		if r.Body != nil {
			io.Copy(io.Discard, r.Body)
		}
		body := "<LocationConstraint/>"
		if r.URL.Query().Has("prefix") {
			body = "<ListBucketResult/>"
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func TestPace(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		given, cores          int
		answers               []time.Duration
		onDisk, queued, ahead int
	}{
		{0, 1, nil, 4, 2, 2},
		{0, 2, nil, 4, 2, 2},
		{0, 2, []time.Duration{ms}, 4, 2, 2},
		{0, 2, []time.Duration{5 * ms}, 4, 2, 3},
		{0, 1, []time.Duration{50 * ms}, 6, 2, 4},
		{0, 2, []time.Duration{50 * ms}, 12, 2, 4},
		{0, 2, []time.Duration{300 * ms}, 16, 2, 4},
		{0, 8, nil, 8, 2, 4},
		{0, 8, []time.Duration{5 * ms}, 12, 2, 4},
		{0, 64, []time.Duration{time.Minute}, 16, 2, 4},
		{0, 2, []time.Duration{300 * ms, 50 * ms, 100 * ms}, 12, 2, 4}, // the bucket was made first, say
		{1, 8, []time.Duration{300 * ms}, 1, 1, 1},
		{40, 1, nil, 40, 40, 40},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			p := newPace(tt.given, slog.New(slog.DiscardHandler))
			p.cores = tt.cores
			for _, answer := range tt.answers {
				p.base = after(answer, 0)
				r, err := http.NewRequestWithContext(t.Context(), "HEAD", "http://store/", nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.RoundTrip(r); err != nil {
					t.Fatal(err)
				}
			}
			if p.onDisk() != tt.onDisk || p.queued() != tt.queued || p.ahead() != tt.ahead {
				t.Errorf("%+v: got %d, %d, %d", tt, p.onDisk(), p.queued(), p.ahead())
			}
			if p.connections() < tt.onDisk {
				t.Errorf("%+v: got %d connections, fewer than parts at once", tt, p.connections())
			}
		})
	}
}

// TestPaceBody: how long a part takes says nothing of how long an answer takes.
func TestPaceBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0, slog.New(slog.DiscardHandler))
		p.cores, p.base = 2, after(time.Minute, time.Minute)
		r, err := http.NewRequestWithContext(t.Context(), "PUT", "http://store/b/x", strings.NewReader("a part"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.RoundTrip(r); err != nil || p.onDisk() != leastOnDisk {
			t.Errorf("got %d, %v, want %d", p.onDisk(), err, leastOnDisk)
		}
	})
}

// TestPaceConnection: that a connection takes long to be made says nothing either.
func TestPaceConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		p := newPace(0, slog.New(slog.DiscardHandler))
		p.cores = 2
		transport := defaultTransport(1, reach.Options{})
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(time.Second) // of the bubble
			return client, nil
		}
		p.base = transport
		go func() {
			defer server.Close()
			if _, err := http.ReadRequest(bufio.NewReader(server)); err != nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Millisecond) // of the bubble
			io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}()
		r, err := http.NewRequestWithContext(t.Context(), "HEAD", "http://store/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		transport.CloseIdleConnections()
		if got, want := time.Duration(p.answer.Load()), 20*time.Millisecond; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestJobsSettled: the first request is slow, as a connection to a far store is, and the
// bundle goes there many parts at once; those that are held in memory, few.
func TestJobsSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := Open(Config{Endpoint: "https://store", Transport: after(300*time.Millisecond, 300*time.Millisecond)})
		if err != nil {
			t.Fatal(err)
		}
		store.pace.cores = 2
		q := openQueue(t, store, xTo(nil))
		if q.Held() != queuedJobs {
			t.Errorf("got %d parts in memory, want %d", q.Held(), queuedJobs)
		}
		putParts(t, q, 1)
		if _, err := q.Commit(t.Context(), []byte("m")); err != nil {
			t.Error(err)
		}
		if a := store.ReadAhead(t.Context(), q.request.To, nil, nil); a.jobs != mostAhead {
			t.Errorf("got %d parts read ahead, want %d", a.jobs, mostAhead)
		}
		if got := store.pace.onDisk(); got != mostOnDisk {
			t.Errorf("got %d parts, want %d", got, mostOnDisk)
		}
	})
}

// TestUploadPace: a bundle on disk goes to a far store as many parts at once as the
// answers allow, to a near one a few, and as many as were asked for to any.
func TestUploadPace(t *testing.T) {
	for _, tt := range []struct {
		answer      time.Duration
		given, want int
	}{{0, 0, leastOnDisk}, {300 * time.Millisecond, 0, mostOnDisk}, {300 * time.Millisecond, 2, 2}} {
		bundle := writeBundle(t, 3*mostOnDisk)
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			busy, busiest := 0, 0
			count := func(n int) {
				mu.Lock()
				defer mu.Unlock()
				busy += n
				busiest = max(busiest, busy)
			}
			answers := after(tt.answer, tt.answer)
			counted := roundTripper(func(r *http.Request) (*http.Response, error) {
				if !strings.Contains(r.URL.Path, ".part.") {
					return answers(r)
				}
				count(+1)
				defer count(-1)
				time.Sleep(time.Second) // of the bubble
				return answers(r)
			})
			store, err := Open(Config{Endpoint: "https://store", Transport: counted, Jobs: tt.given})
			if err != nil {
				t.Fatal(err)
			}
			store.pace.cores = 2
			if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: bundle, To: Location{Bucket: "bkt"}}); err != nil {
				t.Fatal(err)
			}
			if busiest != tt.want {
				t.Errorf("%v away, --jobs %d: got %d at once, want %d", tt.answer, tt.given, busiest, tt.want)
			}
		})
	}
}

// TestConnections: each job has a connection, and keeps it, also where there are more
// than net/http keeps of its own accord, and where HTTP/2 is offered.
func TestConnections(t *testing.T) {
	for _, jobs := range []int{1, 4, 110} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			s3 := newFakeS3(t, "")
			var made, other atomic.Int32
			var all *barrier
			front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor != 1 {
					other.Add(1)
				}
				if r.Method == "PUT" && strings.Contains(r.URL.Path, ".part.") {
					all.wait() // or one connection might do for two
				}
				s3.ServeHTTP(w, r)
			}))
			front.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					made.Add(1)
				}
			}
			front.EnableHTTP2 = true
			front.StartTLS()
			defer front.Close()
			store := s3.open(t, func(c *Config) {
				c.Endpoint, c.Jobs, c.InsecureSkipVerify = front.URL, jobs, true
			})
			bundle := writeBundle(t, jobs+3)
			for _, prefix := range []string{"first", "second"} {
				all = newBarrier(jobs)
				_, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: bundle, To: Location{Bucket: "bkt", Prefix: prefix}})
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := int(made.Load()); got != jobs || other.Load() > 0 {
				t.Errorf("got %d connections, %d requests of other protocols, want %d, 0", got, other.Load(), jobs)
			}
		})
	}
}

// A barrier lets nobody pass before n are there, and then everybody.
type barrier struct {
	left atomic.Int32
	open chan struct{}
}

func newBarrier(n int) *barrier {
	b := &barrier{open: make(chan struct{})}
	b.left.Store(int32(n))
	return b
}

func (b *barrier) wait() {
	if b.left.Add(-1) == 0 {
		close(b.open)
	}
	<-b.open
}
