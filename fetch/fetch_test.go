package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"emikit/fetch"
)

func TestIsURL(t *testing.T) {
	for input, want := range map[string]bool{
		"http://x/y": true, "https://x": true, "ftp://x/y": true, "file:///y": true, "HTTP://x/y": true,
		"disk.img": false, "/tmp/disk.img": false, "C:/disk.img": false, "": false, "a b://c": false, "://": false,
	} {
		if got := fetch.IsURL(input); got != want {
			t.Errorf("IsURL(%q): got %v, want %v", input, got, want)
		}
	}
}

func TestName(t *testing.T) {
	for text, want := range map[string]string{
		"http://x/a/disk.img":          "disk.img",
		"http://x/disk.img?sig=a/b#c":  "disk.img",
		"https://u:secret@x/a%20b.img": "a b.img",
		"file:///images/disk.img":      "disk.img",
		"http://x":                     "",
		"http://x/":                    "",
		"http://x/a/..":                "",
		"http://x/.hidden":             "",
		"http://x/a%0ab":               "",
		"http://x/a%5Cb":               "",
		"http:///a":                    "",
		"ftp://x/a":                    "",
		"http://u:secret@[/a":          "",
	} {
		got, err := fetch.Name(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Name(%q): got %q, %v, want %q", text, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("Name(%q): the error tells the password: %v", text, err)
		}
	}
}

// serve fetches /dir/disk.img from a server into a new directory.
func serve(t *testing.T, r fetch.Request, answer http.HandlerFunc) (dir, file string, err error) {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	r.URL, r.Dir = server.URL+"/dir/disk.img", t.TempDir()
	if r.MaxSize == 0 {
		r.MaxSize = 1 << 20
	}
	file, err = fetch.File(t.Context(), r)
	return r.Dir, file, err
}

func TestFile(t *testing.T) {
	content := bytes.Repeat([]byte("image"), 10000)
	var done, total int64
	r := fetch.Request{UserAgent: "emikit/1", Progress: func(d, n int64) { done, total = d, n }}
	dir, file, err := serve(t, r, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("User-Agent") + r.Header.Get("Accept-Encoding"); got != "emikit/1" {
			t.Errorf("headers: got %q", got)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
	if err != nil || file != filepath.Join(dir, "disk.img") {
		t.Fatalf("got %q, %v", file, err)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(content))
	}
	if done != int64(len(content)) || total != done {
		t.Errorf("progress: got %d of %d, want all of %d", done, total, len(content))
	}
}

// TestFileReplaces: a file of that name is there.
func TestFileReplaces(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "new") }))
	defer server.Close()
	r := fetch.Request{URL: server.URL + "/disk.img", Dir: t.TempDir(), MaxSize: 3}
	path := filepath.Join(r.Dir, "disk.img")
	if err := os.WriteFile(path, []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch.File(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new" {
		t.Errorf("got %q, %v, want new", got, err)
	}
}

// TestFileFails: the error says why, and nothing is left.
func TestFileFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"not found": {http.NotFound, "the server answers 404 Not Found"},
		"page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "log in")
		}, "a web page"},
		"said too large": {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 2000)) }, "larger than is taken: more than 1000 bytes"},
		"is too large": {func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush() // no length
			w.Write(make([]byte, 2000))
		}, "larger than is taken"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "900")
			w.Write(make([]byte, 100))
		}, "the server closed the connection"},
		"redirected for ever": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "redirected more than 10 times"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _, err := serve(t, fetch.Request{MaxSize: 1000}, c.answer)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left in the directory: %v, %v", left, err)
			}
		})
	}
}

func TestFileStalls(t *testing.T) {
	_, _, err := serve(t, fetch.Request{StallAfter: 10 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done() // the client goes
	})
	if !errors.Is(err, fetch.ErrStalled) {
		t.Errorf("got %v, want ErrStalled", err)
	}
}

func TestFileInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		cancel(errInterrupted)
		<-r.Context().Done()
	}))
	defer server.Close()
	_, err := fetch.File(ctx, fetch.Request{URL: server.URL + "/a", Dir: t.TempDir(), MaxSize: 1})
	if !errors.Is(err, errInterrupted) {
		t.Errorf("got %v, want the interruption", err)
	}
}

var errInterrupted = errors.New("interrupted")

func TestFileDowngraded(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "forged") }))
	defer plain.Close()
	server := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/disk.img", http.StatusFound))
	defer server.Close()
	r := fetch.Request{URL: server.URL + "/disk.img", Dir: t.TempDir(), MaxSize: 100, InsecureSkipVerify: true}
	if _, err := fetch.File(t.Context(), r); err == nil || !strings.Contains(err.Error(), "redirected from https to http") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestFileOnDisk(t *testing.T) {
	if got, err := fetch.File(t.Context(), fetch.Request{URL: "file:///images/disk.img"}); got != "/images/disk.img" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
