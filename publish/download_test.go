package publish_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/publish"
	"emikit/upload"
)

// downloadRequest asks for the bundle of 5000 bytes of noise, which is in the bucket.
func downloadRequest(t *testing.T, b *bucket) publish.DownloadRequest {
	t.Helper()
	if _, err := publish.BundleAndUpload(t.Context(), uploadRequest(t, b, 5000)); err != nil {
		t.Fatal(err)
	}
	r := publish.DownloadRequest{Store: b.store(t), From: upload.Location{Bucket: "bkt"}, ManifestName: "disk.img.manifest.xml"}
	r.PrivateKey, r.Destination = keyFile("user-pk.pem"), filepath.Join(t.TempDir(), "new")
	return r
}

func TestDownloadAndUnbundle(t *testing.T) {
	r := downloadRequest(t, newBucket(t))
	local := filepath.Join(t.TempDir(), "manifest")
	if err := os.WriteFile(local, manifestIn(t, r), 0o600); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	for _, tt := range []struct {
		name   string
		change func(*publish.DownloadRequest)
		path   string
	}{
		{"into a directory", func(*publish.DownloadRequest) {}, filepath.Join(r.Destination, "disk.img")},
		{"by a manifest on disk", func(r *publish.DownloadRequest) { r.ManifestName, r.Manifest = "", local }, filepath.Join(r.Destination, "disk.img")},
		{"into a file", func(r *publish.DownloadRequest) { r.File = local + ".img" }, local + ".img"},
		{"into a writer", func(r *publish.DownloadRequest) { r.Output = &output }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := r
			tt.change(&r)
			var last, total int64
			r.Progress = func(done, of int64) { last, total = done, of }
			result, err := publish.DownloadAndUnbundle(t.Context(), r)
			if err != nil || result.ImagePath != tt.path || last != total || total != result.Manifest.BundledSize {
				t.Fatalf("got %q, %v, %d of %d bytes, want %q", result.ImagePath, err, last, total, tt.path)
			}
			image := output.Bytes()
			if tt.path != "" {
				image, err = os.ReadFile(tt.path)
			}
			if err != nil || !bytes.Equal(image, noise(5000)) {
				t.Errorf("got another image of %d bytes, %v", len(image), err)
			}
		})
	}
}

// manifestIn is the manifest in the bucket.
func manifestIn(t *testing.T, r publish.DownloadRequest) []byte {
	t.Helper()
	body, _, err := r.Store.Get(t.Context(), r.From, r.ManifestName)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	document, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// TestDownloadAndUnbundleFails: nothing is left where the image was to go.
func TestDownloadAndUnbundleFails(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(b *bucket, r *publish.DownloadRequest)
		is    error
	}{
		{"part missing", func(b *bucket, _ *publish.DownloadRequest) { delete(b.objects, "disk.img.part.04") }, bundle.ErrMissingPart},
		{"part altered", func(b *bucket, _ *publish.DownloadRequest) { b.objects["disk.img.part.04"][0] ^= 1 }, bundle.ErrPartDigest},
		{"part too long", func(b *bucket, _ *publish.DownloadRequest) { b.objects["disk.img.part.04"] = make([]byte, 20<<20) }, bundle.ErrBundledSize},
		{"manifest missing", func(b *bucket, _ *publish.DownloadRequest) { delete(b.objects, "disk.img.manifest.xml") }, upload.ErrNoManifest},
		{"no such key", func(_ *bucket, r *publish.DownloadRequest) { r.PrivateKey = "nosuch.pem" }, os.ErrNotExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			r := downloadRequest(t, b)
			tt.spoil(b, &r)
			if _, err := publish.DownloadAndUnbundle(t.Context(), r); !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v", err, tt.is)
			}
			if _, err := os.Stat(r.Destination); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: got %v, want it gone again", r.Destination, err)
			}
		})
	}
}

// TestDownloadAndUnbundleNotes: a manifest from a bucket is noted as one from disk is.
func TestDownloadAndUnbundleNotes(t *testing.T) {
	r := downloadRequest(t, newBucket(t))
	r.OwnCertificate = keyFile("cloud-cert.pem")
	result, err := publish.DownloadAndUnbundle(t.Context(), r)
	if want := "warning: bkt/disk.img.manifest.xml is not signed with the key of"; err != nil || len(result.Notes) != 1 || !strings.HasPrefix(result.Notes[0], want) {
		t.Errorf("got %q, %v, want %q", result.Notes, err, want)
	}
}

// TestCancelBlockedOutput: nobody reads what is written, and it ends all the same.
func TestCancelBlockedOutput(t *testing.T) {
	r := downloadRequest(t, newBucket(t))
	out, in := io.Pipe()
	t.Cleanup(func() { out.Close() })
	reason := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	r.Output, r.Progress = in, func(int64, int64) { cancel(reason) }
	if _, err := publish.DownloadAndUnbundle(ctx, r); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
}

// TestOutputFails: an error of whoever takes the image is the operation's, the last
// one too.
func TestOutputFails(t *testing.T) {
	r := downloadRequest(t, newBucket(t))
	full := errors.New("it is full")
	r.Output = failingWriter{full}
	if _, err := publish.DownloadAndUnbundle(t.Context(), r); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestUnbundleStream: what joined parts hold, by the manifest or by what was said of
// them.
func TestUnbundleStream(t *testing.T) {
	b := request(t, writeImage(t, "disk.img", noise(5000)))
	b.PartSize, b.Key = 1000, &manifest.Key{Key: [16]byte{1}, IV: [16]byte{2}}
	result := bundleImage(t, b)
	var parts []byte
	for _, part := range result.Manifest.Parts {
		data, err := os.ReadFile(filepath.Join(b.Destination, part.Name))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, data...)
	}
	joined := writeImage(t, "parts", parts)
	wrong := int64(4999)
	for _, tt := range []struct {
		name   string
		change func(r *publish.StreamRequest)
		is     error
	}{
		{"by the manifest", func(r *publish.StreamRequest) {
			r.Manifest, r.PrivateKey, r.Key = result.ManifestPath, keyFile("user-pk.pem"), manifest.Key{}
		}, nil},
		{"by the key", func(*publish.StreamRequest) {}, nil},
		{"from standard input", func(r *publish.StreamRequest) { r.Input, r.Stdin = "-", bytes.NewReader(parts) }, nil},
		{"of another size", func(r *publish.StreamRequest) { r.Size = &wrong }, bundle.ErrUnbundledSize},
		{"of another size than the manifest says", func(r *publish.StreamRequest) {
			r.Manifest, r.PrivateKey, r.Size = result.ManifestPath, keyFile("user-pk.pem"), &wrong
		}, bundle.ErrUnbundledSize},
		{"onto itself", func(r *publish.StreamRequest) { r.File = joined }, bundle.ErrInput},
		{"from nowhere", func(r *publish.StreamRequest) { r.Input = "nosuch" }, os.ErrNotExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var output bytes.Buffer
			file := filepath.Join(t.TempDir(), "disk.img")
			for _, r := range []publish.StreamRequest{{Output: &output}, {File: file}} {
				r.Input, r.Key = joined, *b.Key
				if tt.change(&r); tt.is == bundle.ErrInput && r.Output != nil {
					continue
				}
				if _, err := publish.UnbundleStream(t.Context(), r); !errors.Is(err, tt.is) {
					t.Fatalf("got %v, want %v", err, tt.is)
				}
			}
			image, err := os.ReadFile(file)
			if tt.is == nil && (!bytes.Equal(image, noise(5000)) || !bytes.Equal(output.Bytes(), image)) {
				t.Errorf("got other images, of %d and %d bytes", output.Len(), len(image))
			}
			if tt.is != nil && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file: got %v, want none", err)
			}
		})
	}
}

// TestCancelBlockedStream: standard input gives nothing and does not end.
func TestCancelBlockedStream(t *testing.T) {
	out, in := io.Pipe()
	t.Cleanup(func() { in.Close() })
	reason := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		in.Write(make([]byte, 100)) // it has begun to read
		cancel(reason)
	}()
	if _, err := publish.UnbundleStream(ctx, publish.StreamRequest{Input: "-", Stdin: out, Output: io.Discard}); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
}
