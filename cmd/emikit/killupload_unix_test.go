//go:build unix

package main

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"emikit/manifest"
)

// killUploadsVariable is how many uploads TestKillUpload breaks off; scripts/kill sets
// it.
const killUploadsVariable = "EMIKIT_KILL_UPLOADS"

// TestKillUpload breaks uploads off at random moments: upload-bundle is killed or
// interrupted, loses its connections, or its cloud is killed and started again. The
// same command then completes each upload, without sending a part again that the cloud
// had stored by then, and verify --deep finds the bundle whole.
func TestKillUpload(t *testing.T) {
	t.Parallel() // it mostly waits
	runs, seed := killNumber(t, killUploadsVariable, 4), killNumber(t, killSeedVariable, time.Now().UnixNano())
	t.Logf("seed %d", seed)
	u := newUploads(t, seed)
	for n := range int(runs) {
		u.breakOff(n)
		if t.Failed() {
			t.Fatalf("upload %d of seed %d: %s", n, seed, u.moment)
		}
	}
	t.Logf("%d uploads of %d parts broken off: %v; parts stored before: %d, found stored: %d, sent after: %d, sent again: none",
		runs, len(u.bundle.Parts), u.how, u.before, u.unheard, u.after)
}

// uploads are those of one bundle to one cloud, through a road that can be cut.
type uploads struct {
	*victim
	bundle *manifest.Manifest
	road   *road
	how    tally
	moment uploadMoment
	// before and after are how many parts were stored until uploads were broken off, and
	// sent from then on; unheard those that were stored although no answer has told it.
	before, after, unheard int
}

// uploadMoment is when an upload is broken off, and how.
type uploadMoment struct {
	how   string // kill, interrupt, cut, or cloud
	event int    // so many requests and answers for parts and the manifest after its beginning
	delay time.Duration
}

func (m uploadMoment) String() string {
	return fmt.Sprintf("%s %v after event %d", m.how, m.delay, m.event)
}

func newUploads(t *testing.T, seed int64) *uploads {
	u := &uploads{victim: newVictim(t, seed), how: tally{}}
	const parts, partSize = 8, 32 << 10
	u.bundle = makeBundle(t, u.dir, noise(parts*partSize-partSize/2), parts*partSize-partSize/2, partSize)
	u.start()
	if err := u.s3.createBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.road = newRoad(t)
	return u
}

// breakOff begins an upload, breaks it off, and completes it.
func (u *uploads) breakOff(n int) {
	all := []string{"kill", "interrupt", "cut", "cloud"}
	u.moment = uploadMoment{all[n%len(all)], 1 + u.chance.IntN(2*len(u.bundle.Parts)+2), time.Duration(u.chance.IntN(3000)) * time.Microsecond}
	u.how[u.moment.how]++
	prefix := fmt.Sprintf("upload-%d", n)
	u.road.open(u.s3.endpoint, u.moment.event)
	first := u.upload(prefix)
	u.strike(first)
	_ = first.Wait() // however it ended
	stored := u.road.take()
	u.checkNoHalfBundle(prefix)
	u.road.open(u.s3.endpoint, 0)
	second := u.upload(prefix)
	if err := second.Wait(); err != nil {
		u.t.Errorf("the upload that goes on: %v: %s", err, second.stderr.String())
	}
	u.count(stored, u.road.takeSent())
	u.verify(prefix)
}

// count counts the parts that were stored and sent after that, of which none may be the
// same.
func (u *uploads) count(stored, sent map[string]bool) {
	u.t.Helper()
	for _, part := range u.bundle.Parts {
		switch {
		case stored[part.Name] && sent[part.Name]:
			u.t.Errorf("%s was sent again although it was stored", part.Name)
		case stored[part.Name]:
			u.before++
		case sent[part.Name]:
			u.after++
		default:
			u.unheard++
		}
	}
}

// upload runs upload-bundle.
func (u *uploads) upload(prefix string) *program {
	return start(u.t, u.dir, nil, u.environment(), "upload-bundle", "-b", killBucket+"/"+prefix, "-m", "bundles/disk.img.manifest.xml",
		"--jobs", "3", "--retries", "0")
}

func (u *uploads) environment() []string {
	return append(keyVariables(u.t), "S3_URL="+u.road.URL+"/services/Walrus",
		"EC2_ACCESS_KEY="+u.s3.keys.AccessKey, "EC2_SECRET_KEY="+u.s3.keys.SecretKey)
}

// strike waits for the moment and does what it says.
func (u *uploads) strike(p *program) {
	const atLatest = 10 * time.Second // the upload has come to its end
	select {
	case <-u.road.come:
	case <-time.After(atLatest):
	}
	<-time.After(u.moment.delay)
	switch u.moment.how {
	case "kill":
		_ = p.Process.Kill()
	case "interrupt":
		_ = p.Process.Signal(os.Interrupt)
	case "cut":
		u.road.cut()
	case "cloud":
		u.killed = u.cloud.Process.Pid
		u.end(syscall.SIGKILL)
		_ = p.Wait()
		u.start()
	}
}

// checkNoHalfBundle: where there is a manifest there is all that it names.
func (u *uploads) checkNoHalfBundle(prefix string) {
	u.t.Helper()
	if _, _, err := u.s3.get(u.t.Context(), prefix+"/"+manifest.FileName(u.bundle.Name)); err != nil {
		return
	}
	for _, part := range u.bundle.Parts {
		if _, _, err := u.s3.get(u.t.Context(), prefix+"/"+part.Name); err != nil {
			u.t.Errorf("there is a manifest, but not %s: %v", part.Name, err)
		}
	}
}

// verify wants a whole bundle in the bucket, and nothing besides it on disk.
func (u *uploads) verify(prefix string) {
	u.t.Helper()
	p := start(u.t, u.dir, nil, u.environment(), "verify", "-b", killBucket+"/"+prefix, "-m", manifest.FileName(u.bundle.Name), "--deep")
	if err := p.Wait(); err != nil {
		u.t.Errorf("verify: %v\n%s%s", err, p.stdout.String(), p.stderr.String())
	}
	if got := names(u.t, filepath.Join(u.dir, "bundles")); len(got) != len(u.bundle.Parts)+1 {
		u.t.Errorf("on disk is %q, want the bundle alone", got)
	}
}

// road leads to a cloud, wherever it is at the time. It can be cut, and counts.
type road struct {
	*httptest.Server
	transport http.Transport

	mu     sync.Mutex
	to     *url.URL
	left   int // events until come
	come   chan struct{}
	broken bool
	sent   map[string]bool // objects that were begun
	stored map[string]bool // objects that the cloud said it has
}

func newRoad(t *testing.T) *road {
	r := &road{}
	r.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        r.rewrite,
		Transport:      r,
		ModifyResponse: r.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       log.New(io.Discard, "", 0),
	})
	r.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(r.transport.CloseIdleConnections)
	t.Cleanup(r.Close)
	return r
}

// open makes the road lead to an endpoint, and closes come after so many events.
func (r *road) open(endpoint string, events int) {
	to, err := url.Parse(endpoint)
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to, r.left, r.come, r.broken = to, events, make(chan struct{}), false
	r.sent, r.stored = map[string]bool{}, map[string]bool{}
}

// cut ends the connections.
func (r *road) cut() {
	r.mu.Lock()
	r.broken = true
	r.mu.Unlock()
	r.CloseClientConnections()
}

// take returns what the cloud has stored, takeSent what it was sent.
func (r *road) take() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.stored)
}

func (r *road) takeSent() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.sent)
}

func (r *road) rewrite(p *httputil.ProxyRequest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Out.URL.Scheme, p.Out.URL.Host = r.to.Scheme, r.to.Host
	p.Out.Host = p.In.Host // it is signed
}

// RoundTrip passes a request on.
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	broken := r.broken
	r.event(req, r.sent)
	r.mu.Unlock()
	if broken {
		return nil, syscall.ECONNRESET
	}
	return r.transport.RoundTrip(req)
}

// answered sees an answer before it is passed on.
func (r *road) answered(resp *http.Response) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if resp.StatusCode == http.StatusOK {
		r.event(resp.Request, r.stored)
	}
	return nil
}

// event counts an object that is sent or stored.
func (r *road) event(req *http.Request, objects map[string]bool) {
	if req.Method != http.MethodPut || req.URL.RawQuery != "" || !strings.Contains(req.URL.Path, "/upload-") {
		return
	}
	objects[req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]] = true
	if r.left--; r.left == 0 {
		close(r.come)
	}
}
