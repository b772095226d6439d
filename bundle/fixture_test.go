package bundle_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
)

const keys = "testdata/vectors/euca2ools/keys"

func userCert(t testing.TB) *x509.Certificate  { return loadCert(t, "user-cert.pem") }
func cloudCert(t testing.TB) *x509.Certificate { return loadCert(t, "cloud-cert.pem") }
func userKey(t testing.TB) *rsa.PrivateKey     { return loadKey(t, "user-pk.pem") }
func fixedKey() manifest.Key                   { return manifest.Key{Key: [16]byte{1, 2, 3}, IV: [16]byte{4, 5, 6}} }
func machine(name string) manifest.Manifest    { return manifest.Manifest{Name: name, Arch: "x86_64"} }
func seeded(seed uint64) *rand.ChaCha8         { return rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}) }
func same(a, b *manifest.Manifest) bool {
	return a.Digest == b.Digest && slices.Equal(a.Parts, b.Parts)
}
func noise(seed uint64, size int) (data []byte) {
	data = make([]byte, size)
	seeded(seed).Read(data)
	return
}

func loadCert(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	cert, err := manifest.LoadCertificate(filepath.Join(keys, name))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func loadKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := manifest.LoadPrivateKey(filepath.Join(keys, name))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// options returns what Create needs at least, with a key that is always the same.
func options(t testing.TB, partSize int64) bundle.Options {
	t.Helper()
	key := fixedKey()
	return bundle.Options{
		Manifest: machine("disk.img"),
		PartSize: partSize, Key: &key, CloudCert: cloudCert(t),
	}
}

// memory is a Sink and a Source.
type memory struct {
	mu    sync.Mutex
	parts map[string][]byte
}

func newMemory() *memory { return &memory{parts: map[string][]byte{}} }

func (s *memory) Put(_ context.Context, part manifest.Part, body []byte, done func()) error {
	defer done()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[part.Name] = bytes.Clone(body)
	return nil
}

func (s *memory) Open(_ context.Context, part manifest.Part) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, ok := s.parts[part.Name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", part.Name, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

// create bundles image into memory.
func create(t testing.TB, image []byte, o bundle.Options) (*manifest.Manifest, *memory) {
	t.Helper()
	store := newMemory()
	m, document, err := bundle.Create(t.Context(), bytes.NewReader(image), int64(len(image)), o, store)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	read, err := manifest.Parse(document)
	if err != nil {
		t.Fatalf("parse own manifest: %v", err)
	}
	if !same(m, read) || read.Size != int64(len(image)) {
		t.Fatalf("manifest and document differ: got %+v, want %+v", read, m)
	}
	return read, store
}

// mixed returns an image of zeros, text and noise in runs of 64 KiB.
func mixed(size int) []byte {
	image, random := make([]byte, size), seeded(1)
	for i := 0; i < size; i += 64 << 10 {
		run := image[i:min(i+64<<10, size)]
		switch i >> 16 % 3 {
		case 0:
			random.Read(run)
		case 1:
			copy(run, bytes.Repeat([]byte("kernel ramdisk image volume\n"), len(run)/28+1))
		}
	}
	return image
}
