package images

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/bundle"
	"emikit/cloud/caller"
	"emikit/cloud/state"
	"emikit/manifest"
)

// The people of the tests. Each has a key and a certificate.
var (
	admin   = caller.Caller{Account: "000000000001", Name: "admin", Admin: true}
	alice   = caller.Caller{Account: "000000000002", Name: "alice"}
	mallory = caller.Caller{Account: "000000000003", Name: "mallory"}
)

// identityPair is an RSA key with a certificate of its own.
type identityPair struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

// pairs are made once: keys are slow to make. 1024 bits suffice for tests.
var pairs = sync.OnceValue(func() map[string]identityPair {
	made := make(map[string]identityPair)
	for i, name := range []string{"admin", "alice", "mallory", "cloud", "other cloud", "node"} {
		key, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		made[name] = identityPair{key, certify(key, int64(i+1))}
	}
	return made
})

func certify(key *rsa.PrivateKey, serial int64) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

// fakeTrust knows the people and the cloud.
type fakeTrust struct{ cloud identityPair }

func (f fakeTrust) Certificates(_ context.Context, account string) (certs []*x509.Certificate, err error) {
	for _, who := range []caller.Caller{admin, alice, mallory} {
		if account == who.Account || account == admin.Account {
			certs = append(certs, pairs()[who.Name].cert)
		}
	}
	return certs, nil
}

func (f fakeTrust) CloudCertificate() *x509.Certificate { return f.cloud.cert }
func (f fakeTrust) EnvelopeKey() *rsa.PrivateKey        { return f.cloud.key }

func (f fakeTrust) AccountName(_ context.Context, account string) (string, error) {
	for _, who := range []caller.Caller{admin, alice, mallory} {
		if account == who.Account {
			return who.Name, nil
		}
	}
	return "", fmt.Errorf("no account %s", account)
}

func (f fakeTrust) HasAccount(_ context.Context, account string) (bool, error) {
	for _, who := range []caller.Caller{admin, alice, mallory} {
		if account == who.Account {
			return true, nil
		}
	}
	return false, nil
}

// fakeObjects is an object store in memory.
type fakeObjects struct {
	mu      sync.Mutex
	owners  map[string]string // by bucket
	objects map[string]fakeObject
	written int
	opened  map[string]int
	read    map[string]int // bytes
	// onOpen, when set, is called before an object is opened.
	onOpen func(ctx context.Context, name string) error
}

type fakeObject struct {
	version string
	data    []byte
}

func newFakeObjects() *fakeObjects {
	return &fakeObjects{owners: map[string]string{}, objects: map[string]fakeObject{}, opened: map[string]int{}, read: map[string]int{}}
}

func (f *fakeObjects) put(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written++
	f.objects[name] = fakeObject{fmt.Sprintf("v%d", f.written), bytes.Clone(data)}
}

func (f *fakeObjects) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.objects, name)
}

func (f *fakeObjects) get(name string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Clone(f.objects[name].data)
}

func (f *fakeObjects) opens(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened[name]
}

func (f *fakeObjects) hook(h func(ctx context.Context, name string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onOpen = h
}

func (f *fakeObjects) BucketOwner(_ context.Context, bucket string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	owner, ok := f.owners[bucket]
	if !ok {
		return "", fmt.Errorf("%s: %w", bucket, ErrNoBucket)
	}
	return owner, nil
}

func (f *fakeObjects) Stat(_ context.Context, bucket, key string) (Object, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.objects[bucket+"/"+key]
	if !ok {
		return Object{}, fmt.Errorf("%s/%s: %w", bucket, key, ErrNoObject)
	}
	return Object{Version: o.version, Size: int64(len(o.data))}, nil
}

func (f *fakeObjects) Open(ctx context.Context, bucket, key string) (Object, io.ReadCloser, error) {
	f.mu.Lock()
	hook := f.onOpen
	f.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, bucket+"/"+key); err != nil {
			return Object{}, nil, err
		}
	}
	obj, err := f.Stat(ctx, bucket, key)
	if err != nil {
		return Object{}, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened[bucket+"/"+key]++
	name := bucket + "/" + key
	return obj, &fakeReader{bytes.NewReader(f.objects[name].data), f, name}, nil
}

// fakeReader counts what is read.
type fakeReader struct {
	*bytes.Reader
	of   *fakeObjects
	name string
}

func (r *fakeReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.read[r.name] += n
	return n, err
}

func (r *fakeReader) Close() error { return nil }

// world is a Service with everything around it.
type world struct {
	*Service
	t       *testing.T
	db      *state.DB
	objects *fakeObjects
	config  Config
	// uploadSize is how many bytes the images have that are uploaded.
	uploadSize int
}

func newWorld(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	db, err := state.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w := &world{t: t, db: db, objects: newFakeObjects(), uploadSize: 10000}
	w.addAccounts(admin, alice, mallory)
	w.config = Config{
		DB: db, Objects: w.objects, Trust: fakeTrust{pairs()["cloud"]},
		Presign: func(_ context.Context, bucket, key string, life time.Duration) (string, error) {
			return fmt.Sprintf("http://walrus/%s/%s?for=%s", bucket, key, life), nil
		},
		Budget: time.Minute, quantum: time.Nanosecond,
	}
	for _, c := range change {
		c(&w.config)
	}
	w.start()
	t.Cleanup(w.stop)
	return w
}

// start makes the service, as a restart does.
func (w *world) start() {
	w.t.Helper()
	s, err := New(w.t.Context(), w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Service = s
}

func (w *world) stop() {
	if err := w.Service.Close(context.Background()); err != nil {
		w.t.Errorf("close: %v", err)
	}
}

func (w *world) addAccounts(all ...caller.Caller) {
	w.t.Helper()
	err := w.db.Update(w.t.Context(), func(tx *sql.Tx) error {
		for _, a := range all {
			_, err := tx.Exec(`INSERT INTO accounts (id, name, admin, created) VALUES (?, ?, ?, 0)`, a.Account, a.Name, a.Admin)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// upload makes a bundle of some random bytes for the account and puts it into
// a bucket of its own name. change may alter what it is made of. It returns
// the location, such as "alice/disk.img.manifest.xml".
func (w *world) upload(who caller.Caller, name string, change ...func(*bundle.Options)) string {
	w.t.Helper()
	o := bundle.Options{
		Manifest: manifest.Manifest{Name: name, Arch: "x86_64", User: who.Account, Kind: manifest.KindMachine},
		PartSize: 4096,
		UserCert: pairs()[who.Name].cert, CloudCert: pairs()["cloud"].cert,
		Signer: pairs()[who.Name].key,
	}
	for _, c := range change {
		c(&o)
	}
	image := make([]byte, w.uploadSize)
	rand.Read(image)
	bucket := who.Name
	w.objects.owners[bucket] = who.Account
	sink := sinkFunc(func(p manifest.Part, body []byte) { w.objects.put(bucket+"/"+p.Name, body) })
	_, document, err := bundle.Create(w.t.Context(), bytes.NewReader(image), int64(len(image)), o, sink)
	if err != nil {
		w.t.Fatal(err)
	}
	location := bucket + "/" + manifest.FileName(name)
	w.objects.put(location, document)
	return location
}

// resign changes a manifest in its bucket and signs it again.
func (w *world) resign(location string, who caller.Caller, change func(*manifest.Manifest)) {
	w.t.Helper()
	m, err := manifest.Parse(w.objects.get(location))
	if err != nil {
		w.t.Fatal(err)
	}
	change(m)
	document, err := manifest.Sign(m, pairs()[who.Name].key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.objects.put(location, document)
}

// register registers a location that must be accepted.
func (w *world) register(who caller.Caller, location string) Image {
	w.t.Helper()
	img, err := w.Register(w.t.Context(), who, Request{Location: location})
	if err != nil {
		w.t.Fatalf("register %s: %v", location, err)
	}
	return img
}

// image is what the owner sees of an image.
func (w *world) image(who caller.Caller, id string) Image {
	w.t.Helper()
	found, err := w.Describe(w.t.Context(), who, Query{IDs: []string{id}})
	if err != nil {
		w.t.Fatalf("describe %s: %v", id, err)
	}
	return found[0]
}

type sinkFunc func(manifest.Part, []byte)

func (f sinkFunc) Put(_ context.Context, p manifest.Part, body []byte, done func()) error {
	defer done()
	f(p, body)
	return nil
}

// flags set what a command line gives as --kernel and --ramdisk.
func flags(kernel, ramdisk string) func(*bundle.Options) {
	return func(o *bundle.Options) { o.Manifest.KernelID, o.Manifest.RamdiskID = kernel, ramdisk }
}

func unsigned(o *bundle.Options)     { o.Signer = nil }
func foreignCloud(o *bundle.Options) { o.CloudCert = pairs()["other cloud"].cert }

// kernelAndRamdisk registers one of each for the administrator.
func (w *world) kernelAndRamdisk() (kernel, ramdisk Image) {
	w.t.Helper()
	return w.register(admin, w.upload(admin, "vmlinuz-1")), w.register(admin, w.upload(admin, "initrd-1"))
}

// part is the object of a bundle's part.
func part(location string, index int) string {
	return fmt.Sprintf("%s.part.%02d", strings.TrimSuffix(location, ".manifest.xml"), index)
}
