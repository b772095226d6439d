package upload

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"emikit/reach"
)

// TestForeignAnswers: what is not an object store is neither a missing bucket nor
// a missing object.
func TestForeignAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		status  int
		body    string
		foreign bool
		made    bool // an answer to what makes a bucket is
	}{
		{"text", 404, "404 page not found\n", true, true},
		{"page", 404, "<!DOCTYPE html><html><body>Error</body></html>", true, true},
		{"EC2", 400, "<Response><Errors><Error><Code>X</Code></Error></Errors></Response>", true, true},
		{"method", 405, "method not allowed", true, true},
		{"refusal", 404, `<?xml version="1.0"?><!-- --><Error><Code>NoSuchBucket</Code></Error>`, false, false},
		{"nothing", 404, "", false, true},
		{"forbidden", 403, "no", false, false},
		{"forbidden page", 403, "<html>Go away</html>", true, true},
		{"gateway", 403, `{"message":"Missing Authentication Token"}`, true, true},
		{"simple server", 501, "<!DOCTYPE HTML>\n<html><p>Unsupported method</html>", true, true},
		{"app", 200, "<!doctype html><html></html>", true, true},
		{"JSON", 200, `{"ok":true}`, true, true},
		{"nothing at all", 200, "", true, true},
		{"login", 302, "", true, true},
		{"unwell", 502, "<html>Bad Gateway</html>", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				if tt.status == 302 {
					w.Header().Set("Location", "https://login.example/in?token=hush")
				}
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			}))
			defer server.Close()
			store, err := Open(Config{Endpoint: server.URL + "/nosuch", Credentials: aliceKey})
			if err != nil {
				t.Fatal(err)
			}
			store.backoff = backoff{attempts: 1}
			_, ensured := store.EnsureBucket(t.Context(), "bkt", "")
			_, listed := store.DownloadBundle(t.Context(), DownloadRequest{From: Location{Bucket: "bkt"}, Dir: t.TempDir()})
			for what, err := range map[string]error{"look up": ensured, "list": listed} {
				want := tt.foreign || tt.made && what == "look up"
				foreign, ok := errors.AsType[*reach.ForeignError](err)
				if ok != want || err != nil && strings.Contains(err.Error(), "hush") {
					t.Errorf("%s: got %v; foreign: %t, want %t", what, err, ok, want)
				}
				if !want {
					continue
				}
				connect, ok := errors.AsType[*ConnectError](err)
				if !ok || foreign.Status != tt.status || !strings.Contains(connect.Hint(), "(-U or S3_URL)") ||
					!strings.HasPrefix(err.Error(), fmt.Sprintf("connect to %s/nosuch: no S3 service answers there: %d ", server.URL, tt.status)) {
					t.Errorf("%s: got %v, want one line that names the address, and a hint at the path", what, err)
				}
			}
		})
	}
}
