//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"emikit/manifest"
	"emikit/publish"
)

// program is this test binary running as emikit.
type program struct {
	*exec.Cmd
	stdout, stderr lockedBuffer
}

// start runs a command line in dir. The environment holds HOME and what is given.
func start(t *testing.T, dir string, stdin io.Reader, env []string, args ...string) *program {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // it hangs
	p := &program{Cmd: exec.CommandContext(ctx, binary)}
	p.Args = append([]string{"emikit"}, args...)
	p.Dir, p.Env, p.Stdin = dir, append(env, "HOME="+dir, "GORACE=atexit_sleep_ms=0"), stdin
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel() // kills it, if it has not ended
		_ = p.Wait()
	})
	return p
}

// end sends a signal and demands an exit code and all that is on standard error.
func (p *program) end(t *testing.T, signal os.Signal, code int, stderr string) {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // the code tells
	if got := p.ProcessState.ExitCode(); got != code || p.stderr.String() != stderr {
		t.Errorf("got exit code %d and %q, want %d and %q", got, p.stderr.String(), code, stderr)
	}
}

// lockedBuffer is written to by one goroutine and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// await asks again and again, until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	const within, every = 2 * time.Minute, time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so after %s", what, within)
		}
	}
}

func exists(pattern ...string) bool {
	found, _ := filepath.Glob(filepath.Join(pattern...))
	return len(found) > 0
}

// wantFiles demands that a directory holds these names and no others.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", dir, got, want)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func keyFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../manifest/testdata/euca2ools", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func keyVariables(t *testing.T) []string {
	return []string{
		"EC2_CERT=" + keyFile(t, "user-cert.pem"), "EC2_PRIVATE_KEY=" + keyFile(t, "user-pk.pem"),
		"EUCALYPTUS_CERT=" + keyFile(t, "cloud-cert.pem"), "EC2_USER_ID=123456789012",
	}
}

// makeBundle bundles an image of a size into dir/bundles, with holes unless it has
// content.
func makeBundle(t *testing.T, dir string, content []byte, size, partSize int64) *manifest.Manifest {
	t.Helper()
	image := filepath.Join(dir, "disk.img")
	if err := os.WriteFile(image, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, size); err != nil {
		t.Fatal(err)
	}
	result, err := publish.BundleImage(t.Context(), publish.BundleRequest{
		Image: image, Destination: filepath.Join(dir, "bundles"), PartSize: partSize, Arch: "x86_64", User: "123456789012",
		UserCert: keyFile(t, "user-cert.pem"), PrivateKey: keyFile(t, "user-pk.pem"), CloudCert: keyFile(t, "cloud-cert.pem"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(image); err != nil {
		t.Fatal(err)
	}
	return result.Manifest
}

// noise does not compress.
func noise(size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

// TestInterruptBundleImage: standard input gives nothing more when parts are
// written already.
func TestInterruptBundleImage(t *testing.T) {
	dir := t.TempDir()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p := start(t, dir, out, keyVariables(t), "bundle-image", "-i", "-", "-p", "web", "--image-size", "1g", "--part-size", "64k", "-d", "bundles")
	out.Close()
	if _, err := in.Write(noise(8 << 20)); err != nil {
		t.Fatal(err)
	}
	await(t, "a second part", func() bool {
		staged, err := filepath.Glob(filepath.Join(dir, "bundles/.web.part.01.*"))
		return err == nil && len(staged) == 1
	})
	p.end(t, os.Interrupt, 130, "emikit bundle-image: interrupted\n")
	wantFiles(t, dir)
}

// TestInterruptUnbundle interrupts while the image grows. It has some tenths of a
// second for that; on a machine that is busy with other things it may come too
// late.
func TestInterruptUnbundle(t *testing.T) {
	dir := t.TempDir()
	const size, tries = 256 << 20, 5
	makeBundle(t, dir, nil, size, 1<<20)
	for range tries {
		p := start(t, dir, nil, keyVariables(t), "unbundle", "-m", "bundles/disk.img.manifest.xml", "-d", "images")
		await(t, "an image", func() bool { return exists(dir, "images/.disk.img.*") || exists(dir, "images/disk.img") })
		_ = p.Process.Signal(os.Interrupt) // the code tells whether it had ended
		_ = p.Wait()
		if code := p.ProcessState.ExitCode(); code != 0 {
			if got, want := p.stderr.String(), "emikit unbundle: interrupted\n"; code != 130 || got != want {
				t.Errorf("got exit code %d and %q, want 130 and %q", code, got, want)
			}
			wantFiles(t, dir, "bundles")
			return
		}
		wantFiles(t, filepath.Join(dir, "images"), "disk.img")
		if err := os.RemoveAll(filepath.Join(dir, "images")); err != nil {
			t.Fatal(err)
		}
	}
	t.Skipf("the image was complete before the interrupt came, %d times; TestInterruptAtEveryStep does not depend on time", tries)
}

// TestInterruptAnyMoment interrupts each command at moments spread evenly over the
// time that it takes. Whenever it is, the command has done its work, or says that it
// was interrupted and there is what was before. EMIKIT_MOMENTS is how many moments,
// 6 unless it is set.
func TestInterruptAnyMoment(t *testing.T) {
	moments := 6
	if n, err := strconv.Atoi(os.Getenv("EMIKIT_MOMENTS")); err == nil {
		moments = n
	}
	dir := t.TempDir()
	makeBundle(t, dir, noise(8<<20), 8<<20, 1<<20)
	if err := os.WriteFile(filepath.Join(dir, "disk.img"), noise(8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	store := httptest.NewServer(http.StripPrefix("/images/", http.FileServer(http.Dir(filepath.Join(dir, "bundles")))))
	defer store.Close()
	env := append(keyVariables(t), "S3_URL="+store.URL, "EC2_ACCESS_KEY=AKIALICE", "EC2_SECRET_KEY=secret")
	for _, args := range [][]string{
		{"bundle-image", "-i", "disk.img", "--part-size", "1m", "-d", "new"},
		{"unbundle", "-m", "bundles/disk.img.manifest.xml", "-d", "new"},
		{"download-bundle", "-b", "images", "-p", "disk.img", "-d", "new"},
	} {
		t.Run(args[0], func(t *testing.T) {
			clean := func() {
				if err := os.RemoveAll(filepath.Join(dir, "new")); err != nil {
					t.Fatal(err)
				}
			}
			defer clean()
			begun := time.Now()
			p := start(t, dir, nil, env, args...)
			_ = p.Wait()
			took := time.Since(begun)
			if code := p.ProcessState.ExitCode(); code != 0 {
				t.Fatalf("got exit code %d and %s", code, p.stderr.String())
			}
			whole := names(t, filepath.Join(dir, "new"))
			for i := range moments {
				clean()
				p := start(t, dir, nil, env, args...)
				code := p.interruptAfter(t, took*time.Duration(i)/time.Duration(moments))
				switch got := p.stderr.String(); {
				case code == 0:
					wantFiles(t, filepath.Join(dir, "new"), whole...)
				case code == 130 && got == "emikit "+args[0]+": interrupted\n", code == -1 && got == "": // -1: it had hardly begun
					wantFiles(t, dir, "bundles", "disk.img")
				default:
					t.Errorf("interrupted after %d/%d of %s: got exit code %d and %q", i, moments, took, code, got)
				}
			}
		})
	}
}

// interruptAfter sends a signal when a time has passed, unless the program has ended
// before. It returns the exit code.
func (p *program) interruptAfter(t *testing.T, d time.Duration) int {
	t.Helper()
	timer := time.AfterFunc(d, func() { _ = p.Process.Signal(os.Interrupt) }) // it may have ended
	defer timer.Stop()
	_ = p.Wait()
	return p.ProcessState.ExitCode()
}

// TestInterruptUnbundleStream: standard input gives nothing, and the image was to go
// to a file.
func TestInterruptUnbundleStream(t *testing.T) {
	dir := t.TempDir()
	m := makeBundle(t, dir, noise(1000), 1000, 1<<20)
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p := start(t, dir, out, keyVariables(t), "unbundle-stream", "-m", "bundles/disk.img.manifest.xml", "-o", "new.img")
	out.Close()
	if _, err := in.Write(make([]byte, m.BundledSize)); err != nil {
		t.Fatal(err)
	}
	await(t, "an image", func() bool { return exists(dir, ".new.img.tmp-*") })
	p.end(t, os.Interrupt, 130, "emikit unbundle-stream: interrupted\n")
	wantFiles(t, dir, "bundles")
}

// TestInterruptWhileOpening: a private key may be a pipe, which nobody writes here.
func TestInterruptWhileOpening(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "key")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, nil, keyVariables(t), "unbundle", "-m", "disk.img.manifest.xml", "-k", "key")
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the program has opened it
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	p.end(t, os.Interrupt, 130, "emikit unbundle: interrupted\n")
	wantFiles(t, dir, "key")
}

// holdingStore is an object store that takes requests of one kind and does not
// answer them.
type holdingStore struct {
	*httptest.Server
	bundle string // the directory that objects come from
	method string // of the requests for parts that are held
	held   chan struct{}
	stored chan string // the names of objects that came
	gone   chan string // the names of those that were deleted
}

func newHoldingStore(t *testing.T, bundle, method string) *holdingStore {
	s := &holdingStore{bundle: bundle, method: method, held: make(chan struct{}, 10), stored: make(chan string, 10), gone: make(chan string, 10)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *holdingStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := filepath.Base(r.URL.Path)
	switch {
	case r.URL.Query().Has("location"):
		io.WriteString(w, "<LocationConstraint/>")
	case r.URL.Query().Has("prefix"):
		io.WriteString(w, "<ListBucketResult/>")
	case r.Method == s.method && strings.Contains(name, ".part.") && name != "disk.img.part.00":
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client goes
		s.held <- struct{}{}
		<-r.Context().Done()
	case r.Method == http.MethodDelete:
		s.gone <- name
	case r.Method == http.MethodPut:
		s.stored <- name
	default:
		http.ServeFile(w, r, filepath.Join(s.bundle, name))
	}
}

func (s *holdingStore) variables() []string {
	return []string{"S3_URL=" + s.URL, "EC2_ACCESS_KEY=AKIALICE", "EC2_SECRET_KEY=secret"}
}

func TestInterruptUpload(t *testing.T) {
	dir := t.TempDir()
	makeBundle(t, dir, noise(1000), 1000, 256)
	store := newHoldingStore(t, "", http.MethodPut)
	p := start(t, dir, nil, store.variables(), "upload-bundle", "-b", "images", "-m", "bundles/disk.img.manifest.xml", "--jobs", "2")
	<-store.held
	p.end(t, os.Interrupt, 130, "emikit upload-bundle: interrupted\n")
	store.Close()
	close(store.stored)
	for name := range store.stored {
		if name != "disk.img.part.00" {
			t.Errorf("%s was sent", name)
		}
	}
}

// TestInterruptBundleAndUpload: the parts are removed again, whether they came to
// their end or not, although standard input gives nothing more.
func TestInterruptBundleAndUpload(t *testing.T) {
	dir := t.TempDir()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	store := newHoldingStore(t, "", http.MethodPut)
	p := start(t, dir, out, append(store.variables(), keyVariables(t)...),
		"bundle-and-upload-image", "-b", "images", "-i", "-", "-p", "disk.img", "--image-size", "1g", "--part-size", "64k", "--jobs", "2")
	out.Close()
	go in.Write(noise(8 << 20)) // ends with in
	<-store.held
	p.end(t, os.Interrupt, 130, "emikit bundle-and-upload-image: interrupted\n")
	store.Close()
	close(store.gone)
	var gone []string
	for name := range store.gone {
		gone = append(gone, name)
	}
	for _, name := range []string{"disk.img.part.00", "disk.img.part.01"} {
		if !slices.Contains(gone, name) {
			t.Errorf("removed %q, want %s too", gone, name)
		}
	}
	wantFiles(t, dir)
}

func TestInterruptDownloadAndUnbundle(t *testing.T) {
	dir := t.TempDir()
	makeBundle(t, dir, noise(1000), 1000, 256)
	store := newHoldingStore(t, filepath.Join(dir, "bundles"), http.MethodGet)
	p := start(t, dir, nil, append(store.variables(), keyVariables(t)...), "download-and-unbundle", "-b", "images", "-p", "disk.img", "-d", "back")
	<-store.held
	p.end(t, os.Interrupt, 130, "emikit download-and-unbundle: interrupted\n")
	wantFiles(t, dir, "bundles")
}

func TestInterruptDownload(t *testing.T) {
	dir := t.TempDir()
	makeBundle(t, dir, noise(1000), 1000, 256)
	store := newHoldingStore(t, filepath.Join(dir, "bundles"), http.MethodGet)
	p := start(t, dir, nil, store.variables(), "download-bundle", "-b", "images", "-p", "disk.img", "-d", "back")
	<-store.held
	if !exists(dir, "back/.emikit-download-*/disk.img.manifest.xml") {
		t.Error("nothing was fetched before the interrupt")
	}
	p.end(t, os.Interrupt, 130, "emikit download-bundle: interrupted\n")
	wantFiles(t, dir, "bundles")
}

// TestEndCloud: a cloud ends with a signal in good order, and lets another one on
// its directory then, but not before.
func TestEndCloud(t *testing.T) {
	dir := t.TempDir()
	args := []string{"cloud", "--data", "data", "--port", "0", "--ssl-port", "0"}
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		first := start(t, dir, nil, nil, args...)
		await(t, "a cloud that is ready", func() bool { return strings.HasPrefix(first.stdout.String(), "ready: http://127.0.0.1:") })
		second := start(t, dir, nil, nil, args...)
		_ = second.Wait()
		want := fmt.Sprintf("emikit cloud: data directory data: in use by another emikit cloud (pid %d)\n"+
			"hint: stop that one first, or choose another data directory with --data\n", first.Process.Pid)
		if code := second.ProcessState.ExitCode(); code != 1 || second.stderr.String() != want || second.stdout.String() != "" {
			t.Errorf("second cloud: got exit code %d, %q and %q, want 1, nothing and %q", code, second.stdout.String(), second.stderr.String(), want)
		}
		if err := first.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = first.Wait()
		if code := first.ProcessState.ExitCode(); code != 0 || strings.Count(first.stdout.String(), "\n") != 1 {
			t.Errorf("after %s: got exit code %d and %q, want 0 and one line; log:\n%s", signal, code, first.stdout.String(), first.stderr.String())
		}
	}
}
