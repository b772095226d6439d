package images

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/cloud/caller"
	"emikit/manifest"
)

func TestRegisteredImage(t *testing.T) {
	w := newWorld(t)
	kernel, ramdisk := w.kernelAndRamdisk()
	location := w.upload(alice, "disk.img", flags(strings.ToLower(kernel.ID), ramdisk.ID), func(o *bundle.Options) {
		o.Manifest.ProductCodes = []string{"CODE"}
		o.Manifest.Mappings = []manifest.Mapping{{Virtual: "ami", Device: "sda1"}}
	})
	got, err := w.Register(t.Context(), alice, Request{Location: "//" + location, Name: "my/disk_(1)", Description: "a disk"})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^emi-[0-9A-F]{8}$`).MatchString(got.ID) {
		t.Errorf("id %q is not emi- and 8 upper-case hex digits", got.ID)
	}
	want := fmt.Sprintf("{ID:%s Location:alice/disk.img.manifest.xml Owner:000000000002 Kind:machine OwnerName:alice "+
		"Arch:x86_64 KernelID:%s RamdiskID:%s Platform: Name:my/disk_(1) Description:a disk Public:true State:available "+
		"Reason: Unverified:false Size:10000 Mappings:[{Virtual:ami Device:sda1}] ProductCodes:[CODE] Ancestors:[]", got.ID, kernel.ID, ramdisk.ID)
	for name, img := range map[string]Image{"registered": got, "described": w.image(alice, got.ID)} {
		if text := fmt.Sprintf("%+v", img); !strings.HasPrefix(text, want) {
			t.Errorf("%s: got %s, want %s", name, text, want)
		}
	}
	again := w.register(alice, location)
	if again.ID == got.ID {
		t.Errorf("registering %s twice gave %s both times, want two ids", location, got.ID)
	}
	if again.Name != "disk.img" {
		t.Errorf("name without one in the request: got %q, want the manifest's disk.img", again.Name)
	}
}

func TestKinds(t *testing.T) {
	ofKind := func(k manifest.Kind) func(*bundle.Options) {
		return func(o *bundle.Options) { o.Manifest.Kind = k }
	}
	for _, c := range []struct {
		name     string
		change   func(*bundle.Options)
		prefix   string
		platform string
	}{
		{"plain.img", flags("", ""), "emi-", ""},
		{"memdisk", flags("true", ""), "eki-", ""},
		{"kernel-yes", flags("yes", ""), "eki-", ""},
		{"vmlinuz-2.6.28-11-server", flags("", ""), "eki-", ""},
		{"vmlinuz-with-flag", flags("", "true"), "eki-", ""},
		{"win-boot.img", flags("", "true"), "eri-", ""},
		{"ramdisk-yes", flags("", "yes"), "eri-", ""},
		{"initrd.img-2.6.28-11-server", flags("", ""), "eri-", ""},
		{"initramfs-5.img", flags("", ""), "emi-", ""},
		{"typed-kernel", ofKind(manifest.KindKernel), "eki-", ""},
		{"typed-ramdisk", ofKind(manifest.KindRamdisk), "eri-", ""},
		{"windows-2003.img", flags("", ""), "emi-", PlatformWindows},
		{"w2k3.img", flags("windows", ""), "emi-", PlatformWindows},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			img := w.register(admin, w.upload(admin, c.name, c.change))
			if !strings.HasPrefix(img.ID, c.prefix) || img.Platform != c.platform {
				t.Errorf("got %s, platform %q; want %s…, platform %q", img.ID, img.Platform, c.prefix, c.platform)
			}
			if img.KernelID != "" || img.RamdiskID != "" {
				t.Errorf("kernel %q and ramdisk %q are stored as ids", img.KernelID, img.RamdiskID)
			}
			if c.prefix == "emi-" {
				return
			}
			_, err := w.Register(t.Context(), alice, Request{Location: w.upload(alice, c.name, c.change)})
			if want := fmt.Sprintf("Only administrators can register %s images.", img.Kind); !errors.Is(err, ErrAdminOnly) || err.Error() != want {
				t.Errorf("as alice: got %v, want %s", err, want)
			}
		})
	}
}

// refused is a registration that must not succeed.
type refused struct {
	name   string
	who    caller.Caller
	spoil  func(w *world) Request
	want   error
	saying string
}

func TestRegisterRefuses(t *testing.T) {
	at := func(spoil func(w *world) string) func(w *world) Request {
		return func(w *world) Request { return Request{Location: spoil(w)} }
	}
	with := func(r Request) func(w *world) Request {
		return func(w *world) Request {
			r.Location = w.upload(alice, "disk.img")
			return r
		}
	}
	// spoiled uploads a good bundle, then changes something in the bucket.
	spoiled := func(spoil func(w *world, location string)) func(w *world) Request {
		return at(func(w *world) string {
			location := w.upload(alice, "disk.img")
			spoil(w, location)
			return location
		})
	}
	for _, c := range []refused{
		{"no key", alice, at(func(*world) string { return "bucket" }), ErrParameter, "Invalid image location"},
		{"bucket of one letter", alice, at(func(*world) string { return "b/x" }), ErrParameter, "Invalid image location"},
		{"folder", alice, at(func(*world) string { return "bucket/x/" }), ErrParameter, "Invalid image location"},
		{"no bucket", alice, at(func(*world) string { return "nowhere/x" }), ErrManifest, "there is no bucket nowhere"},
		{"no manifest", alice, at(func(w *world) string { return w.upload(alice, "x") + "l" }), ErrManifest, "there is no manifest alice/x.manifest.xmll"},
		{"another's bucket", mallory, at(func(w *world) string { return w.upload(alice, "x") }), ErrNotBucketOwner,
			"Image registration failed: you must own the bucket containing the image."},
		{"anonymous", caller.Caller{}, at(func(w *world) string { return w.upload(alice, "x") }), ErrNotBucketOwner, "you must own the bucket"},

		{"name too short", alice, with(Request{Name: "ab"}), ErrNameMalformed, "between 3 and 128"},
		{"name with a space", alice, with(Request{Name: "a name"}), ErrNameMalformed, "may contain"},
		{"description of two lines", alice, with(Request{Description: "a\nb"}), ErrParameter, "description"},
		{"architecture", alice, with(Request{Arch: "x86 64"}), ErrParameter, "x86 64"},
		{"unknown kernel", alice, with(Request{KernelID: "eki-00000000"}), ErrReference, "Referenced kernel id is invalid: eki-00000000"},
		{"unknown ramdisk", alice, with(Request{RamdiskID: "eri-00000000"}), ErrReference, "Referenced ramdisk id is invalid: eri-00000000"},
		{"kernel that is a ramdisk", alice, func(w *world) Request {
			_, ramdisk := w.kernelAndRamdisk()
			return Request{Location: w.upload(alice, "disk.img"), KernelID: ramdisk.ID}
		}, ErrReference, "Referenced kernel id is invalid: eri-"},
		{"Amazon's kernel", alice, at(func(w *world) string { return w.upload(alice, "disk.img", flags("aki-12345678", "")) }),
			ErrReference, "Referenced kernel id is invalid: aki-12345678"},

		{"not XML", alice, spoiled(func(w *world, l string) { w.objects.put(l, []byte("no")) }), ErrManifest, "disk.img.manifest.xml: "},
		{"huge manifest", alice, spoiled(func(w *world, l string) { w.objects.put(l, make([]byte, manifest.MaxSize+1)) }), ErrManifest, "larger than"},
		{"unsigned", alice, at(func(w *world) string { return w.upload(alice, "x", unsigned) }), ErrSignature, "not signed"},
		{"signed by another account", alice, at(func(w *world) string {
			return w.upload(alice, "x", func(o *bundle.Options) { o.Signer = pairs()["mallory"].key })
		}), ErrSignature, fmt.Sprintf("a certificate of account alice (certificate SHA-1 %x)", sha1.Sum(pairs()["alice"].cert.Raw))},
		{"altered after signing", alice, spoiled(func(w *world, l string) {
			w.objects.put(l, bytes.Replace(w.objects.get(l), []byte(">10000<"), []byte(">10001<"), 1))
		}), ErrSignature, "the manifest was changed after it was signed, or was signed with another key: "},
		{"no envelope for the cloud", alice, spoiled(func(w *world, l string) {
			w.resign(l, alice, func(m *manifest.Manifest) { m.CloudKey, m.CloudIV = nil, nil })
		}), ErrManifest, ""},
		{"envelope of another length", alice, spoiled(func(w *world, l string) {
			w.resign(l, alice, func(m *manifest.Manifest) { m.CloudKey = append(m.CloudKey, 0) })
		}), ErrManifest, "not bundled for this cloud's certificate"},
		{"too large an image", alice, spoiled(func(w *world, l string) {
			w.resign(l, alice, func(m *manifest.Manifest) { m.Size = DefaultMaxSize + 1 })
		}), ErrManifest, "takes images of up to"},

		{"missing part", alice, spoiled(func(w *world, l string) { w.objects.remove(part(l, 1)) }), ErrBundle,
			"part disk.img.part.01 is missing; the other 2 of 3 parts are there; upload the bundle again."},
		{"tampered part", alice, spoiled(func(w *world, l string) {
			body := w.objects.get(part(l, 1))
			body[7] ^= 1
			w.objects.put(part(l, 1), body)
		}), ErrBundle, "disk.img.part.01: part does not match its digest"},
		{"truncated part", alice, spoiled(func(w *world, l string) { w.objects.put(part(l, 0), w.objects.get(part(l, 0))[1:]) }),
			ErrBundle, "bytes together, but the manifest says"},
		{"swapped parts", alice, spoiled(func(w *world, l string) {
			first, second := w.objects.get(part(l, 0)), w.objects.get(part(l, 1))
			w.objects.put(part(l, 0), second)
			w.objects.put(part(l, 1), first)
		}), ErrBundle, "disk.img.part.00: part does not match its digest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			img, err := w.Register(t.Context(), c.who, c.spoil(w))
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.saying) {
				t.Errorf("got %v %v, want %v with %q", img.ID, err, c.want, c.saying)
			}
			left, err := w.Describe(t.Context(), admin, Query{Owners: []string{alice.Account, mallory.Account}})
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v; want no image", left, err)
			}
		})
	}
}

func TestArchitecture(t *testing.T) {
	for _, c := range []struct{ requested, bundled, want string }{
		{"", "x86_64", "x86_64"}, {"i386", "x86_64", "i386"}, {"", "", "i386"}, {"", "i386 ", ""}, {"a-b", "i386", ""},
		{"", "sparc", ""}, {"sparc", "i386", ""}, {"", "arm64", "arm64"}, {"ppc64le", "", "ppc64le"}, {"", strings.Repeat("x", 1000), ""},
	} {
		got, err := architecture(c.requested, c.bundled)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("requested %q, bundled %q: got %q, %v; want %q", c.requested, c.bundled, got, err, c.want)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	w := newWorld(t)
	location := w.upload(alice, "disk.img")
	first, err := w.Register(t.Context(), alice, Request{Location: location, Name: "disk"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Register(t.Context(), alice, Request{Location: location, Name: "disk"})
	if want := "AMI name disk is already in use by EMI " + first.ID; !errors.Is(err, ErrNameTaken) || err.Error() != want {
		t.Errorf("same name again: got %v, want %s", err, want)
	}
	if _, err := w.Register(t.Context(), mallory, Request{Location: w.upload(mallory, "disk.img"), Name: "disk"}); err != nil {
		t.Errorf("another account's same name: %v", err)
	}
	if err := w.Deregister(t.Context(), alice, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Register(t.Context(), alice, Request{Location: location, Name: "disk"}); err != nil {
		t.Errorf("the name of a deregistered image: %v", err)
	}
}

// TestGoldenBundles registers what ec2-ami-tools and euca2ools made.
func TestGoldenBundles(t *testing.T) {
	const vectors = "../../bundle/testdata/vectors"
	for _, tools := range []string{"ec2-ami-tools", "euca2ools"} {
		found, err := filepath.Glob(filepath.Join(vectors, tools, "bundles", "*", "*.manifest.xml"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no golden bundles of %s: %v", tools, err)
		}
		trust := goldenTrust(t, filepath.Join(vectors, tools, "keys"))
		for _, path := range found {
			t.Run(filepath.Join(tools, filepath.Base(filepath.Dir(path)), filepath.Base(path)), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, func(c *Config) { c.Trust, c.Signatures = trust, SignaturesAny })
				registerGolden(t, w, path)
			})
		}
	}
}

// goldenKeys is a cloud that has the keys of the golden bundles.
type goldenKeys struct {
	fakeTrust
	user *x509.Certificate
}

func (g goldenKeys) Certificates(context.Context, string) ([]*x509.Certificate, error) {
	return []*x509.Certificate{g.user}, nil
}

func goldenTrust(t *testing.T, dir string) Trust {
	t.Helper()
	user, err := manifest.LoadCertificate(filepath.Join(dir, "user-cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := manifest.LoadCertificate(filepath.Join(dir, "cloud-cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := manifest.LoadPrivateKey(filepath.Join(dir, "cloud-pk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return goldenKeys{fakeTrust{identityPair{key, cert}}, user}
}

func registerGolden(t *testing.T, w *world, path string) {
	bucket := map[string]string{}
	w.objects.owners["golden"] = admin.Account
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(path), f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		bucket[f.Name()] = "golden/prefix/" + f.Name()
		w.objects.put(bucket[f.Name()], data)
	}
	kernel, ramdisk := w.goldenReferences(path)
	img, err := w.Register(t.Context(), admin, Request{Location: bucket[filepath.Base(path)], KernelID: kernel, RamdiskID: ramdisk})
	if strings.Contains(path, "/empty") {
		if !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), "the image is empty") {
			t.Errorf("got %v %q, %v; want %v with the image is empty", img.ID, img.State, err, ErrManifest)
		}
		return
	}
	if err != nil || img.State != StateAvailable {
		t.Errorf("got %v %q, %v; want an available image", img.ID, img.State, err)
	}
}

// goldenReferences stand for the kernels and ramdisks that a golden machine
// image names and this cloud does not have.
func (w *world) goldenReferences(path string) (kernel, ramdisk string) {
	document, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	m, err := manifest.Parse(document)
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Contains(m.KernelID, "ki-") {
		kernel = PlatformWindows
	}
	if strings.Contains(m.RamdiskID, "ri-") {
		w.insertStub("eri-0000000A", manifest.KindRamdisk)
		ramdisk = "eri-0000000A"
	}
	return kernel, ramdisk
}

// insertStub stores an image that is only a name.
func (w *world) insertStub(id string, kind manifest.Kind) {
	w.t.Helper()
	r := record{Image: Image{ID: id, Owner: admin.Account, Kind: kind, Public: true, State: StateAvailable}, document: []byte{}}
	err := w.db.Update(w.t.Context(), func(tx *sql.Tx) error { return insertRecord(w.t.Context(), tx, r) })
	if err != nil {
		w.t.Fatal(err)
	}
}

func FuzzLocation(f *testing.F) {
	for _, seed := range []string{"bucket/x.manifest.xml", "//bucket/a/b", "b/x", "bucket", "bucket/", "", "///", "ab//x", "ab/../x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		loc, err := parseLocation(s)
		if err != nil {
			return
		}
		again, err := parseLocation(loc.String())
		if err != nil || again != loc {
			t.Errorf("%q: got %+v, then %+v, %v", s, loc, again, err)
		}
		if key := loc.partKey("p"); !strings.HasSuffix(key, "p") || !strings.HasPrefix(loc.key, strings.TrimSuffix(key, "p")) {
			t.Errorf("%q: part beside %q is %q", s, loc.key, key)
		}
	})
}
