package bundle_test

import (
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"emikit/bundle"
	"emikit/bundle/hostiletest"
	"emikit/manifest"
)

// maxMemory bounds what reading a hostile bundle may allocate in all, in bytes,
// beside the blocks that circulate in the pipeline: a small multiple of the largest
// manifest, which needs the most.
const maxMemory = 64 << 20

// blocks is what the pipeline's own blocks of 1 MiB may take.
func blocks() int64 { return int64(2*runtime.GOMAXPROCS(0)+2+4) * mib }

// TestHostile: whoever holds the key learns exactly what is wrong, whatever a
// bundle claims little is read, written and allocated for it, and no file remains.
func TestHostile(t *testing.T) {
	for _, v := range hostiletest.Vectors() {
		t.Run(v.Name, func(t *testing.T) {
			b := v.Bundle()
			store := hostiletest.NewSource(b)
			path := filepath.Join(t.TempDir(), "images", "disk.img")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			before := totalAlloc()
			m, err := openAndUnbundle(t, b, store, path)
			used := totalAlloc() - before
			if used > maxMemory+blocks() {
				t.Errorf("allocated %d bytes, want %d at most", used, maxMemory+blocks())
			}
			if !errors.Is(err, v.Err) || (err == nil) != (v.Err == nil) {
				t.Errorf("got %v, want %v", err, v.Err)
			}
			if sealed := v.Registration == hostiletest.Sealed && !errors.Is(err, manifest.ErrWrongKey); err != nil && errors.Is(err, bundle.ErrKeyDependent) != sealed && v.Registration != hostiletest.BadManifest {
				t.Errorf("%v: depends on the key: got %t, want %t", err, !sealed, sealed)
			}
			if m != nil && store.Read() > max(m.BundledSize, int64(len(b.Files))*slack) {
				t.Errorf("read %d bytes of parts, want %d at most", store.Read(), m.BundledSize)
			}
			expectImage(t, path, err == nil)
		})
	}
}

const slack = 64 << 10 // what is read at once

// openAndUnbundle does what unbundle does.
func openAndUnbundle(t *testing.T, b *hostiletest.Bundle, store bundle.Source, path string) (*manifest.Manifest, error) {
	document, err := manifest.Plaintext(b.Document, func() (*rsa.PrivateKey, error) { return hostiletest.UserKey(), nil })
	if err != nil {
		return nil, err
	}
	m, err := manifest.Parse(document)
	if err != nil {
		return nil, err
	}
	key, err := m.OpenKey(hostiletest.UserKey())
	if err != nil {
		return m, err
	}
	return m, bundle.UnbundleFile(t.Context(), m, key, store, path)
}

// expectImage looks for an image of the right size at path, or for nothing at all.
func expectImage(t *testing.T, path string, taken bool) {
	t.Helper()
	if !taken {
		expectEmpty(t, filepath.Dir(path))
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || len(got) != len(hostiletest.Image()) {
		t.Errorf("got an image of %d bytes, %v, want %d", len(got), err, len(hostiletest.Image()))
	}
}

// TestHostileVerify: the cloud's verifier finds the same, without writing.
func TestHostileVerify(t *testing.T) {
	for _, v := range hostiletest.Vectors() {
		b := v.Bundle()
		m, err := manifest.Parse(b.Document)
		if err != nil || v.Registration == hostiletest.BadManifest || v.Registration == hostiletest.BadSignature {
			continue
		}
		_, err = bundle.Verify(t.Context(), m, hostiletest.NewSource(b), bundle.VerifyOptions{})
		if partsBad := v.Registration == hostiletest.BadParts; (err != nil) != partsBad {
			t.Errorf("%s: without a key: got %v, want an error: %t", v.Name, err, partsBad)
		}
		key := m.OpenCloudKey(hostiletest.CloudKey())
		_, err = bundle.Verify(t.Context(), m, hostiletest.NewSource(b), bundle.VerifyOptions{Key: &key})
		if got := errors.Is(err, bundle.ErrKeyDependent); got != (v.Registration == hostiletest.Sealed) {
			t.Errorf("%s: with the cloud's key: got %v, want one that depends on the key: %t", v.Name, err, !got)
		}
	}
}
