package main

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/bundle/hostiletest"
	"emikit/cmd/cli"
	"emikit/manifest"
)

// TestHostile runs the commands that read bundles on every vector. What is refused
// is refused in one line, which says why; nothing then is where nothing was, and
// nothing else ever changes in or beside the directories that were named. No output
// shows a key.
func TestHostile(t *testing.T) {
	for _, v := range hostiletest.Vectors() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			b := v.Bundle()
			s := newSandbox(t, b)
			whole := isReadable(b) && v.Registration != hostiletest.BadParts // needs no key to see
			s.unbundle(t, v)
			s.unbundleVerified(t, v)
			s.download(t, whole)
			s.downloadAndUnbundle(t, v)
			s.delete(t)
			s.upload(t, whole)
		})
	}
}

func isReadable(b *hostiletest.Bundle) bool {
	document, err := manifest.Plaintext(b.Document, func() (*rsa.PrivateKey, error) { return hostiletest.UserKey(), nil })
	if err == nil {
		_, err = manifest.Parse(document)
	}
	return err == nil
}

// sandbox is a directory that holds a bundle, keys, and what a hostile bundle could
// be after. Commands write into directories below it.
type sandbox struct {
	dir    string
	bundle *hostiletest.Bundle
	bucket *bucketServer
	tree   map[string]string // what is there, by path
}

func newSandbox(t *testing.T, b *hostiletest.Bundle) *sandbox {
	t.Helper()
	s := &sandbox{dir: t.TempDir(), bundle: b, bucket: newBucketServer(t, b)}
	for _, name := range []string{"bundles", "keys", "images", hostiletest.SourceLookalike, hostiletest.DestinationLookalike} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.write(t, "bundles/"+manifest.FileName(hostiletest.ImageName), b.Document)
	for _, f := range b.Files {
		s.place(t, f)
	}
	for _, name := range []string{"secret", "images/keep", hostiletest.DestinationLookalike + "/disk.img"} {
		s.write(t, name, []byte("precious"))
	}
	if err := hostiletest.WriteKeys(filepath.Join(s.dir, "keys")); err != nil {
		t.Fatal(err)
	}
	s.tree = s.files(t)
	return s
}

func (s *sandbox) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// place puts a part where its name leads, if that is in the sandbox and can be: who
// follows the name must find the part there.
func (s *sandbox) place(t *testing.T, f hostiletest.File) {
	t.Helper()
	path := filepath.Join(s.dir, "bundles", f.Name)
	inside := strings.HasPrefix(path, s.dir+"/") && !filepath.IsAbs(f.Name)
	if !inside || strings.Contains(f.Name, "\x00") || len(f.Name) > 255 || s.isDir(path) {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f.Data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *sandbox) isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// files reads everything in the sandbox.
func (s *sandbox) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(s.dir, path)
		if all[name] = e.Type().String(); e.Type().IsRegular() {
			data, err := os.ReadFile(path)
			all[name] = string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// run runs a command line in the test's own process.
func (s *sandbox) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	if slices.Contains([]string{"unbundle", "download-bundle", "download-and-unbundle"}, args[0]) {
		args = append(slices.Clip(args), "--progress", "none") // a slow machine would be told of
	}
	code = s.runTo(t.Context(), &out, &errs, args...)
	for _, secret := range append(hostiletest.Secrets(), secretKey) {
		if strings.Contains(out.String()+errs.String(), secret) {
			t.Errorf("%q shows the secret %q:\n%s%s", args, secret, out.String(), errs.String())
		}
	}
	return code, out.String(), errs.String()
}

const secretKey = "the secret access key"

// runTo does so with its streams and the end of its context.
func (s *sandbox) runTo(ctx context.Context, stdout, stderr io.Writer, args ...string) (code int) {
	env := map[string]string{
		"HOME": s.dir, "S3_URL": s.bucket.URL, "EC2_ACCESS_KEY": "AKIALICE", "EC2_SECRET_KEY": secretKey, "EC2_USER_ID": "123456789012",
		"EC2_CERT": s.path("keys/user-cert.pem"), "EC2_PRIVATE_KEY": s.path("keys/user-pk.pem"), "EUCALYPTUS_CERT": s.path("keys/user-cert.pem"),
	}
	app := &cli.App{
		Name: string(cli.Native), Family: cli.Native, Version: "test", Output: cli.Text, Now: time.Now,
		Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Getenv: func(name string) string { return env[name] },
	}
	return execute(ctx, app, append([]string{"emikit"}, args...))
}

func (s *sandbox) path(name string) string { return filepath.Join(s.dir, name) }

// unbundle goes into a directory that has to be made.
func (s *sandbox) unbundle(t *testing.T, v hostiletest.Vector) {
	t.Helper()
	code, stdout, stderr := s.run(t, "unbundle", "-m", s.path("bundles/disk.img.manifest.xml"), "-k", s.path("keys/user-pk.pem"), "-d", s.path("new"))
	if v.Err != nil {
		s.expectRefusal(t, code, stdout, stderr, "emikit unbundle: ", v.Says)
		return
	}
	s.expectDone(t, code, stderr, map[string]string{"new/" + s.bundle.Fields.Name: ""})
	if warned := strings.Contains(stderr, "warning: "); warned != (v.Signature != nil) {
		t.Errorf("signature %v: got the warning %q", v.Signature, stderr)
	}
	s.clean(t, "new")
}

// unbundleVerified goes into a directory where other things are, and wants the
// signature to be the user's.
func (s *sandbox) unbundleVerified(t *testing.T, v hostiletest.Vector) {
	t.Helper()
	code, stdout, stderr := s.run(t, "unbundle", "-m", s.path("bundles/disk.img.manifest.xml"), "-k", s.path("keys/user-pk.pem"),
		"-c", s.path("keys/user-cert.pem"), "-d", s.path("images"), "--debug")
	switch {
	case v.Err != nil:
		s.expectRefusal(t, code, stdout, stderr, "emikit unbundle: ", v.Says)
	case v.Signature != nil:
		s.expectRefusal(t, code, stdout, stderr, "emikit unbundle: ", v.Signature.Error())
	default:
		image := "images/" + s.bundle.Fields.Name
		s.expectDone(t, code, stderr, map[string]string{image: ""})
		s.clean(t, image)
	}
}

// download looks at what needs no key.
func (s *sandbox) download(t *testing.T, taken bool) {
	t.Helper()
	code, stdout, stderr := s.run(t, "download-bundle", "-b", "bkt", "-p", "disk.img", "-d", s.path("new"), "--debug")
	if !taken {
		s.expectRefusal(t, code, stdout, stderr, "emikit download-bundle: ", "disk.img")
		return
	}
	files := map[string]string{"new/disk.img.manifest.xml": ""}
	if manifest.IsEncrypted(s.bundle.Document) {
		files["new/disk.img.manifest.xml.plaintext"] = ""
	}
	for _, part := range s.bundle.Fields.Parts {
		files["new/"+part.Name] = ""
	}
	s.expectDone(t, code, stderr, files)
	s.clean(t, "new")
}

// downloadAndUnbundle refuses what unbundle refuses.
func (s *sandbox) downloadAndUnbundle(t *testing.T, v hostiletest.Vector) {
	t.Helper()
	args := []string{"download-and-unbundle", "-b", "bkt", "-p", "disk.img", "-k", s.path("keys/user-pk.pem"), "--debug"}
	code, stdout, stderr := s.run(t, append(args, "-d", s.path("new"))...)
	if v.Err != nil {
		says := v.Says
		if strings.Contains(says, "part is missing") || strings.Contains(says, "too large") {
			says = "disk.img" // the object store has words of its own for these
		}
		s.expectRefusal(t, code, stdout, stderr, "emikit download-and-unbundle: ", says)
		return
	}
	s.expectDone(t, code, stderr, map[string]string{"new/" + s.bundle.Fields.Name: ""})
	s.clean(t, "new")
	if code, _, stderr = s.run(t, append(args, "-d", "-")...); code != 0 {
		t.Errorf("to standard output: got exit code %d and %q, want 0", code, stderr)
	}
}

// delete must not remove what is not named as a part of the bundle.
func (s *sandbox) delete(t *testing.T) {
	t.Helper()
	s.bucket.takeDeleted()
	s.run(t, "delete-bundle", "-b", "bkt", "-m", "disk.img.manifest.xml")
	for _, name := range s.bucket.takeDeleted() {
		if name != "disk.img.manifest.xml" && !manifest.IsPartName(s.bundle.Fields.Name, name) && !manifest.IsPartName("disk.img", name) {
			t.Errorf("delete: removed %q", name)
		}
	}
	s.expectTree(t, "delete", nil)
}

// upload must not send what it is not to read, nor a manifest of what is not whole.
func (s *sandbox) upload(t *testing.T, taken bool) {
	t.Helper()
	code, stdout, stderr := s.run(t, "upload-bundle", "-b", "upload", "-m", s.path("bundles/disk.img.manifest.xml"), "--debug")
	sent := s.bucket.takeSent()
	if !taken {
		s.expectRefusal(t, code, stdout, stderr, "emikit upload-bundle: ", "disk.img")
		if slices.Contains(sent, "disk.img.manifest.xml") {
			t.Errorf("upload: sent %q, want no manifest", sent)
		}
		return
	}
	s.expectDone(t, code, stderr, nil)
	want := []string{"disk.img.manifest.xml"}
	for _, part := range s.bundle.Fields.Parts {
		want = append(want, part.Name)
	}
	if slices.Sort(want); !slices.Equal(sent, want) {
		t.Errorf("upload: sent %q, want %q", sent, want)
	}
}

// expectRefusal wants one line, beside the log and a hint, and that nothing has
// changed.
func (s *sandbox) expectRefusal(t *testing.T, code int, stdout, stderr, begins, says string) {
	t.Helper()
	lines := messages(stderr)
	if code != 1 || stdout != "" || len(lines) != 1 || !strings.HasPrefix(lines[0], begins) || !strings.Contains(lines[0], says) {
		t.Errorf("%sgot exit code %d, %q and %q, want 1, nothing and a line with %q", begins, code, stdout, stderr, says)
	}
	s.expectTree(t, begins, nil)
}

func (s *sandbox) expectDone(t *testing.T, code int, stderr string, more map[string]string) {
	t.Helper()
	if code != 0 {
		t.Errorf("got exit code %d and %q, want 0", code, stderr)
	}
	s.expectTree(t, "done", more)
}

// expectTree wants what was there from the beginning, and more.
func (s *sandbox) expectTree(t *testing.T, after string, more map[string]string) {
	t.Helper()
	now := s.files(t)
	for path := range more {
		if _, ok := now[path]; !ok {
			t.Errorf("%s: %s is not there", after, path)
		}
		delete(now, path)
	}
	if len(more) > 0 {
		delete(now, "new")
	}
	if !maps.Equal(now, s.tree) {
		for _, path := range slices.Sorted(maps.Keys(now)) {
			if s.tree[path] != now[path] {
				t.Errorf("%s: %s is new or has changed", after, path)
			}
			delete(s.tree, path)
		}
		t.Fatalf("%s: gone: %q", after, slices.Sorted(maps.Keys(s.tree)))
	}
}

func (s *sandbox) clean(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(s.path(name)); err != nil {
		t.Fatal(err)
	}
}

// messages are the lines for the user: without the log's and without hints.
func messages(stderr string) []string {
	return slices.DeleteFunc(strings.Split(strings.TrimSuffix(stderr, "\n"), "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "time=") || strings.HasPrefix(line, "hint: ")
	})
}

// bucketServer is an object store that holds one bundle, in the bucket bkt, and
// takes objects into any other without keeping them.
type bucketServer struct {
	*httptest.Server
	objects map[string][]byte

	mu      sync.Mutex
	sent    []string
	deleted []string
}

func newBucketServer(t *testing.T, b *hostiletest.Bundle) *bucketServer {
	s := &bucketServer{objects: map[string][]byte{manifest.FileName(hostiletest.ImageName): b.Document}}
	for _, f := range b.Files {
		s.objects[f.Name] = f.Data
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	data, found := s.objects[name]
	switch {
	case r.URL.Query().Has("location"):
		io.WriteString(w, "<LocationConstraint/>")
	case name == "":
		io.WriteString(w, "<ListBucketResult/>")
	case r.Method == http.MethodPut:
		_, _ = io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = append(s.sent, name)
	case r.Method == http.MethodDelete:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.deleted = append(s.deleted, name)
	case !found || bucket != "bkt":
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>")
	default:
		_, _ = w.Write(data)
	}
}

// takeSent returns the names of the objects that came since the last call, sorted.
func (s *bucketServer) takeSent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := s.sent
	s.sent = nil
	slices.Sort(sent)
	return sent
}

// takeDeleted returns the names of the objects that were deleted since the last call.
func (s *bucketServer) takeDeleted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	deleted := s.deleted
	s.deleted = nil
	return deleted
}
