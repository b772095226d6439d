package manifest

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden is one line of testdata/golden.tsv.
type golden map[string]string

// readGolden returns the lines of testdata/golden.tsv.
func readGolden(t testing.TB) []golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Scan()
	names := strings.Split(lines.Text(), "\t")
	var all []golden
	for lines.Scan() {
		g := golden{}
		for i, value := range strings.Split(lines.Text(), "\t") {
			g[names[i]] = value
		}
		all = append(all, g)
	}
	if len(all) < 27 {
		t.Fatalf("golden.tsv lists %d manifests, want 27 or more", len(all))
	}
	return all
}

func (g golden) path() string { return filepath.Join("testdata", g["file"]) }

// pem returns the path of a key or certificate of the family that made g.
func (g golden) pem(name string) string { return filepath.Join(filepath.Dir(g.path()), name) }

func TestGoldenFields(t *testing.T) {
	for _, g := range readGolden(t) {
		t.Run(g["file"], func(t *testing.T) {
			m, err := Load(g.path())
			if err != nil {
				t.Fatal(err)
			}
			got := golden{
				"version": m.Version, "arch": m.Arch, "name": m.Name, "kind": string(m.Kind),
				"digest": m.Digest.String(), "size": fmt.Sprint(m.Size), "bundled": fmt.Sprint(m.BundledSize),
				"parts": fmt.Sprint(len(m.Parts)), "signed": fmt.Sprint(m.Signature != nil),
			}
			for field, value := range got {
				want := g[field]
				switch {
				case field == "arch" && want == "-":
					want = ""
				case field == "kind" && want == "-":
					want = "machine"
				}
				if value != want {
					t.Errorf("%s: got %q, want %q", field, value, want)
				}
			}
			if want := g["signed_sha1"]; want != "-" && want != fmt.Sprintf("%x", sha1.Sum(m.signed)) {
				t.Errorf("SHA-1 of the signed bytes: got %x, want %s", sha1.Sum(m.signed), want)
			}
		})
	}
}

func TestGoldenKeys(t *testing.T) {
	for _, g := range readGolden(t) {
		t.Run(g["file"], func(t *testing.T) {
			m, err := Load(g.path())
			if err != nil {
				t.Fatal(err)
			}
			want := g["key"] + " " + g["iv"]
			cloud := loadKey(t, g.pem("cloud-pk.pem"))
			if got := keyText(m.OpenCloudKey(cloud)); got != want {
				t.Errorf("OpenCloudKey: got %s, want %s", got, want)
			}
			if got, err := m.OpenKey(cloud); err != nil || keyText(got) != want {
				t.Errorf("OpenKey with the cloud's key: got %s, %v, want %s", keyText(got), err, want)
			}
			if m.UserKey == nil {
				return
			}
			if got, err := m.OpenKey(loadKey(t, g.pem("user-pk.pem"))); err != nil || keyText(got) != want {
				t.Errorf("OpenKey with the user's key: got %s, %v, want %s", keyText(got), err, want)
			}
		})
	}
}

func keyText(k Key) string { return hex.EncodeToString(k.Key[:]) + " " + hex.EncodeToString(k.IV[:]) }

func TestGoldenSignatures(t *testing.T) {
	for _, g := range readGolden(t) {
		t.Run(g["file"], func(t *testing.T) {
			m, err := Load(g.path())
			if err != nil {
				t.Fatal(err)
			}
			user := &loadKey(t, g.pem("user-pk.pem")).PublicKey
			if g["signed"] == "false" {
				if err := m.VerifySignature(user); err != ErrUnsigned {
					t.Errorf("got %v, want %v", err, ErrUnsigned)
				}
				return
			}
			if err := m.VerifySignature(user); err != nil {
				t.Error(err)
			}
			cloud := &loadKey(t, g.pem("cloud-pk.pem")).PublicKey
			wantError(t, m.VerifySignature(cloud), ErrBadSignature)
		})
	}
}

// TestSignLikeAmazon holds Sign to the bytes that Amazon's tools write:
// RSA-SHA1 signatures are deterministic, so whole documents can be compared.
func TestSignLikeAmazon(t *testing.T) {
	key := loadKey(t, "testdata/ec2-ami-tools/user-pk.pem")
	for _, name := range []string{"initrd", "kern", "kernel", "machine", "multipart", "odd", "sparse", "tiny",
		"migrated.kern", "migrated.machine.both", "migrated.machine.none", "migrated.multi.kernelonly",
		"migrated.v20070829", "migrated.v3"} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile("testdata/ec2-ami-tools/" + name + ".xml")
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Sign(m, key)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("other bytes than ec2-ami-tools:\n%s", cmp.Diff(string(want), string(got)))
			}
		})
	}
}

func TestOldManifestMigrates(t *testing.T) {
	m, err := Load("testdata/ec2-ami-tools/v3.xml")
	if err != nil {
		t.Fatal(err)
	}
	m.Arch, m.KernelID = "i386", "aki-new"
	got, err := Sign(m, loadKey(t, "testdata/ec2-ami-tools/user-pk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/ec2-ami-tools/migrated.v3.xml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("other bytes than ec2-migrate-manifest:\n%s", cmp.Diff(string(want), string(got)))
	}
}

func TestDetails(t *testing.T) {
	m, err := Load("testdata/ec2-ami-tools/multipart.xml")
	if err != nil {
		t.Fatal(err)
	}
	got := Manifest{Bundler: m.Bundler, Mappings: m.Mappings, ProductCodes: m.ProductCodes,
		KernelID: m.KernelID, RamdiskID: m.RamdiskID, User: m.User, Ancestors: m.Ancestors}
	want := Manifest{
		Bundler:      Bundler{"ec2-ami-tools", "1.4", "0.7"},
		Mappings:     []Mapping{{"ami", "sda1"}, {"root", "/dev/sda1"}},
		ProductCodes: []string{"PC1", "PC2"},
		KernelID:     "aki-aaaaaaaa",
		RamdiskID:    "ari-bbbbbbbb",
		User:         "123456789012",
		Ancestors:    []string{"ami-11111111", "ami-22222222"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Manifest{})); diff != "" {
		t.Error(diff)
	}
	if got, want := m.Parts[11].Name, "multi.part.11"; got != want {
		t.Errorf("part 11: got %q, want %q", got, want)
	}
}

func TestEncryptedManifest(t *testing.T) {
	_, err := Load("testdata/ec2-ami-tools/encrypted.manifest")
	wantError(t, err, ErrEncrypted)
}
