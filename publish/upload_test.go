package publish_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"emikit/manifest"
	"emikit/publish"
	"emikit/upload"
)

// uploadRequest asks for noise to be bundled into the bucket, as parts of 1000 bytes.
func uploadRequest(t *testing.T, b *bucket, size int) publish.UploadRequest {
	r := publish.UploadRequest{
		BundleRequest: request(t, writeImage(t, "disk.img", noise(size))),
		Store:         b.store(t), To: upload.Location{Bucket: "bkt"},
	}
	r.PartSize = 1000
	return r
}

// noise does not compress.
func noise(size int) []byte {
	data, state := make([]byte, size), uint32(1)
	for i := range data {
		state = state*1664525 + 1013904223
		data[i] = byte(state >> 24)
	}
	return data
}

// TestBundleAndUpload: the bundle in the bucket is the image's; nothing is written to
// disk, unless that is asked for.
func TestBundleAndUpload(t *testing.T) {
	for _, preserve := range []bool{false, true} {
		b := newBucket(t)
		r := uploadRequest(t, b, 5000)
		r.Preserve = preserve
		result, err := publish.BundleAndUpload(t.Context(), r)
		if want := "bkt/disk.img.manifest.xml"; err != nil || result.ManifestPath != want {
			t.Fatalf("got %q, %v, want %q", result.ManifestPath, err, want)
		}
		if last := b.requests[len(b.requests)-1]; last != "PUT disk.img.manifest.xml" {
			t.Errorf("the last request is %q, not the manifest's", last)
		}
		if _, err := os.Stat(r.Destination); errors.Is(err, os.ErrNotExist) == preserve {
			t.Errorf("preserve %t: %s: got %v", preserve, r.Destination, err)
		}
		dir := r.Destination
		if !preserve {
			dir = t.TempDir()
			for key, body := range b.objects {
				if err := os.WriteFile(filepath.Join(dir, key), body, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		image := unbundle(t, publish.UnbundleRequest{Manifest: filepath.Join(dir, "disk.img.manifest.xml"), PrivateKey: keyFile("user-pk.pem")})
		if !bytes.Equal(image, noise(5000)) {
			t.Error("another image came back")
		}
	}
}

// TestBundleAndUploadFails: whatever fails, the bucket holds nothing in the end, nor
// does the directory of the copy; what can be known beforehand is said before
// anything is asked of the store.
func TestBundleAndUploadFails(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(r *publish.UploadRequest, b *bucket)
		want  string
		asked bool // anything of the store
	}{
		{"no certificate", func(r *publish.UploadRequest, _ *bucket) { r.UserCert = "nosuch.pem" }, "nosuch.pem", false},
		{"no image", func(r *publish.UploadRequest, _ *bucket) { r.Image = "nosuch.img" }, "nosuch.img", false},
		{"short input", func(r *publish.UploadRequest, _ *bucket) {
			r.Image, r.Stdin, r.ImageSize, r.Prefix = "-", bytes.NewReader(noise(3000)), 5000, "disk.img"
		}, "standard input: input size did not match", true},
		{"a part is refused", func(_ *publish.UploadRequest, b *bucket) { b.refuse("PUT", "disk.img.part.03") }, "upload bkt/disk.img.part.03: AccessDenied: no", true},
		{"the manifest is refused", func(_ *publish.UploadRequest, b *bucket) { b.refuse("PUT", "disk.img.manifest.xml") }, "upload bkt/disk.img.manifest.xml: AccessDenied", true},
		{"the bucket is refused", func(_ *publish.UploadRequest, b *bucket) { b.refuse("GET", "") }, "AccountProblem", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(t)
			r := uploadRequest(t, b, 5000)
			tt.spoil(&r, b)
			_, err := publish.BundleAndUpload(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if keys := b.keys(); len(keys) > 0 {
				t.Errorf("left %q", keys)
			}
			if asked := len(b.requests) > 0; asked != tt.asked && tt.name != "the bucket is refused" {
				t.Errorf("requests: got %q, want any: %t", b.requests, tt.asked)
			}
		})
	}
}

// refuse refuses requests for an object, or for the bucket.
func (b *bucket) refuse(method, key string) {
	b.fault = func(w http.ResponseWriter, r *http.Request) bool {
		is := r.Method == method && strings.HasSuffix(r.URL.Path, key)
		if is && key == "" {
			refuse(w, 403, "AccountProblem")
		} else if is {
			refuse(w, 403, "AccessDenied")
		}
		return is
	}
}

// TestBundleAndUploadPreserved: the copy is there or not, as a whole, too. Where only
// the manifest could not be sent, it stays.
func TestBundleAndUploadPreserved(t *testing.T) {
	for refused, stays := range map[string]bool{"disk.img.part.03": false, "disk.img.manifest.xml": true} {
		b := newBucket(t)
		b.refuse("PUT", refused)
		r := uploadRequest(t, b, 5000)
		r.Preserve = true
		if _, err := publish.BundleAndUpload(t.Context(), r); err == nil {
			t.Errorf("%s: got success", refused)
		}
		if _, err := os.Stat(filepath.Join(r.Destination, "disk.img.manifest.xml")); (err == nil) != stays {
			t.Errorf("%s: the copy: got %v, want it to stay: %t", refused, err, stays)
		}
	}
}

// TestBundleAndUploadBlockedInput: a part that is refused ends the wait for standard
// input, which gives no more.
func TestBundleAndUploadBlockedInput(t *testing.T) {
	b := newBucket(t)
	b.refuse("PUT", "disk.img.part.00")
	out, in := io.Pipe()
	t.Cleanup(func() { in.Close() })
	r := uploadRequest(t, b, 0)
	r.Image, r.Stdin, r.ImageSize, r.Prefix = "-", out, 1<<30, "disk.img"
	go in.Write(noise(8 << 20))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := publish.BundleAndUpload(ctx, r)
	if want := "upload bkt/disk.img.part.00: AccessDenied: no"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestCancelBundleAndUpload: nothing is left, although the operation's context has
// ended.
func TestCancelBundleAndUpload(t *testing.T) {
	b := newBucket(t)
	r := uploadRequest(t, b, 500000)
	reason := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := 0
	r.Events = func(e upload.Event) {
		if e.Kind == upload.PartDone {
			if done++; done == 5 {
				cancel(reason)
			}
		}
	}
	if _, err := publish.BundleAndUpload(ctx, r); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if keys := b.keys(); len(keys) > 0 || !slices.Contains(b.requests, "DELETE "+manifest.PartName("disk.img", 0)) {
		t.Errorf("left %q", keys)
	}
}
