package node_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"emikit/bundle/hostiletest"
	"emikit/node"
	"emikit/node/nodetest"
)

// TestHostile launches an instance of every vector whose fault a specification can
// have, on one node. What is refused ends with a reason, leaves no file behind, and
// tells nothing about the key: everything that depends on it has one reason. What
// is taken runs.
func TestHostile(t *testing.T) {
	var log lockedLog
	dir := t.TempDir()
	c := config(dir)
	c.Key, c.Certificate = hostiletest.CloudKey(), hostiletest.CloudCertificate()
	c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	n, store := open(t, c), newHostileStore(t)
	sealed, shown := map[string]string{}, ""
	var cached []string
	for i, v := range hostiletest.Vectors() {
		if v.Node == hostiletest.Unsent {
			continue
		}
		s := store.spec(fmt.Sprintf("%08X", i), v.Bundle())
		reason := launch(t, n, s)
		switch {
		case v.Node == hostiletest.Taken && reason == "":
			cached = append(cached, s.Machine.CacheKey+"/image")
		case v.Node == hostiletest.Taken || reason == "":
			t.Errorf("%s: got the reason %q, want the answer %s", v.Name, reason, v.Node)
		case v.Node == hostiletest.Sealed:
			sealed[strings.ReplaceAll(reason, s.Machine.ImageID, "EMI")] = v.Name
		case v.Node == hostiletest.BadParts && !strings.Contains(reason, "disk.img.part."):
			t.Errorf("%s: got the reason %q, want it to name a part", v.Name, reason)
		case v.Node == hostiletest.BadSpec != strings.Contains(reason, node.ErrBadSpec.Error()):
			t.Errorf("%s: got the reason %q, want the answer %s", v.Name, reason, v.Node)
		}
		if strings.ContainsAny(reason, "\n\x00\u009b") || len(reason) > 500 {
			t.Errorf("%s: got the reason %q, want one line of plain text", v.Name, reason)
		}
		shown += reason
	}
	if len(sealed) != 1 {
		t.Errorf("what depends on the key: got the reasons %q, want one and the same", sealed)
	}
	expectCache(t, dir, cached)
	expectNoSecrets(t, shown+log.String())
}

// launch runs an instance and terminates it. It returns why it did not run.
func launch(t *testing.T, n *node.Node, s node.Spec) (reason string) {
	t.Helper()
	err := n.Run(t.Context(), s)
	if errors.Is(err, node.ErrBadSpec) {
		return node.ErrBadSpec.Error() + ": " + err.Error()
	}
	if err != nil {
		t.Fatalf("Run(%s) = %v", s.InstanceID, err)
	}
	nodetest.Await(t, n, s.InstanceID+" runs or has ended", func(status node.Status) bool {
		for _, in := range status.Instances {
			if in.ID == s.InstanceID {
				reason = in.Reason
				return in.State == node.StateRunning || in.State == node.StateTerminated
			}
		}
		return false
	})
	if reason == "" {
		terminate(t, n, s.InstanceID)
	}
	return reason
}

// expectCache demands that the cache holds these files and no others, and that no
// instance has kept an image.
func expectCache(t *testing.T, dir string, want []string) {
	t.Helper()
	slices.Sort(want)
	if got := files(t, filepath.Join(dir, "cache")); !slices.Equal(got, want) {
		t.Errorf("the cache holds %q, want %q", got, want)
	}
	for _, name := range files(t, filepath.Join(dir, "instances")) {
		if base := filepath.Base(name); !slices.Contains([]string{"console.log", "spec.json", "state.json"}, base) {
			t.Errorf("an instance has left %s", name)
		}
	}
}

func expectNoSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range append(hostiletest.Secrets(), hostileToken) {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the log or in a reason", secret)
		}
	}
}

// hostileToken stands in the URLs of parts.
const hostileToken = "X-Amz-Signature=5ec2e7"

// hostileStore serves the parts of hostile bundles, by instance and index: what they
// are called may not go into a URL.
type hostileStore struct {
	*httptest.Server
	mu    sync.Mutex
	parts map[string][]byte
}

func newHostileStore(t *testing.T) *hostileStore {
	s := &hostileStore{parts: map[string][]byte{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *hostileStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body, ok := s.parts[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(body)
}

// spec is an instance of a bundle, whose parts the store then has.
func (s *hostileStore) spec(id string, b *hostiletest.Bundle) node.Spec {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, digest := b.Fields, sha256.Sum256(b.Document)
	a := node.Artifact{
		ImageID: "emi-" + id, Location: "bucket/disk.img.manifest.xml", Name: f.Name, Digest: f.Digest,
		Size: f.Size, BundledSize: f.BundledSize, CacheKey: hex.EncodeToString(digest[:]), Key: f.CloudKey, IV: f.CloudIV,
	}
	for i, p := range f.Parts {
		path := fmt.Sprintf("/%s/%d", id, i)
		if body, ok := fileOf(b, i); ok {
			s.parts[path] = body
		}
		a.Parts = append(a.Parts, node.PartURL{Name: p.Name, URL: s.URL + path + "?" + hostileToken, Size: b.Sizes[i], Digest: p.Digest})
	}
	return node.Spec{
		InstanceID: "i-" + id, ReservationID: "r-0000000A", Account: "000100729354", Type: nodetest.Small(),
		Machine: a, KernelArgs: "root=/dev/sda1 ro",
	}
}

// fileOf is the file of a part: the one of its index if two have its name.
func fileOf(b *hostiletest.Bundle, index int) (body []byte, ok bool) {
	name := b.Fields.Parts[index].Name
	if index < len(b.Files) && b.Files[index].Name == name {
		return b.Files[index].Data, true
	}
	i := slices.IndexFunc(b.Files, func(f hostiletest.File) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return b.Files[i].Data, true
}

// lockedLog is written to by the node's goroutines.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
