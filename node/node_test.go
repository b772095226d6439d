package node_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/node"
	"emikit/node/mock"
	"emikit/node/nodetest"
)

// config is a node's in a directory, with room for more than a test runs.
func config(dir string) node.Config {
	key, cert := nodetest.Identity()
	return node.Config{
		Dir: dir, Hypervisor: mock.New(), Key: key, Certificate: cert,
		MaxMemoryMB: 2048, MaxDiskGB: 100, RetryPause: time.Microsecond,
	}
}

// open opens a node that is closed with the test, if not before.
func open(t *testing.T, c node.Config) *node.Node {
	t.Helper()
	n, err := node.New(t.Context(), c)
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	t.Cleanup(func() { closeNode(t, n) })
	return n
}

func closeNode(t *testing.T, n *node.Node) {
	t.Helper()
	if err := n.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("Close = %v", err)
	}
}

// spec makes an instance for the node of config.
func spec(t *testing.T, store *nodetest.Store, id string) node.Spec {
	t.Helper()
	_, cert := nodetest.Identity()
	return store.Spec(t, cert, id)
}

func run(t *testing.T, n *node.Node, s node.Spec) {
	t.Helper()
	if err := n.Run(t.Context(), s); err != nil {
		t.Fatalf("Run(%s) = %v", s.InstanceID, err)
	}
}

func terminate(t *testing.T, n *node.Node, id string) {
	t.Helper()
	if err := n.Terminate(t.Context(), id); err != nil {
		t.Fatalf("Terminate(%s) = %v", id, err)
	}
	nodetest.AwaitState(t, n, id, node.StateTerminated)
}

func TestNode(t *testing.T) {
	nodetest.Run(t, func(t *testing.T) nodetest.Node { return open(t, config(t.TempDir())) })
}

func TestNewRequires(t *testing.T) {
	whole := config(t.TempDir())
	for name, spoil := range map[string]func(*node.Config){
		"directory":   func(c *node.Config) { c.Dir = "" },
		"hypervisor":  func(c *node.Config) { c.Hypervisor = nil },
		"key":         func(c *node.Config) { c.Key = nil },
		"certificate": func(c *node.Config) { c.Certificate = nil },
	} {
		c := whole
		spoil(&c)
		if _, err := node.New(t.Context(), c); err == nil {
			t.Errorf("New without %s = nil, want an error", name)
		}
	}
}

func TestDefaultCapacity(t *testing.T) {
	c := config(t.TempDir())
	c.MaxMemoryMB, c.MaxDiskGB = 0, 0
	status, err := open(t, c).Status(t.Context(), 0)
	total := status.Total
	if err != nil || total.Cores != node.DefaultMaxCores || total.MemoryMB < 64 || total.DiskGB != node.DefaultThinDiskGB {
		t.Errorf("total = %+v, %v, want %d cores, the machine's memory, %d GB", total, err, node.DefaultMaxCores, node.DefaultThinDiskGB)
	}
}

// files lists the files below a folder, slash-separated.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestLayout(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	_, cert := nodetest.Identity()
	n := open(t, config(dir))
	s := spec(t, store, "i-00000001")
	kernel := store.Bundle(t, cert, "eki-00000001", "vmlinuz", []byte("kernel"))
	s.Kernel = &kernel
	s.UserData = []byte("user data")
	run(t, n, s)
	nodetest.AwaitState(t, n, s.InstanceID, node.StateRunning)

	folder := filepath.Join(dir, "instances", s.InstanceID)
	got := strings.Join(files(t, folder), " ")
	if want := "console.log kernel root spec.json state.json"; got != want {
		t.Errorf("instance's folder holds %q, want %q", got, want)
	}
	root, err := os.ReadFile(filepath.Join(folder, "root"))
	if err != nil || !bytes.Equal(root, nodetest.Noise('1', 100_000)) {
		t.Errorf("root has %d bytes, %v, want the image", len(root), err)
	}
	if info, err := os.Stat(filepath.Join(folder, "root")); err != nil || info.Mode() != 0o400 {
		t.Errorf("root has mode %v, %v, want 0400: the cache shares it", info.Mode(), err)
	}
	record, err := os.ReadFile(filepath.Join(folder, "spec.json"))
	if err != nil || len(nodetest.Leaks(s, record)) > 0 || strings.Contains(string(record), "http:") {
		t.Errorf("spec.json = %s, %v, want no URL and no key", record, err)
	}
	if info, err := os.Stat(filepath.Join(folder, "spec.json")); err != nil || info.Mode() != 0o600 {
		t.Errorf("spec.json has mode %v, %v, want 0600", info.Mode(), err)
	}

	terminate(t, n, s.InstanceID)
	got = strings.Join(files(t, folder), " ")
	if want := "console.log spec.json state.json"; got != want {
		t.Errorf("after the end the folder holds %q, want %q", got, want)
	}
}

func TestOneFetchForMany(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	n := open(t, config(dir))
	s := spec(t, store, "i-00000000")
	var group sync.WaitGroup
	for i := range 6 {
		each := s
		each.InstanceID = fmt.Sprintf("i-0000000%d", i)
		group.Go(func() { run(t, n, each) })
	}
	group.Wait()
	for i := range 6 {
		nodetest.AwaitState(t, n, fmt.Sprintf("i-0000000%d", i), node.StateRunning)
	}
	for _, p := range s.Machine.Parts {
		if got := store.Requests(p.Name); got != 1 {
			t.Errorf("%s was fetched %d times, want once", p.Name, got)
		}
	}
	if got := files(t, filepath.Join(dir, "cache")); len(got) != 1 || got[0] != s.Machine.CacheKey+"/image" {
		t.Errorf("cache holds %q, want one image", got)
	}
}

// TestFetchOutlivesItsFirst ends the instance that began a fetch while another
// waits for the same image.
func TestFetchOutlivesItsFirst(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	n := open(t, config(dir))
	first := spec(t, store, "i-00000001")
	arrived := store.Hold(first.Machine.Parts[0].Name)
	run(t, n, first)
	<-arrived
	terminate(t, n, first.InstanceID)

	second := first
	second.InstanceID = "i-00000002"
	run(t, n, second)
	nodetest.AwaitState(t, n, second.InstanceID, node.StateRunning)
}

func TestInterruptedFetchLeavesNothing(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	n := open(t, config(dir))
	s := spec(t, store, "i-00000001")
	arrived := store.Hold(s.Machine.Parts[2].Name)
	run(t, n, s)
	<-arrived
	closeNode(t, n)
	if got := files(t, filepath.Join(dir, "cache")); len(got) != 0 {
		t.Errorf("cache holds %q, want nothing", got)
	}
}

func TestStaleFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	keep := filepath.Join(dir, "cache", strings.Repeat("a", 64), "image")
	stale := []string{
		filepath.Join(dir, "cache", strings.Repeat("a", 64), ".image-1234"),
		filepath.Join(dir, "cache", strings.Repeat("b", 64), ".image-5678"),
		filepath.Join(dir, "instances", "i-0BAD0BAD", "spec.json"), // never accepted
	}
	for _, path := range append(stale, keep) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	c := config(dir)
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	open(t, c)
	if got, want := strings.Join(files(t, dir), " "), "cache/"+strings.Repeat("a", 64)+"/image lock"; got != want {
		t.Errorf("directory holds %q, want %q", got, want)
	}
	wantLog(t, log.String(), `"interrupted image fetches removed" files=2 bytes=2`, `"half-made folders of instances removed" count=1`)
	if _, err := os.Stat(filepath.Dir(stale[1])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder in the cache: %v, want it gone", err)
	}
}

// wantLog demands that each line of a log ends with one of these, in their order.
func wantLog(t *testing.T, log string, want ...string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(log) {
		_, message, _ := strings.Cut(strings.TrimSpace(line), " msg=")
		got = append(got, message)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got log %q\nwant %q", got, want)
	}
}

// TestUnfinishedRecord leaves an instance as a node does that is killed while it
// writes a new state.
func TestUnfinishedRecord(t *testing.T) {
	dir := t.TempDir()
	n := open(t, config(dir))
	run(t, n, spec(t, nodetest.NewStore(t), "i-00000001"))
	nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
	closeNode(t, n)
	folder := filepath.Join(dir, "instances", "i-00000001")
	before := files(t, folder)
	if err := os.WriteFile(filepath.Join(folder, ".unfinished-123"), []byte(`{"id":"i-0`), 0o600); err != nil {
		t.Fatal(err)
	}
	n = open(t, config(dir))
	nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
	if got := files(t, folder); !slices.Equal(got, before) {
		t.Errorf("folder holds %q, want %q", got, before)
	}
}

func TestOneNodeForADirectory(t *testing.T) {
	dir := t.TempDir()
	n := open(t, config(dir))
	_, err := node.New(t.Context(), config(dir))
	want := fmt.Sprintf("node: directory %s: in use by another emikit node (pid %d)", dir, os.Getpid())
	if !errors.Is(err, node.ErrLocked) || err.Error() != want {
		t.Errorf("a second node: got %v, want %s", err, want)
	}
	closeNode(t, n)
	open(t, config(dir))
}

func TestAdopt(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	n := open(t, config(dir))
	for _, id := range []string{"i-00000001", "i-00000002"} {
		run(t, n, spec(t, store, id))
		nodetest.AwaitState(t, n, id, node.StateRunning)
	}
	terminate(t, n, "i-00000002")
	pending := spec(t, store, "i-00000003")
	arrived := store.Hold(pending.Machine.Parts[0].Name)
	run(t, n, pending)
	<-arrived
	before, err := n.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	closeNode(t, n)

	var log bytes.Buffer
	c := config(dir)
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	n = open(t, c)
	wantLog(t, log.String(), `"instances that were still starting forgotten, to be run again" count=1`, `"instances taken over" count=1`)
	after, err := n.Status(t.Context(), 0)
	if err != nil || len(after.Instances) != 2 {
		t.Fatalf("Status = %+v, %v, want two instances: the pending one is forgotten", after, err)
	}
	for i, want := range []node.State{node.StateRunning, node.StateTerminated} {
		if got := after.Instances[i]; got.State != want {
			t.Errorf("%s is %s (%s), want %s", got.ID, got.State, got.Reason, want)
		}
	}
	if got, want := after.Instances[1], before.Instances[1]; got.Reason != want.Reason || !got.Changed.Equal(want.Changed) {
		t.Errorf("terminated instance = %+v, want %+v as before", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "instances", pending.InstanceID)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder of the pending instance: %v, want it gone", err)
	}
	run(t, n, pending) // as its cloud does when it sees that it is gone
	nodetest.AwaitState(t, n, pending.InstanceID, node.StateRunning)
	console, err := n.Console(t.Context(), "i-00000001")
	if err != nil || !bytes.Contains(console.Output, []byte("nothing was run")) || !bytes.Contains(console.Output, []byte("restarted")) {
		t.Errorf("console = %q, %v, want what was before and after", console.Output, err)
	}
	if err := n.Reboot(t.Context(), "i-00000001"); err != nil {
		t.Errorf("Reboot of an adopted instance = %v", err)
	}
	terminate(t, n, "i-00000001")
}

// lostGuests is a hypervisor whose guests do not outlive the node, or cannot be
// started at all.
type lostGuests struct {
	*mock.Hypervisor
	boot error
}

func (h lostGuests) Boot(ctx context.Context, m node.Machine) (node.Guest, error) {
	if h.boot != nil {
		return nil, h.boot
	}
	return h.Hypervisor.Boot(ctx, m)
}

func (h lostGuests) Adopt(context.Context, node.Machine) (node.Guest, error) {
	return nil, errors.New("no such machine")
}

func TestAdoptLostGuest(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	c := config(dir)
	c.Hypervisor = lostGuests{Hypervisor: mock.New()}
	n := open(t, c)
	run(t, n, spec(t, store, "i-00000001"))
	nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
	closeNode(t, n)
	n = open(t, c)
	got := nodetest.AwaitState(t, n, "i-00000001", node.StateTerminated)
	if !strings.Contains(got.Reason, "no such machine") {
		t.Errorf("reason = %q, want it to name the cause", got.Reason)
	}
}

func TestBootFails(t *testing.T) {
	c := config(t.TempDir())
	c.Hypervisor = lostGuests{Hypervisor: mock.New(), boot: errors.New("no KVM")}
	n := open(t, c)
	run(t, n, spec(t, nodetest.NewStore(t), "i-00000001"))
	got := nodetest.AwaitState(t, n, "i-00000001", node.StateTerminated)
	if !strings.Contains(got.Reason, "no KVM") {
		t.Errorf("reason = %q, want it to name the cause", got.Reason)
	}
}

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestTerminatedIsForgotten(t *testing.T) {
	dir, store := t.TempDir(), nodetest.NewStore(t)
	c := config(dir)
	now := &clock{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	c.Now = now.Now
	n := open(t, c)
	run(t, n, spec(t, store, "i-00000001"))
	nodetest.AwaitState(t, n, "i-00000001", node.StateRunning)
	terminate(t, n, "i-00000001")

	now.advance(59 * time.Minute)
	if console, err := n.Console(t.Context(), "i-00000001"); err != nil || len(console.Output) == 0 {
		t.Errorf("console after 59 minutes = %q, %v, want it kept", console.Output, err)
	}
	before, err := n.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	now.advance(time.Minute)
	if _, err := n.Console(t.Context(), "i-00000001"); !errors.Is(err, node.ErrUnknownInstance) {
		t.Errorf("console after an hour = %v, want %v", err, node.ErrUnknownInstance)
	}
	after, err := n.Status(t.Context(), before.Revision)
	if err != nil || len(after.Instances) != 0 {
		t.Errorf("Status = %+v, %v, want no instances", after, err)
	}
	if got := files(t, filepath.Join(dir, "instances")); len(got) != 0 {
		t.Errorf("instances' folder holds %q, want nothing", got)
	}
}

func TestClosed(t *testing.T) {
	n := open(t, config(t.TempDir()))
	s := spec(t, nodetest.NewStore(t), "i-00000001")
	before, err := n.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := n.Status(t.Context(), before.Revision)
		waiting <- err
	}()
	closeNode(t, n)
	_, statusErr := n.Status(t.Context(), 0)
	for name, err := range map[string]error{
		"Run": n.Run(t.Context(), s), "Terminate": n.Terminate(t.Context(), s.InstanceID),
		"Status": statusErr, "waiting Status": <-waiting,
	} {
		if !errors.Is(err, node.ErrClosed) {
			t.Errorf("%s = %v, want %v", name, err, node.ErrClosed)
		}
	}
}

// TestLogHasNoSecrets runs what fails and what succeeds, and reads the log.
func TestLogHasNoSecrets(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	c := config(t.TempDir())
	c.Log = slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n, store := open(t, c), nodetest.NewStore(t)
	s := spec(t, store, "i-00000001")
	store.Remove(s.Machine.Parts[0].Name)
	run(t, n, s)
	nodetest.AwaitState(t, n, s.InstanceID, node.StateTerminated)
	mu.Lock()
	defer mu.Unlock()
	if log.Len() == 0 || len(nodetest.Leaks(s, log.Bytes())) > 0 {
		t.Errorf("log = %q, want something, without secrets", log.String())
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
