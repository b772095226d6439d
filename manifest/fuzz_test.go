package manifest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"

	"emikit/internal/seeds"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse: what is read is what the signature covers; it can be written and
// read again without loss, signed, and then not changed by one byte; and nothing
// counts as signed by the keys of the vectors but the vectors.
func FuzzParse(f *testing.F) {
	vectors := seeds.Files(f, "testdata/*/*.xml", 30)
	for _, data := range append(vectors, hostileManifests()...) {
		f.Add(data, uint16(100))
	}
	for _, data := range seeds.Files(f, "testdata/*/*.manifest", 1) {
		f.Add(data, uint16(0))
	}
	key := shortKey(f)
	owners := []*rsa.PublicKey{&userKey(f).PublicKey, &loadKey(f, "testdata/ec2-ami-tools/user-pk.pem").PublicKey}
	genuine := signedSections(vectors, owners)
	f.Fuzz(func(t *testing.T, data []byte, at uint16) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		checkCut(t, data, m)
		if verifies(m, owners) && !genuine[string(m.signed)] {
			t.Errorf("a forged manifest verifies: %q", data)
		}
		if again := checkRewrite(t, m); again != nil {
			checkSigned(t, again, key, int(at))
		}
	})
}

// hostileManifests are small documents with one thing in them that a reader
// might take in more than one way, or too much of.
func hostileManifests() [][]byte {
	const image = "<image><name>evil</name></image>"
	documents := [][]byte{[]byte(document)}
	for _, change := range [][2]string{
		{"<manifest>", `<!DOCTYPE m [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><manifest>`},
		{"<image>", "<!-- <image> --><image>"},
		{"<image>", "<![CDATA[" + image + "]]><image>"},
		{"<image>", image + "<image>"},
		{"<image>", "<x>" + image + "</x><image>"},
		{"</image>", "</image >"},
		{"<image>", "<image id='1'>"},
		{"<machine_configuration>", "<machine_configuration></machine_configuration><machine_configuration>"},
		{">disk.img<", ">../disk.img<"},
		{">disk.img<", ">disk&#10;.img<"},
		{">p1<", ">p0<"},
		{`index="1"`, `index="01"`},
		{`index="1"`, `index="9223372036854775808"`},
		{`count="2"`, `count="-2"`},
		{"<size>10<", "<size>+10<"},
		{"<manifest>", strings.Repeat("<a>", 9) + "<manifest>"},
		{"<signature></signature>", "<signature>00</signature><signature>UNSIGNED</signature>"},
	} {
		documents = append(documents, []byte(strings.Replace(document, change[0], change[1], 1)))
	}
	return documents
}

// shortKey is of the smallest size that is taken, so that signing costs little.
func shortKey(tb testing.TB) *rsa.PrivateKey {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, minBits)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// signedSections are the signed bytes of the documents that one of the owners
// signed.
func signedSections(documents [][]byte, owners []*rsa.PublicKey) map[string]bool {
	genuine := map[string]bool{}
	for _, data := range documents {
		if m, err := Parse(data); err == nil && verifies(m, owners) {
			genuine[string(m.signed)] = true
		}
	}
	return genuine
}

func verifies(m *Manifest, owners []*rsa.PublicKey) bool {
	for _, owner := range owners {
		if m.VerifySignature(owner) == nil {
			return true
		}
	}
	return false
}

// checkCut compares the signed bytes with those that a plain text search
// finds, as Eucalyptus cuts them.
func checkCut(t *testing.T, data []byte, m *Manifest) {
	t.Helper()
	cut := func(name string) []byte {
		start, end := bytes.Index(data, []byte("<"+name+">")), bytes.Index(data, []byte("</"+name+">"))
		return data[start : end+len(name)+3]
	}
	want := cut(imageElement)
	if m.Version != "3" {
		want = append(bytes.Clone(cut(configurationElement)), want...)
	}
	if !bytes.Equal(m.signed, want) {
		t.Errorf("signed bytes: got %q, want %q", m.signed, want)
	}
}

// checkRewrite writes m anew and reads it again: nothing may change but what
// Sign says it normalizes, and writing that again gives the same bytes. It
// returns nil when m cannot be written, as one without an architecture.
func checkRewrite(t *testing.T, m *Manifest) *Manifest {
	t.Helper()
	written, err := Sign(m, nil)
	if m.Arch == "" && errors.Is(err, ErrField) || errors.Is(err, ErrTooLarge) {
		return nil
	}
	if err != nil {
		t.Fatalf("a manifest that was read cannot be written: %v", err)
	}
	again, err := Parse(written)
	if err != nil {
		t.Fatalf("%v: %q", err, written)
	}
	want := normalize(m)
	want.Version, want.signed, want.Signature = Version, again.signed, again.Signature
	if diff := cmp.Diff(want, again, cmp.AllowUnexported(Manifest{})); diff != "" {
		t.Errorf("read, and read again after writing (-first +second):\n%s", diff)
	}
	if twice, err := Sign(again, nil); err != nil || !bytes.Equal(twice, written) {
		t.Errorf("got %q, %v; written before was %q", twice, err, written)
	}
	return again
}

// checkSigned signs m: that verifies, and no longer when a byte of what it
// covers, chosen by at, is another.
func checkSigned(t *testing.T, m *Manifest, key *rsa.PrivateKey, at int) {
	t.Helper()
	written, err := Sign(m, key)
	if err != nil {
		if errors.Is(err, ErrTooLarge) {
			return
		}
		t.Fatalf("sign: %v", err)
	}
	read, err := Parse(written)
	if err != nil || read.VerifySignature(&key.PublicKey) != nil {
		t.Fatalf("signed, but then %v, %v: %q", err, read.VerifySignature(&key.PublicKey), written)
	}
	start := bytes.Index(written, []byte("<"+configurationElement+">"))
	written[start+at%len(read.signed)] ^= 1
	if spoilt, err := Parse(written); err == nil && spoilt.VerifySignature(&key.PublicKey) == nil {
		t.Errorf("byte %d of the signed ones is another, and it verifies: %q", at%len(read.signed), written)
	}
}

// FuzzPEM: a certificate or key that is taken is one of RSA of a size that
// works, and is the same after it is written and read again.
func FuzzPEM(f *testing.F) {
	for _, data := range seeds.Files(f, "testdata/*/*.pem", 9) {
		f.Add(data)
		f.Add(append([]byte("Bag Attributes\n-----BEGIN X-----\n"), data...))
		f.Add(data[:len(data)/2])
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(shortKey(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	f.Add([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkCertificate(t, data)
		checkPrivateKey(t, data)
	})
}

func checkCertificate(t *testing.T, data []byte) {
	t.Helper()
	cert, err := ParseCertificate(data)
	if err != nil {
		return
	}
	again, err := ParseCertificate(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	if err != nil || !again.Equal(cert) {
		t.Errorf("%q: written out again %v, %v", data, again, err)
	}
	pub := cert.PublicKey.(*rsa.PublicKey)
	if bits := pub.N.BitLen(); bits < minBits || bits > maxBits {
		t.Errorf("%q: a key of %d bits was taken", data, bits)
	}
	_, _ = Seal([16]byte{}, pub) // may fail, as for an even modulus, but not panic
}

func checkPrivateKey(t *testing.T, data []byte) {
	t.Helper()
	key, err := ParsePrivateKey(data)
	if err != nil {
		return
	}
	again, err := ParsePrivateKey(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	if err != nil || !again.Equal(key) {
		t.Errorf("%q: written out again %v", data, err)
	}
	secret := [16]byte{1, 15: 2}
	envelope, err := Seal(secret, &key.PublicKey)
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	if got, err := Open(envelope, key); got != secret || err != nil {
		t.Errorf("%q: sealed, but then %x, %v", data, got, err)
	}
}

// TestHugeKey: whoever is sent a certificate spends no time in proportion to its
// key, which may fill a file.
func TestHugeKey(t *testing.T) {
	for _, test := range []struct {
		bits uint
		want error
	}{{maxBits, nil}, {maxBits + 1, ErrKeyType}, {1 << 20, ErrKeyType}} {
		pub := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), int(test.bits)-1, 1), E: 65537}
		template := &x509.Certificate{SerialNumber: big.NewInt(1)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, pub, userKey(t))
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseCertificate(pemBlock("CERTIFICATE", der))
		if !errors.Is(err, test.want) {
			t.Errorf("%d bits: got %v, want %v", test.bits, err, test.want)
		}
	}
}
