package manifest

import (
	"crypto/rsa"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var keyCache sync.Map // path -> *rsa.PrivateKey; checking a key on loading takes a while

func loadKey(t testing.TB, path string) *rsa.PrivateKey {
	t.Helper()
	if key, ok := keyCache.Load(path); ok {
		return key.(*rsa.PrivateKey)
	}
	key, err := LoadPrivateKey(path)
	if err != nil {
		t.Fatal(err)
	}
	keyCache.Store(path, key)
	return key
}

func userKey(t testing.TB) *rsa.PrivateKey  { return loadKey(t, "testdata/euca2ools/user-pk.pem") }
func cloudKey(t testing.TB) *rsa.PrivateKey { return loadKey(t, "testdata/euca2ools/cloud-pk.pem") }
func otherKey(t testing.TB) *rsa.PrivateKey { return loadKey(t, "testdata/euca2ools/other-pk.pem") }

func wantError(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
}

// sample returns a manifest with every field set.
func sample(t testing.TB) *Manifest {
	t.Helper()
	secret := Key{Key: [16]byte{0, 1, 2}, IV: [16]byte{0, 0xff}}
	m := &Manifest{
		Version: Version, Bundler: Bundler{"emikit", "1", "0"},
		Arch: "x86_64", Mappings: []Mapping{{"ami", "sda1"}, {"root", "/dev/sda1"}},
		ProductCodes: []string{"p&q", "<r>"}, KernelID: "eki-11111111", RamdiskID: "eri-22222222",
		Name: `a & b <c> 'd' "é".img`, User: "123456789012", Kind: KindMachine, KernelName: "vmlinuz",
		Ancestors: []string{"emi-1"}, Digest: Digest{0, 1}, Size: 3 << 40, BundledSize: 42,
		Parts: []Part{{0, "x.part.00", Digest{0, 2}}, {1, "x.part.01", Digest{0xff}}},
	}
	for envelope, seal := range map[*[]byte]func() ([]byte, error){
		&m.CloudKey: func() ([]byte, error) { return Seal(secret.Key, &cloudKey(t).PublicKey) },
		&m.CloudIV:  func() ([]byte, error) { return Seal(secret.IV, &cloudKey(t).PublicKey) },
		&m.UserKey:  func() ([]byte, error) { return Seal(secret.Key, &userKey(t).PublicKey) },
		&m.UserIV:   func() ([]byte, error) { return Seal(secret.IV, &userKey(t).PublicKey) },
	} {
		sealed, err := seal()
		if err != nil {
			t.Fatal(err)
		}
		*envelope = sealed
	}
	return m
}

func signed(t testing.TB, m *Manifest, key *rsa.PrivateKey) []byte {
	t.Helper()
	document, err := Sign(m, key)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

var ignoreSignature = []cmp.Option{
	cmpopts.IgnoreUnexported(Manifest{}),
	cmpopts.IgnoreFields(Manifest{}, "Signature"),
}

func TestRoundTrip(t *testing.T) {
	want := sample(t)
	got, err := Parse(signed(t, want, userKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, ignoreSignature...); diff != "" {
		t.Error(diff)
	}
	if err := got.VerifySignature(&userKey(t).PublicKey); err != nil {
		t.Error(err)
	}
	wantError(t, got.VerifySignature(&otherKey(t).PublicKey), ErrBadSignature)
}

func TestUnsignedRoundTrip(t *testing.T) {
	m := sample(t)
	m.UserKey, m.UserIV = nil, nil
	got, err := Parse(signed(t, m, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.Signature != nil || got.UserKey != nil || got.UserIV != nil {
		t.Errorf("got signature %x, user envelopes %x %x, want none", got.Signature, got.UserKey, got.UserIV)
	}
	wantError(t, got.VerifySignature(&userKey(t).PublicKey), ErrUnsigned)
}

func TestSignNormalizes(t *testing.T) {
	m := sample(t)
	m.Version, m.Bundler, m.Kind, m.User = "3", Bundler{}, "", "1234-5678-9012"
	m.Mappings = []Mapping{{"root", "x"}, {"ami", "sda1"}, {"root", "/dev/sda1"}}
	got, err := Parse(signed(t, m, nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(t), got, append(ignoreSignature,
		cmpopts.IgnoreFields(Manifest{}, "CloudKey", "CloudIV", "UserKey", "UserIV"))...); diff != "" {
		t.Error(diff)
	}
	if m.Mappings[0].Virtual != "root" || m.Version != "3" {
		t.Errorf("Sign changed its argument: %v, version %s", m.Mappings, m.Version)
	}
}

// ec2-ami-tools verify their own rendering of the document (REXML's): single quotes
// around attributes, quotes in texts as they stand, a single tag for an empty element.
func TestSignWritesLikeREXML(t *testing.T) {
	m := sample(t)
	m.User, m.ProductCodes, m.UserKey, m.UserIV = "", []string{`'"`}, nil, nil
	document := string(signed(t, m, nil))
	for _, want := range []string{"<user/>", `<product_code>'"</product_code>`, "<parts count='2'><part index='0'>",
		"<user_encrypted_key algorithm='AES-128-CBC'/>", "<user_encrypted_iv/>", `<name>a &amp; b &lt;c&gt; 'd' "é".img</name>`} {
		if !strings.Contains(document, want) {
			t.Errorf("got no %s in %s", want, document)
		}
	}
	if again, err := Parse([]byte(document)); err != nil || again.User != "" {
		t.Errorf("got user %q, %v", again.User, err)
	}
}

func TestSignRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*Manifest)
		want   error
	}{
		"no architecture":   {func(m *Manifest) { m.Arch = "" }, ErrField},
		"unknown kind":      {func(m *Manifest) { m.Kind = "floppy" }, ErrField},
		"negative size":     {func(m *Manifest) { m.Size = -1 }, ErrField},
		"negative bundled":  {func(m *Manifest) { m.BundledSize = -1 }, ErrField},
		"name with slash":   {func(m *Manifest) { m.Name = "../x" }, ErrName},
		"part with newline": {func(m *Manifest) { m.Parts[0].Name = "a\nb" }, ErrName},
		"no parts":          {func(m *Manifest) { m.Parts = nil }, ErrParts},
		"gap in parts":      {func(m *Manifest) { m.Parts[1].Index = 2 }, ErrParts},
		"control character": {func(m *Manifest) { m.KernelID = "\x01" }, ErrField},
		"not UTF-8":         {func(m *Manifest) { m.Mappings[0].Device = "\xff" }, ErrField},
		"not in XML":        {func(m *Manifest) { m.ProductCodes[0] = "\uffff" }, ErrField},
		"too many parts": {func(m *Manifest) {
			m.Parts = make([]Part, 50_000)
			for i := range m.Parts {
				m.Parts[i] = Part{Index: i, Name: PartName("image", i)}
			}
		}, ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := sample(t)
			test.change(m)
			_, err := Sign(m, nil)
			wantError(t, err, test.want)
		})
	}
}

func TestFileNames(t *testing.T) {
	for got, want := range map[string]string{
		FileName("disk.img"):      "disk.img.manifest.xml",
		PartName("disk.img", 0):   "disk.img.part.00",
		PartName("disk.img", 99):  "disk.img.part.99",
		PartName("disk.img", 100): "disk.img.part.100",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDigest(t *testing.T) {
	const want = "00ab0000000000000000000000000000000000ff"
	for _, s := range []string{want, "00AB0000000000000000000000000000000000fF"} {
		if d, err := ParseDigest(s); err != nil || d.String() != want {
			t.Errorf("ParseDigest(%q): got %s, %v, want %s", s, d, err, want)
		}
	}
	for _, s := range []string{"", want[1:], want + "0", "g" + want[1:], " " + want[1:]} {
		_, err := ParseDigest(s)
		wantError(t, err, ErrField)
	}
}
