package nodetest

import (
	"bytes"
	"crypto/sha1"
	"strings"
	"testing"

	"emikit/node"
)

// fail runs an instance that cannot start and returns the reason that is given.
func (f fixture) fail(t *testing.T, s node.Spec) string {
	t.Helper()
	mustRun(t, f, s)
	got := AwaitState(t, f, s.InstanceID, node.StateTerminated)
	if got.Reason == "" || len(Leaks(s, []byte(got.Reason))) > 0 {
		t.Errorf("reason = %q, want one without URLs and keys", got.Reason)
	}
	return got.Reason
}

// testReasons spoils what anyone can check, and wants to be told what it was.
func testReasons(t *testing.T, f fixture) {
	const advice = "upload the bundle again"
	tests := []struct {
		name, id string
		spoil    func(s *node.Spec, part string)
		want     []string
	}{
		{"missing part", "i-00000001", func(_ *node.Spec, part string) { f.store.Remove(part) },
			[]string{".part.01", "404", advice}},
		{"truncated part", "i-00000002", func(_ *node.Spec, part string) {
			f.store.Put(part, f.store.Part(part)[:1000])
		}, []string{".part.01", "size", advice}},
		{"longer part", "i-00000003", func(_ *node.Spec, part string) {
			f.store.Put(part, append(f.store.Part(part), "more"...))
		}, []string{".part.01", "size", advice}},
		{"altered part", "i-00000004", func(_ *node.Spec, part string) {
			body := f.store.Part(part)
			body[100] ^= 1
			f.store.Put(part, body)
		}, []string{".part.01", "digest", advice}},
		{"no server", "i-00000005", func(s *node.Spec, _ string) {
			s.Machine.Parts[1].URL = "http://127.0.0.1:1/x?" + secret
		}, []string{".part.01", "refused"}},
	}
	for _, tt := range tests {
		s := f.spec(t, tt.id)
		tt.spoil(&s, s.Machine.Parts[1].Name)
		reason := f.fail(t, s)
		for _, want := range append(tt.want, s.Machine.ImageID) {
			if !strings.Contains(reason, want) {
				t.Errorf("%s: reason = %q, want it to name %q", tt.name, reason, want)
			}
		}
	}
}

// testSealedReasons spoils what only the holder of a key can check: every such
// reason must be the same.
func testSealedReasons(t *testing.T, f fixture) {
	reasons := map[string]string{}
	for id, spoil := range map[string]func(a *node.Artifact){
		"i-00000001": func(a *node.Artifact) { a.Key = bytes.Repeat([]byte{1}, len(a.Key)) },
		"i-00000002": func(a *node.Artifact) { a.Key = nil },
		"i-00000003": func(a *node.Artifact) { a.IV = a.Key },
		"i-00000004": func(a *node.Artifact) { a.Digest[0] ^= 1 },
		"i-00000005": func(a *node.Artifact) { a.Size-- },
		"i-00000006": func(a *node.Artifact) { // ciphertext that no one made
			last := &a.Parts[len(a.Parts)-1]
			body := Noise(9, int(last.Size))
			f.store.Put(last.Name, body)
			last.Digest = sha1.Sum(body)
		},
	} {
		s := f.spec(t, id)
		spoil(&s.Machine)
		reasons[strings.ReplaceAll(f.fail(t, s), s.Machine.ImageID, "IMAGE")] = id
	}
	if len(reasons) != 1 {
		t.Errorf("reasons = %q, want one and the same", reasons)
	}
}
