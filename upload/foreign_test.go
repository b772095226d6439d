package upload

import (
	"errors"
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
	}{
		{"text", 404, "404 page not found\n", true},
		{"page", 404, "<!DOCTYPE html><html><body>Error</body></html>", true},
		{"EC2", 400, "<Response><Errors><Error><Code>X</Code></Error></Errors></Response>", true},
		{"method", 405, "method not allowed", true},
		{"refusal", 404, `<?xml version="1.0"?><!-- --><Error><Code>NoSuchBucket</Code></Error>`, false},
		{"nothing", 404, "", false},
		{"forbidden", 403, "no", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			}))
			defer server.Close()
			store, err := Open(Config{Endpoint: server.URL + "/nosuch", Credentials: aliceKey})
			if err != nil {
				t.Fatal(err)
			}
			_, ensured := store.EnsureBucket(t.Context(), "bkt", "")
			_, listed := store.DownloadBundle(t.Context(), DownloadRequest{From: Location{Bucket: "bkt"}, Dir: t.TempDir()})
			for what, err := range map[string]error{"look up": ensured, "list": listed} {
				foreign, ok := errors.AsType[*reach.ForeignError](err)
				if ok != tt.foreign {
					t.Errorf("%s: got %v; foreign: %t, want %t", what, err, ok, tt.foreign)
				}
				if !tt.foreign {
					continue
				}
				connect, ok := errors.AsType[*ConnectError](err)
				if !ok || foreign.Status != tt.status || !strings.Contains(connect.Hint(), "/services/Walrus") ||
					!strings.HasPrefix(err.Error(), "connect to "+server.URL+"/nosuch: no S3 service answers there: 40") {
					t.Errorf("%s: got %v, want one line that names the address, and a hint at the path", what, err)
				}
			}
		})
	}
}
