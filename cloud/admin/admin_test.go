package admin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/identity"
)

// fake answers what it is told to, and keeps how it was asked.
type fake struct {
	mu    sync.Mutex
	asked []string
	err   error
	// wait is closed to let AddUser answer; nil: at once. entered tells that it was
	// asked.
	wait, entered chan struct{}
}

func (f *fake) note(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.err
}

var (
	day   = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	alice = User{Name: "alice", Account: "123456789012", Admin: true, Created: day, HasPassword: true, Credentials: "/d/c/alice"}
	key   = Key{ID: "AKI1", Active: true, Created: day, Secret: "s3cret"}
	cert  = Certificate{Fingerprint: "ab12", Active: true, Added: day, Expires: day.AddDate(10, 0, 0)}
)

func (f *fake) Users(context.Context) ([]User, error) { return []User{alice}, f.note("users") }
func (f *fake) AddUser(ctx context.Context, name string, admin bool) (User, error) {
	if f.entered != nil {
		close(f.entered)
		select {
		case <-f.wait:
		case <-ctx.Done():
			return User{}, f.note("add cut off")
		}
	}
	return alice, f.note("add %q %v", name, admin)
}
func (f *fake) RemoveUser(_ context.Context, name string) (User, error) {
	return alice, f.note("remove %q", name)
}
func (f *fake) SetPassword(_ context.Context, name, password string) (User, error) {
	return alice, f.note("password %q %q", name, password)
}
func (f *fake) Keys(_ context.Context, name string) ([]Key, error) {
	return []Key{key}, f.note("keys %q", name)
}
func (f *fake) AddKey(_ context.Context, name string) (Key, error) {
	return key, f.note("add key %q", name)
}
func (f *fake) RevokeKey(_ context.Context, name, id string) error {
	return f.note("revoke %q %q", name, id)
}
func (f *fake) Certificates(_ context.Context, name string) ([]Certificate, error) {
	return []Certificate{cert}, f.note("certificates %q", name)
}
func (f *fake) AddCertificate(_ context.Context, name, pem string) (Certificate, error) {
	return cert, f.note("add certificate %q %q", name, pem)
}
func (f *fake) NewCertificate(_ context.Context, name string) (Certificate, error) {
	return cert, f.note("new certificate %q", name)
}
func (f *fake) RevokeCertificate(_ context.Context, name, fingerprint string) error {
	return f.note("revoke certificate %q %q", name, fingerprint)
}

func start(t *testing.T, dir string, users Users) *Server {
	t.Helper()
	s, err := Start(t.Context(), dir, users, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// Each method gets there with its arguments, and the answer gets back.
func TestEveryMethod(t *testing.T) {
	f, dir := &fake{}, t.TempDir()
	start(t, dir, f)
	c, ctx := NewClient(dir), t.Context()
	odd := "../a b\x00\n\"é"
	for _, m := range []struct {
		want   string // how the cloud is asked
		answer any
		call   func() (any, error)
	}{
		{"users", []User{alice}, func() (any, error) { return c.Users(ctx) }},
		{fmt.Sprintf("add %q true", odd), alice, func() (any, error) { return c.AddUser(ctx, odd, true) }},
		{`remove "alice"`, alice, func() (any, error) { return c.RemoveUser(ctx, "alice") }},
		{fmt.Sprintf("password \"alice\" %q", odd), alice, func() (any, error) { return c.SetPassword(ctx, "alice", odd) }},
		{`keys "alice"`, []Key{key}, func() (any, error) { return c.Keys(ctx, "alice") }},
		{`add key "alice"`, key, func() (any, error) { return c.AddKey(ctx, "alice") }},
		{`revoke "alice" "AKI1"`, nil, func() (any, error) { return nil, c.RevokeKey(ctx, "alice", "AKI1") }},
		{`certificates "alice"`, []Certificate{cert}, func() (any, error) { return c.Certificates(ctx, "alice") }},
		{fmt.Sprintf("add certificate \"alice\" %q", odd), cert, func() (any, error) { return c.AddCertificate(ctx, "alice", odd) }},
		{`new certificate "alice"`, cert, func() (any, error) { return c.NewCertificate(ctx, "alice") }},
		{`revoke certificate "alice" "ab12"`, nil, func() (any, error) { return nil, c.RevokeCertificate(ctx, "alice", "ab12") }},
	} {
		f.asked = nil
		answer, err := m.call()
		if err != nil || !cmp.Equal(f.asked, []string{m.want}) {
			t.Errorf("asked %q, %v; want %s", f.asked, err, m.want)
		}
		if diff := cmp.Diff(m.answer, answer); diff != "" {
			t.Errorf("%s: answer (-want +got):\n%s", m.want, diff)
		}
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "do this" }

func TestErrorsComeBackWithTheirHints(t *testing.T) {
	f, dir := &fake{}, t.TempDir()
	start(t, dir, f)
	for _, err := range []error{
		fmt.Errorf("account %q: %w", "x", identity.ErrNoSuchAccount),
		errors.New("disk full"),
		fmt.Errorf("outer: %w", hinted{errors.New("inner")}),
	} {
		f.err = err
		_, got := NewClient(dir).Keys(t.Context(), "x")
		refusal, ok := errors.AsType[*Error](got)
		wantHint := ""
		if h, is := errors.AsType[hinted](err); is {
			wantHint = h.Hint()
		}
		if !ok || refusal.Error() != err.Error() || refusal.Hint() != wantHint {
			t.Errorf("got %v (%+v), want %v with hint %q", got, refusal, err, wantHint)
		}
	}
}

func TestSocketIsTheOwnersOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // a data directory with other uses
		t.Fatal(err)
	}
	s := start(t, dir, &fake{})
	info, err := os.Lstat(s.path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("got %v, %v; want a socket with mode 0600", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v; want nothing beside it", entries, err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(s.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v, want it gone", err)
	}
}

// A cloud that was killed leaves its socket, and may leave the folder in which one
// was being made.
func TestStaleSocketIsReplaced(t *testing.T) {
	dir := t.TempDir()
	left, err := listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	left.Close() // as the kernel does: the file stays
	if err := os.MkdirAll(filepath.Join(dir, ".sock", "s"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := NewClient(dir).Users(t.Context()); err == nil || !strings.Contains(err.Error(), "no cloud runs on this data directory") {
		t.Errorf("with the socket of a killed cloud: got %v", err)
	}
	start(t, dir, &fake{})
	if _, err := NewClient(dir).Users(t.Context()); err != nil {
		t.Errorf("with the new one: %v", err)
	}
}

func TestOtherFilesStay(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a file":      func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) },
		"a directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":      func(path string) error { return os.Symlink("/nowhere", path) },
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, SocketName)
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), dir, &fake{}, slog.New(slog.DiscardHandler)); !errors.Is(err, errNotSocket) {
			t.Errorf("%s: got %v, want %v", name, err, errNotSocket)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s: %v, want it as it was", name, err)
		}
	}
}

func TestLongPath(t *testing.T) {
	parent := t.TempDir()
	for _, length := range []int{maxSocketPath - 1, maxSocketPath, maxSocketPath + 1, 1000} { // of the socket's path
		dir := parent
		for len(dir)+1+len(SocketName) < length {
			more := length - len(dir) - 2 - len(SocketName)
			dir = filepath.Join(dir, strings.Repeat("d", max(1, min(more, 200))))
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		s := start(t, dir, &fake{})
		if _, err := NewClient(dir).Users(t.Context()); err != nil {
			t.Errorf("%d bytes: %v", len(s.path), err)
		}
	}
}

func TestLongPathWithoutAWay(t *testing.T) {
	long := filepath.Join("/", strings.Repeat("d", maxSocketPath), SocketName)
	err := error(&errLongPath{long})
	if got := err.Error(); !strings.Contains(got, "the path has 119 bytes, and that of a socket may have 107") && maxSocketPath == 107 {
		t.Errorf("got %q", got)
	}
}

func TestNoCloud(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		dir:                                      "no cloud runs on this data directory",
		filepath.Join(dir, "nowhere"):            "no such data directory",
		file:                                     "no cloud runs on this data directory",
		"/" + strings.Repeat("long/", 100) + "x": "no such data directory",
	} {
		_, err := NewClient(at).Users(t.Context())
		refusal, ok := errors.AsType[*Error](err)
		if !ok || refusal.Error() != at+": "+want || refusal.Hint() == "" || strings.Contains(refusal.Error(), "\n") {
			t.Errorf("%s: got %v, want %s, with a hint", at, err, want)
		}
	}
}

// What is not a request is refused, and the next one is answered.
func TestGarbageOnTheSocket(t *testing.T) {
	f, dir := &fake{}, t.TempDir()
	s := start(t, dir, f)
	post := func(path, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	}
	long := `{"user":"` + strings.Repeat("x", maxRequest) + `"}`
	for name, c := range map[string]struct{ sent, want string }{
		"noise":            {"\x00\xff\x16\x03\x01garbage\r\n\r\n", "400"},
		"another method":   {"GET /users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"},
		"unknown path":     {post("/frobnicate", "{}"), "404"},
		"below a path":     {post("/users/", "{}"), "404"},
		"empty":            {post("/users", ""), "400"},
		"no JSON":          {post("/set-password", `{"user":"a","password":"hush hush`), "400"},
		"unknown field":    {post("/add-user", `{"user":"a","root":true}`), "400"},
		"wrong type":       {post("/add-user", `{"user":["hush hush"]}`), "400"},
		"two values":       {post("/add-user", `{"user":"a"}{"user":"b"}`), "400"},
		"too long":         {post("/add-user", long), "400"},
		"too long a head":  {"POST /users HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", "431"},
		"deep":             {post("/add-user", strings.Repeat("[", 50000)), "400"},
		"chunks of nobody": {"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", "400"},
	} {
		answer := exchange(t, s.path, c.sent)
		if !strings.HasPrefix(answer, "HTTP/1.1 "+c.want) || strings.Contains(answer, "hush") {
			t.Errorf("%s: got %.200q, want %s and nothing of what was sent", name, answer, c.want)
		}
	}
	if len(f.asked) != 0 {
		t.Errorf("the cloud was asked %q", f.asked)
	}
	if _, err := NewClient(dir).Users(t.Context()); err != nil {
		t.Errorf("then: %v", err)
	}
}

// exchange sends bytes to a socket and returns what comes back.
func exchange(t *testing.T, path, sent string) string {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, sent) // the answer may come before all is read
	answer, _ := io.ReadAll(conn) // a reset may follow the answer
	return string(answer)
}

// A program that is no cloud cannot make the client wait, swell or believe it.
func TestForeignServer(t *testing.T) {
	for name, answer := range map[string]string{
		"noise":         "\x00\x01\x02 SSH-2.0-nonsense\r\n\r\n",
		"nothing":       "",
		"another page":  "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
		"an error":      "HTTP/1.1 500 Oh\x1b[31m\r\nContent-Length: 2\r\n\r\n{}",
		"another type":  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"a redirection": "HTTP/1.1 301 Moved\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
		"a long head":   "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"a long body":   "HTTP/1.1 200 OK\r\nContent-Length: 17825792\r\n\r\n" + strings.Repeat("[", 17<<20),
	} {
		dir := t.TempDir()
		l, err := net.Listen("unix", filepath.Join(dir, SocketName))
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan struct{})
		go func() {
			defer close(served)
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				io.Copy(conn, bytes.NewReader([]byte(answer)))
			}
		}()
		_, err = NewClient(dir).Users(t.Context())
		refusal, ok := errors.AsType[*Error](err)
		if !ok || !strings.Contains(refusal.Error(), "not the answer of a cloud") || len(refusal.Error()) > 400 || strings.ContainsAny(refusal.Error(), "\x1b\n") {
			t.Errorf("%s: got %v, want one line that says so", name, err)
		}
		l.Close()
		<-served
	}
}

// Close waits for a request that is being answered, and the answer arrives.
func TestCloseWaits(t *testing.T) {
	f, dir := &fake{wait: make(chan struct{}), entered: make(chan struct{})}, t.TempDir()
	s := start(t, dir, f)
	answered := make(chan error, 1)
	go func() {
		_, err := NewClient(dir).AddUser(context.Background(), "alice", false)
		answered <- err
	}()
	<-f.entered
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	for err := error(nil); err == nil; { // until it has begun
		_, err = os.Lstat(s.path)
	}
	close(f.wait)
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if !cmp.Equal(f.asked, []string{`add "alice" false`}) { // no lock: nothing runs any more
		t.Errorf("got %q, want the request done", f.asked)
	}
	if err := <-answered; err != nil {
		t.Errorf("the request: %v", err)
	}
}

// A request that takes longer than the end may is cut off, and waited for.
func TestCloseCutsOff(t *testing.T) {
	f, dir := &fake{wait: make(chan struct{}), entered: make(chan struct{})}, t.TempDir()
	s := start(t, dir, f)
	answered := make(chan error, 1)
	go func() {
		_, err := NewClient(dir).AddUser(context.Background(), "alice", false)
		answered <- err
	}()
	<-f.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the time is up at once
	if err := s.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	if !cmp.Equal(f.asked, []string{"add cut off"}) { // no lock: nothing runs any more
		t.Errorf("got %q, want the request cut off", f.asked)
	}
	if err := <-answered; err == nil {
		t.Error("a request that was cut off was answered")
	}
}
