package node

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
	"testing/synctest"
	"time"

	"emikit/manifest"
)

func TestConsoleKeepsTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), consoleFile)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c, err := openConsole(path, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for i := range 3000 { // more than the file may hold
		line := bytes.Repeat([]byte{'a' + byte(i%26)}, 999)
		line = append(line, '\n')
		all = append(all, line...)
		if n, err := c.Write(line); n != len(line) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	want := all[len(all)-consoleSize:]
	if got := c.tail(); !bytes.Equal(got.Output, want) || !got.Time.Equal(now) {
		t.Errorf("tail has %d bytes at %v, want the last %d at %v", len(got.Output), got.Time, len(want), now)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > consoleFileSize {
		t.Errorf("file has %d bytes, %v, want at most %d", info.Size(), err, consoleFileSize)
	}
	again, err := openConsole(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if got := again.tail(); !bytes.Equal(got.Output, want) {
		t.Errorf("opened again, tail has %d bytes, want the same %d", len(got.Output), len(want))
	}
	if _, err := again.Write([]byte("more")); err != nil || !bytes.HasSuffix(again.tail().Output, []byte("\nmore")) {
		t.Errorf("Write after opening again = %v, want it at the end", err)
	}
}

func TestConsoleTakesLongWrites(t *testing.T) {
	c, err := openConsole(filepath.Join(t.TempDir(), consoleFile), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	long := bytes.Repeat([]byte("0123456789"), consoleFileSize/5)
	if _, err := c.Write(long); err != nil {
		t.Fatal(err)
	}
	if got := c.tail().Output; !bytes.Equal(got, long[len(long)-consoleSize:]) {
		t.Errorf("tail has %d bytes, want the last %d", len(got), consoleSize)
	}
}

func TestMachineMemory(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]int{
		write("usual", "MemTotal:       24681840 kB\nMemFree: 1 kB\n"): 24103,
		write("other", "nothing of the kind\n"):                        DefaultMemoryMB,
		filepath.Join(dir, "missing"):                                  DefaultMemoryMB,
	} {
		if got := machineMemory(path); got != want {
			t.Errorf("machineMemory(%s) = %d, want %d", path, got, want)
		}
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"i-3F170798": true, "i-0123456789abcdef0": true, "i-1": true,
		"": false, "i-": false, "i-..": false, "i-a/b": false, "i-a b": false, "r-12345678": false,
		"i-" + strings.Repeat("1", 33): false, "i-é": false,
	} {
		if got := validID(id); got != want {
			t.Errorf("validID(%q) = %t, want %t", id, got, want)
		}
	}
}

// silent is a server that accepts a request and never says a word more.
type silent struct{ header bool }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.header {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: http.StatusOK, ContentLength: -1, Body: silentBody{r.Context()}}, nil
}

// silentBody ends when its request does.
type silentBody struct{ ctx context.Context }

func (b silentBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b silentBody) Close() error { return nil }

func TestStalledFetch(t *testing.T) {
	for name, server := range map[string]silent{"before the header": {false}, "before the body": {true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				part := PartURL{Name: "x.part.00", URL: "http://store/x?secret", Size: 10}
				src := newSource(&http.Client{Transport: server}, []PartURL{part}, time.Second)
				begun := time.Now()
				body, err := src.Open(t.Context(), manifest.Part{Name: part.Name})
				if err == nil {
					defer body.Close()
					time.Sleep(10 * stallTimeout) // of the bubble's time: a reader may be slow
					begun = time.Now()
					_, err = io.ReadAll(body)
				}
				if !errors.Is(err, errStalled) || strings.Contains(err.Error(), "secret") {
					t.Errorf("error = %v, want %v without the URL", err, errStalled)
				}
				if took := time.Since(begun); took != stallTimeout {
					t.Errorf("gave up after %v, want %v", took, stallTimeout)
				}
			})
		})
	}
}

func TestCacheMakesRoom(t *testing.T) {
	dir := t.TempDir()
	c, _, err := openCache(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	// A disk of 100 bytes that holds four images of 20.
	c.free = func(string) int64 { return 100 - 20*int64(len(c.byAge())) }
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for i, name := range []string{"oldest", "old", "new", "newest"} {
		image := filepath.Join(dir, name, imageFile)
		if err := os.MkdirAll(filepath.Dir(image), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(image, nil, 0o400); err != nil {
			t.Fatal(err)
		}
		used := day.AddDate(0, 0, i)
		if err := os.Chtimes(image, used, used); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		size int64
		left string
		ok   bool
	}{
		{20, "oldest old new newest", true},
		{50, "new newest", true},
		{101, "", false},
	} {
		err := c.makeRoom(tt.size)
		var left []string
		for _, path := range c.byAge() {
			left = append(left, filepath.Base(filepath.Dir(path)))
		}
		if got := strings.Join(left, " "); got != tt.left || (err == nil) != tt.ok {
			t.Errorf("makeRoom(%d) leaves %q, %v, want %q, success %t", tt.size, got, err, tt.left, tt.ok)
		}
	}
}

func TestReasonsOfGuests(t *testing.T) {
	if got := guestReason(nil); got == "" {
		t.Error("a guest that shut itself down has no reason, want one")
	}
	if got, want := guestReason(errors.New("kernel panic")), "The instance ended: kernel panic."; got != want {
		t.Errorf("reason = %q, want %q", got, want)
	}
}

func TestClientGoesNowhereElse(t *testing.T) {
	var asked []string
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer store.Close()
	client := newClient()
	defer client.CloseIdleConnections()
	parts := newSource(client, []PartURL{{Name: "disk.img.part.00", URL: store.URL + "/part?secret"}}, time.Second)
	_, err := parts.Open(t.Context(), manifest.Part{})
	if err == nil || !strings.Contains(err.Error(), "HTTP 307") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a redirect: got %v, want HTTP 307 and no URL", err)
	}
	if len(asked) != 1 || asked[0] != "/part" {
		t.Errorf("asked for %q, want the part alone", asked)
	}
	if client.Transport.(*http.Transport).Proxy != nil { // net/http asks the environment once only
		t.Error("the client uses a proxy")
	}
}
