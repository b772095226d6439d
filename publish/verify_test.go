package publish_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/publish"
	"emikit/upload"
)

// verifyOnDisk asks for a check of a bundle of 5000 bytes of noise in six parts.
func verifyOnDisk(t *testing.T) publish.VerifyRequest {
	t.Helper()
	in := request(t, writeImage(t, "disk.img", noise(5000)))
	in.PartSize = 1000
	r := publish.VerifyRequest{PrivateKey: keyFile("user-pk.pem"), OwnCertificate: keyFile("user-cert.pem"), Deep: true}
	r.Manifest = bundleImage(t, in).ManifestPath
	return r
}

// verifyInBucket asks for the same of one in a bucket.
func verifyInBucket(t *testing.T, b *bucket) publish.VerifyRequest {
	t.Helper()
	if _, err := publish.BundleAndUpload(t.Context(), uploadRequest(t, b, 5000)); err != nil {
		t.Fatal(err)
	}
	b.requests = nil
	r := publish.VerifyRequest{PrivateKey: keyFile("user-pk.pem"), OwnCertificate: keyFile("user-cert.pem")}
	r.Store, r.From, r.ManifestName = b.store(t), upload.Location{Bucket: "bkt"}, "disk.img.manifest.xml"
	return r
}

// verified runs a check and returns what is not ok in it, each as "failed: CHECK PART"
// or "not checked: CHECK".
func verified(t *testing.T, r publish.VerifyRequest) (publish.VerifyReport, []string) {
	t.Helper()
	report, err := publish.Verify(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var rest []string
	for _, f := range report.Findings {
		if f.Outcome != publish.Passed {
			rest = append(rest, strings.TrimSpace(string(f.Outcome)+": "+string(f.Check)+" "+f.Part))
		}
		if (f.Err != nil) != (f.Outcome == publish.Failed) || f.Text == "" {
			t.Errorf("%s: got %+v, want an error if it failed, and a text", f.Check, f)
		}
	}
	return report, rest
}

// TestVerify: all that is wrong is found, not the first of it alone.
func TestVerify(t *testing.T) {
	part := func(r publish.VerifyRequest, index string) string {
		return filepath.Join(filepath.Dir(r.Manifest), "disk.img.part."+index)
	}
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, r *publish.VerifyRequest)
		want  []string
	}{
		{"good", func(*testing.T, *publish.VerifyRequest) {}, nil},
		{"the cloud's key", func(_ *testing.T, r *publish.VerifyRequest) { r.PrivateKey = keyFile("cloud-pk.pem") }, nil},
		{"not deep", func(_ *testing.T, r *publish.VerifyRequest) { r.Deep = false }, []string{"not checked: image"}},
		{"no key", func(_ *testing.T, r *publish.VerifyRequest) { r.PrivateKey = "" }, []string{"not checked: envelope", "not checked: image"}},
		{"no certificate", func(_ *testing.T, r *publish.VerifyRequest) { r.OwnCertificate = "" }, nil}, // the key's own
		{"somebody else's", func(_ *testing.T, r *publish.VerifyRequest) {
			r.PrivateKey, r.OwnCertificate = keyFile("cloud-pk.pem"), keyFile("cloud-cert.pem")
		}, []string{"failed: signature"}},
		{"by any", func(_ *testing.T, r *publish.VerifyRequest) {
			r.PrivateKey, r.OwnCertificate, r.AnySignature = keyFile("cloud-pk.pem"), keyFile("cloud-cert.pem"), true
		}, []string{"not checked: signature"}},
		{"the certificate that was given counts alone", func(_ *testing.T, r *publish.VerifyRequest) {
			r.Certificate = keyFile("cloud-cert.pem")
		}, []string{"failed: signature"}},
		{"manifest altered", func(t *testing.T, r *publish.VerifyRequest) {
			rewrite(t, r.Manifest, "<user>123456789012</user>", "<user>123456789013</user>")
		}, []string{"failed: signature"}},
		{"part altered and another missing", func(t *testing.T, r *publish.VerifyRequest) {
			writeFile(t, part(*r, "01"), make([]byte, 1000))
			writeFile(t, part(*r, "03"), make([]byte, 1000))
			removeFile(t, part(*r, "04"))
		}, []string{"failed: parts disk.img.part.04", "not checked: total size", "failed: part digests disk.img.part.01",
			"failed: part digests disk.img.part.03", "not checked: part digests", "not checked: image"}},
		{"two parts altered", func(t *testing.T, r *publish.VerifyRequest) {
			writeFile(t, part(*r, "01"), make([]byte, 1000))
			writeFile(t, part(*r, "03"), make([]byte, 1000))
		}, []string{"failed: part digests disk.img.part.01", "failed: part digests disk.img.part.03", "not checked: image"}},
		{"a part too short, another key", func(t *testing.T, r *publish.VerifyRequest) {
			writeFile(t, part(*r, "01"), make([]byte, 999))
			r.PrivateKey = "../manifest/testdata/euca2ools/other-pk.pem"
		}, []string{"failed: envelope", "failed: total size", "failed: part digests disk.img.part.01", "not checked: image"}},
		{"a part is a directory", func(t *testing.T, r *publish.VerifyRequest) {
			removeFile(t, part(*r, "05"))
			if err := os.Mkdir(part(*r, "05"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []string{"failed: parts disk.img.part.05", "not checked: total size", "not checked: part digests", "not checked: image"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := verifyOnDisk(t)
			tt.spoil(t, &r)
			before := read(t, r.Manifest)
			if report, got := verified(t, r); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q in\n%+v", got, tt.want, report)
			}
			if read(t, r.Manifest) != before {
				t.Error("the manifest has changed")
			}
		})
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func removeFile(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyVectors: what the real tools made is as it should be.
func TestVerifyVectors(t *testing.T) {
	root := "../bundle/testdata/vectors"
	manifests, err := filepath.Glob(filepath.Join(root, "*", "bundles", "*", "*.manifest.xml"))
	if err != nil || len(manifests) < 20 {
		t.Fatalf("%s: found %d manifests (%v), want 20 or more", root, len(manifests), err)
	}
	for _, path := range manifests {
		tool, kind := filepath.Dir(filepath.Dir(filepath.Dir(path))), filepath.Base(filepath.Dir(path))
		for _, who := range []string{"user", "cloud"} {
			var want []string
			if kind == "nocert" || kind == "unsigned" {
				want = append(want, "failed: signature")
			}
			if who == "user" && (kind == "nocert" || kind == "signed-nocert") {
				want = append(want, "failed: envelope", "not checked: image")
			}
			r := publish.VerifyRequest{Deep: true, PrivateKey: filepath.Join(tool, "keys", who+"-pk.pem"), Certificate: filepath.Join(tool, "keys", "user-cert.pem")}
			r.Manifest = path
			if report, got := verified(t, r); !slices.Equal(got, want) {
				t.Errorf("%s with the %s's key: got %q, want %q in\n%+v", path, who, got, want, report)
			}
		}
	}
}

// TestVerifyAsksOnly: the parts in a bucket are not fetched, unless that is asked for.
func TestVerifyAsksOnly(t *testing.T) {
	b := newBucket(t)
	r := verifyInBucket(t, b)
	if _, got := verified(t, r); !slices.Equal(got, []string{"not checked: part digests", "not checked: image"}) {
		t.Errorf("got %q, want the digests and the image not to be checked", got)
	}
	slices.Sort(b.requests)
	want := []string{"GET disk.img.manifest.xml"}
	for i := range 6 {
		want = append(want, "HEAD "+manifest.PartName("disk.img", i))
	}
	if !slices.Equal(b.requests, want) {
		t.Errorf("got %q, want %q", b.requests, want)
	}
	r.Deep = true
	var last, total int64
	r.Progress = func(done, of int64) { last, total = done, of }
	if report, got := verified(t, r); len(got) > 0 || last != total || total < 5000 {
		t.Errorf("deep: got %q and %d of %d bytes in\n%+v", got, last, total, report)
	}
	for name := range b.objects {
		if !strings.HasPrefix(name, "disk.img") {
			t.Errorf("%s is new in the bucket", name)
		}
	}
}

// TestVerifyBucket: as TestVerify, in a bucket.
func TestVerifyBucket(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spoil  func(b *bucket, r *publish.VerifyRequest)
		asked  []string // what is not ok when the store is only asked
		looked []string // with what is in the parts
	}{
		{"part missing", func(b *bucket, _ *publish.VerifyRequest) { delete(b.objects, "disk.img.part.04") },
			[]string{"failed: parts disk.img.part.04", "not checked: total size", "not checked: part digests", "not checked: image"},
			[]string{"failed: parts disk.img.part.04", "not checked: total size", "not checked: part digests", "not checked: image"}},
		{"parts altered", func(b *bucket, _ *publish.VerifyRequest) {
			b.objects["disk.img.part.00"][0] ^= 1
			b.objects["disk.img.part.04"][0] ^= 1
		}, []string{"not checked: part digests", "not checked: image"},
			[]string{"failed: part digests disk.img.part.00", "failed: part digests disk.img.part.04", "not checked: image"}},
		{"part too long", func(b *bucket, _ *publish.VerifyRequest) { b.objects["disk.img.part.04"] = make([]byte, 20<<20) },
			[]string{"failed: total size", "not checked: part digests", "not checked: image"},
			[]string{"failed: total size", "failed: part digests disk.img.part.04", "not checked: image"}},
		{"no size told", func(b *bucket, _ *publish.VerifyRequest) {
			b.fault = func(w http.ResponseWriter, r *http.Request) bool { return r.Method == http.MethodHead } // 200, and no more
		}, []string{"not checked: total size", "not checked: part digests", "not checked: image"}, []string{"not checked: total size"}},
		{"parts that may not be read", func(b *bucket, _ *publish.VerifyRequest) {
			b.fault = func(w http.ResponseWriter, r *http.Request) bool {
				if forbidden := strings.HasSuffix(r.URL.Path, ".part.02"); forbidden {
					refuse(w, 403, "AccessDenied")
					return true
				}
				return false
			}
		}, []string{"failed: parts disk.img.part.02", "not checked: total size", "not checked: part digests", "not checked: image"},
			[]string{"failed: parts disk.img.part.02", "not checked: total size", "not checked: part digests", "not checked: image"}},
		{"a manifest on disk, of another bundle", func(b *bucket, r *publish.VerifyRequest) {
			other := verifyOnDisk(t)
			r.Manifest = other.Manifest
		}, []string{"not checked: part digests", "not checked: image"},
			[]string{"failed: part digests disk.img.part.00", "failed: part digests disk.img.part.01", "failed: part digests disk.img.part.02",
				"failed: part digests disk.img.part.03", "failed: part digests disk.img.part.04", "failed: part digests disk.img.part.05", "not checked: image"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			r := verifyInBucket(t, b)
			tt.spoil(b, &r)
			if report, got := verified(t, r); !slices.Equal(got, tt.asked) {
				t.Errorf("got %q, want %q in\n%+v", got, tt.asked, report)
			}
			r.Deep = true
			if report, got := verified(t, r); !slices.Equal(got, tt.looked) {
				t.Errorf("deep: got %q, want %q in\n%+v", got, tt.looked, report)
			}
		})
	}
}

// TestVerifySums: a SHA-1 that the store keeps stands for reading a part.
func TestVerifySums(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil string // the part of which the store keeps another sum, or none
		none  bool
		want  []string
	}{
		{"all right", "", false, []string{"not checked: image"}},
		{"one not", "disk.img.part.03", false, []string{"failed: part digests disk.img.part.03", "not checked: image"}},
		{"one none", "disk.img.part.03", true, []string{"not checked: part digests", "not checked: image"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			r := verifyInBucket(t, b)
			b.fault = func(w http.ResponseWriter, r *http.Request) bool {
				name := strings.TrimPrefix(r.URL.Path, "/bkt/")
				sum := sha1.Sum(b.objects[name])
				if name == tt.spoil {
					sum[0] ^= 1
				}
				if name != tt.spoil || !tt.none {
					w.Header().Set("X-Amz-Checksum-Sha1", base64.StdEncoding.EncodeToString(sum[:]))
				}
				return false
			}
			if report, got := verified(t, r); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q in\n%+v", got, tt.want, report)
			}
		})
	}
}

// TestVerifyStops: what keeps it from checking is an error, and nothing else.
func TestVerifyStops(t *testing.T) {
	good := verifyOnDisk(t)
	for _, tt := range []struct {
		name  string
		spoil func(r *publish.VerifyRequest)
		is    error
	}{
		{"no manifest", func(r *publish.VerifyRequest) { r.Manifest += "x" }, os.ErrNotExist},
		{"no key", func(r *publish.VerifyRequest) { r.PrivateKey = "nosuch.pem" }, os.ErrNotExist},
		{"no certificate", func(r *publish.VerifyRequest) { r.Certificate = "nosuch.pem" }, os.ErrNotExist},
		{"no certificate's file", func(r *publish.VerifyRequest) { r.Certificate = r.PrivateKey }, manifest.ErrNoPEM},
		{"no manifest's file", func(r *publish.VerifyRequest) { r.Manifest = r.PrivateKey }, manifest.ErrSyntax},
	} {
		r := good
		tt.spoil(&r)
		if report, err := publish.Verify(t.Context(), r); !errors.Is(err, tt.is) || len(report.Findings) > 0 {
			t.Errorf("%s: got %v and %+v, want %v", tt.name, err, report, tt.is)
		}
	}
	for _, r := range []publish.VerifyRequest{good, verifyInBucket(t, newBucket(t))} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r.Deep, r.Progress = true, func(int64, int64) { cancel() }
		if _, err := publish.Verify(ctx, r); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got %v, want Canceled", err)
		}
	}
}

// TestReadManifest: from disk, from a pipe and from a bucket it is the same.
func TestReadManifest(t *testing.T) {
	b := newBucket(t)
	r := verifyInBucket(t, b)
	document := b.objects["disk.img.manifest.xml"]
	path := filepath.Join(t.TempDir(), "m")
	writeFile(t, path, document)
	want, err := manifest.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []publish.ManifestRequest{
		r.ManifestRequest, {Manifest: path}, {Manifest: "-", Stdin: bytes.NewReader(document)},
	} {
		info, err := publish.ReadManifest(t.Context(), in)
		if err != nil || info.Encrypted || info.Manifest.Digest != want.Digest || len(info.Manifest.Parts) != len(want.Parts) {
			t.Errorf("%s: got %+v, %v, want the manifest", in.Path(), info, err)
		}
	}
	endless := publish.ManifestRequest{Manifest: "-", Stdin: zeros{}}
	if _, err := publish.ReadManifest(t.Context(), endless); !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("without end: got %v, want ErrTooLarge", err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestVerifyStoreFails: a store that fails is asked a few times, not for every part.
func TestVerifyStoreFails(t *testing.T) {
	b := newBucket(t)
	r := verifyInBucket(t, b)
	r.Deep = true
	b.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead && strings.Contains(r.URL.Path, ".part.") {
			refuse(w, 507, "Broken") // which is not asked again
			return true
		}
		return false
	}
	r.Jobs = 1
	report, got := verified(t, r)
	if want := []string{"failed: part digests disk.img.part.00", "failed: part digests disk.img.part.01", "failed: part digests disk.img.part.02",
		"not checked: part digests", "not checked: image"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, f := range report.Findings {
		if f.Outcome == publish.Failed && (f.Check != publish.CheckDigests || errors.Is(f.Err, bundle.ErrPartDigest)) {
			t.Errorf("got %+v, want the store's refusal of a part", f)
		}
	}
}
