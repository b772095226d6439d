package hostiletest_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/bundle/hostiletest"
	"emikit/manifest"
)

func TestEveryItemHasAVector(t *testing.T) {
	have := map[hostiletest.Item]int{}
	for _, v := range hostiletest.Vectors() {
		have[v.Item]++
	}
	items := hostiletest.Items()
	for _, item := range items {
		if have[item] == 0 {
			t.Errorf("%s: no vector", item)
		}
	}
	if len(have) != len(items) {
		t.Errorf("the vectors are of %d items, the list has %d", len(have), len(items))
	}
	t.Logf("%d vectors of %d items", len(hostiletest.Vectors()), len(items))
}

// TestAnswersFitTheError: what depends on the decrypted key, and only that, is
// sealed.
func TestAnswersFitTheError(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range hostiletest.Vectors() {
		if seen[v.Name] {
			t.Errorf("%s: two vectors of that name", v.Name)
		}
		seen[v.Name] = true
		if errors.Is(v.Err, bundle.ErrKeyDependent) && v.Registration == hostiletest.Taken {
			t.Errorf("%s: depends on the key, and is taken", v.Name)
		}
		if v.Registration == "" || v.Node == "" {
			t.Errorf("%s: lacks an answer", v.Name)
		}
		if (v.Err == nil) != (v.Says == "") && !errors.Is(v.Err, bundle.ErrTar) {
			t.Errorf("%s: says %q with the error %v", v.Name, v.Says, v.Err)
		}
		if v.Node == hostiletest.Unsent && v.Registration == hostiletest.Taken {
			t.Errorf("%s: is taken at registration and then no node knows what to do", v.Name)
		}
	}
}

// TestVectorsAreFixed: a bundle has the same bytes whenever it is made, and other
// bytes than the good one.
func TestVectorsAreFixed(t *testing.T) {
	good := hostiletest.Good()
	for _, v := range hostiletest.Vectors() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			first, second := v.Bundle(), v.Bundle()
			if !same(first, second) {
				t.Error("two makings differ")
			}
			if same(first, good) {
				t.Error("is the good bundle")
			}
		})
	}
}

func same(a, b *hostiletest.Bundle) bool {
	return bytes.Equal(a.Document, b.Document) && slices.EqualFunc(a.Files, b.Files, func(f, g hostiletest.File) bool {
		return f.Name == g.Name && bytes.Equal(f.Data, g.Data)
	})
}

// TestGoodBundle: without a fault all is well, so that the fault is what a vector
// is refused for.
func TestGoodBundle(t *testing.T) {
	b := hostiletest.Good()
	m, err := manifest.Parse(b.Document)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.VerifySignature(&hostiletest.UserKey().PublicKey); err != nil {
		t.Error(err)
	}
	written, err := manifest.Sign(&b.Fields, hostiletest.UserKey())
	if err != nil || !bytes.Equal(written, b.Document) {
		t.Errorf("document: got\n%s\nwant, as it is really written,\n%s\n(%v)", b.Document, written, err)
	}
	key, err := m.OpenKey(hostiletest.UserKey())
	if err != nil {
		t.Fatal(err)
	}
	if cloud := m.OpenCloudKey(hostiletest.CloudKey()); cloud.Key != key.Key || cloud.IV != key.IV || key.Key != hostiletest.BundlingKey().Key {
		t.Error("the envelopes hold another key")
	}
	var image bytes.Buffer
	if err := bundle.Unbundle(t.Context(), m, key, hostiletest.NewSource(b), &image); err != nil || !bytes.Equal(image.Bytes(), hostiletest.Image()) {
		t.Errorf("got %d bytes, %v, want the image", image.Len(), err)
	}
}

func TestSecrets(t *testing.T) {
	secrets := hostiletest.Secrets()
	if len(secrets) < 20 || !slices.Contains(secrets, "Zq7#kT1!vW9@xR3$") || !strings.HasPrefix(secrets[4], "MII") {
		t.Errorf("got %d secrets, want the bundling key and the lines of a PEM file", len(secrets))
	}
}
