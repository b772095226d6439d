package nodetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/node"
)

// identity is made once for a test program, since making RSA keys takes long.
var identity = sync.OnceValues(func() (*rsa.PrivateKey, *x509.Certificate) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "node"},
		NotAfter:     time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, cert
})

// Identity is a key and certificate for nodes under test.
func Identity() (*rsa.PrivateKey, *x509.Certificate) { return identity() }

// secret stands in the URLs of parts, and nowhere else.
const secret = "X-Amz-Signature=5ec2e7"

// Store serves the parts of bundles over HTTP. It is safe for concurrent use.
type Store struct {
	server *httptest.Server

	mu       sync.Mutex
	parts    map[string][]byte // by URL path
	held     map[string]chan struct{}
	requests map[string]int
}

// NewStore starts a store that is closed with the test.
func NewStore(t *testing.T) *Store {
	t.Helper()
	s := &Store{parts: map[string][]byte{}, held: map[string]chan struct{}{}, requests: map[string]int{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests[r.URL.Path]++
	body, ok := s.parts[r.URL.Path]
	arrived := s.held[r.URL.Path]
	delete(s.held, r.URL.Path)
	s.mu.Unlock()
	if arrived != nil {
		close(arrived)
		<-r.Context().Done()
		return
	}
	if !ok {
		http.Error(w, "NoSuchKey", http.StatusNotFound)
		return
	}
	_, _ = w.Write(body)
}

// Put stores a part under a name, in the place of what was there.
func (s *Store) Put(name string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts["/"+name] = bytes.Clone(body)
}

// Part is what is stored under a name.
func (s *Store) Part(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.parts["/"+name])
}

// Remove makes a part missing.
func (s *Store) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, "/"+name)
}

// Hold makes the next request for a part wait until its client gives up. The
// channel is closed when that request has come.
func (s *Store) Hold(name string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived := make(chan struct{})
	s.held["/"+name] = arrived
	return arrived
}

// Requests is how often a part was asked for.
func (s *Store) Requests(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests["/"+name]
}

// sink puts the parts of a bundle into a store.
type sink struct {
	store *Store
	sizes map[string]int64
}

func (k sink) Put(_ context.Context, part manifest.Part, body []byte, done func()) error {
	defer done()
	k.store.Put(part.Name, body)
	k.sizes[part.Name] = int64(len(body))
	return nil
}

// Bundle bundles an image into the store, for the node of a certificate, in
// parts of 16 KiB.
func (s *Store) Bundle(t *testing.T, cert *x509.Certificate, id, name string, image []byte) node.Artifact {
	t.Helper()
	into := sink{s, map[string]int64{}}
	m, document, err := bundle.Create(t.Context(), bytes.NewReader(image), int64(len(image)), bundle.Options{
		Manifest:  manifest.Manifest{Name: name, Arch: "x86_64", Kind: manifest.KindMachine, User: "000100729354"},
		PartSize:  16 << 10,
		CloudCert: cert,
	}, into)
	if err != nil {
		t.Fatalf("bundle %s: %v", name, err)
	}
	digest := sha256.Sum256(document)
	a := node.Artifact{
		ImageID:     id,
		Location:    "bucket/" + manifest.FileName(name),
		Name:        name,
		Digest:      m.Digest,
		Size:        m.Size,
		BundledSize: m.BundledSize,
		CacheKey:    hex.EncodeToString(digest[:]),
		Key:         m.CloudKey,
		IV:          m.CloudIV,
	}
	for _, p := range m.Parts {
		a.Parts = append(a.Parts, node.PartURL{
			Name: p.Name, URL: s.server.URL + "/" + p.Name + "?" + secret,
			Size: into.sizes[p.Name], Digest: p.Digest,
		})
	}
	return a
}

// Noise is n bytes that do not compress, so that they fill several parts. The
// same seed gives the same bytes.
func Noise(seed byte, n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for sum := [sha256.Size]byte{seed}; len(out) < n; {
		sum = sha256.Sum256(sum[:])
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// Small is the VM type of the specs that a store makes.
func Small() node.VMType { return node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2} }

// Spec is an instance with an image of its own of 100,000 bytes, in several
// parts, for the node of a certificate.
func (s *Store) Spec(t *testing.T, cert *x509.Certificate, id string) node.Spec {
	t.Helper()
	image := Noise(id[len(id)-1], 100_000)
	return node.Spec{
		InstanceID:    id,
		ReservationID: "r-0000000A",
		Account:       "000100729354",
		Type:          Small(),
		Machine:       s.Bundle(t, cert, "emi-"+strings.TrimPrefix(id, "i-"), fmt.Sprintf("disk-%s.img", id), image),
		KernelArgs:    "root=/dev/sda1 ro",
		KeyName:       "admin_key",
	}
}

// Leaks lists which of a spec's secrets stand in data.
func Leaks(s node.Spec, data []byte) []string {
	found := []string{}
	for name, value := range map[string][]byte{
		"signature of a URL": []byte(secret), "key": s.Machine.Key, "iv": s.Machine.IV,
	} {
		if len(value) > 0 && bytes.Contains(data, value) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
