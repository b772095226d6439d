package manifest_test

import (
	"crypto/rsa"
	"errors"
	"runtime"
	"testing"

	"emikit/bundle/hostiletest"
	"emikit/manifest"
)

// TestHostileBundles reads the manifest of every hostile bundle: it is refused for
// the reason that the vector names, or it is readable, and then its signature is
// what the vector says. Little memory is enough for each.
func TestHostileBundles(t *testing.T) {
	const maxMemory = 48 << 20 // bytes allocated in all, for at most 5 MiB
	refused := 0
	for _, v := range hostiletest.Vectors() {
		document := v.Bundle().Document
		before := allocated()
		m, err := read(document)
		if used := allocated() - before; used > maxMemory {
			t.Errorf("%s: allocated %d bytes, want %d at most", v.Name, used, maxMemory)
		}
		if err != nil {
			if refused++; !errors.Is(err, v.Err) || v.Registration != hostiletest.BadManifest {
				t.Errorf("%s: got %v, want %v", v.Name, err, v.Err)
			}
			continue
		}
		if err := m.VerifySignature(&hostiletest.UserKey().PublicKey); !errors.Is(err, v.Signature) {
			t.Errorf("%s: signature: got %v, want %v", v.Name, err, v.Signature)
		}
	}
	if refused < 80 {
		t.Errorf("%d manifests were refused, want 80 at least", refused)
	}
}

func read(document []byte) (*manifest.Manifest, error) {
	plain, err := manifest.Plaintext(document, func() (*rsa.PrivateKey, error) { return hostiletest.UserKey(), nil })
	if err != nil {
		return nil, err
	}
	return manifest.Parse(plain)
}

func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}
