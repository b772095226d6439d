package publish_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/imagefile"
	"emikit/manifest"
	"emikit/publish"
)

func keyFile(name string) string {
	return filepath.Join("../bundle/testdata/vectors/euca2ools/keys", name)
}

// request asks for image to be bundled into a new directory, with the user's own
// keys.
func request(t *testing.T, image string) publish.BundleRequest {
	t.Helper()
	return publish.BundleRequest{
		Image: image, Destination: filepath.Join(t.TempDir(), "bundles"),
		UserCert: keyFile("user-cert.pem"), PrivateKey: keyFile("user-pk.pem"), CloudCert: keyFile("cloud-cert.pem"),
		Arch: "x86_64", User: "123456789012",
	}
}

func writeImage(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func bundleImage(t *testing.T, r publish.BundleRequest) publish.BundleResult {
	t.Helper()
	result, err := publish.BundleImage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func unbundle(t *testing.T, r publish.UnbundleRequest) []byte {
	t.Helper()
	if r.Destination == "" {
		r.Destination = t.TempDir()
	}
	result, err := publish.Unbundle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(r.Destination, result.Manifest.Name); result.ImagePath != want {
		t.Errorf("got image %s, want %s", result.ImagePath, want)
	}
	image, err := os.ReadFile(result.ImagePath)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

var content = bytes.Repeat([]byte("an image\n"), 50000)

func TestRoundTrip(t *testing.T) {
	r := request(t, writeImage(t, "disk.img", content))
	r.KernelID, r.RamdiskID = "eki-11111111", "eri-22222222"
	r.Mappings, r.ProductCodes = []manifest.Mapping{{Virtual: "ami", Device: "sda1"}}, []string{"ABC"}
	result := bundleImage(t, r)
	if want := filepath.Join(r.Destination, "disk.img.manifest.xml"); result.ManifestPath != want {
		t.Errorf("got manifest %s, want %s", result.ManifestPath, want)
	}
	if m := result.Manifest; m.Kind != manifest.KindMachine || len(m.Mappings) != 1 || len(m.ProductCodes) != 1 || len(m.Parts) != 1 {
		t.Errorf("got manifest %+v", m)
	}
	if len(result.Notes) != 0 {
		t.Errorf("got notes %q, want none", result.Notes)
	}
	for _, key := range []string{"user-pk.pem", "cloud-pk.pem"} {
		image := unbundle(t, publish.UnbundleRequest{
			Manifest: result.ManifestPath, PrivateKey: keyFile(key), Certificate: keyFile("user-cert.pem"),
		})
		if !bytes.Equal(image, content) {
			t.Errorf("with %s: image of %d bytes came back as %d others", key, len(content), len(image))
		}
	}
}

func TestStandardInput(t *testing.T) {
	r := request(t, "-")
	r.Stdin, r.ImageSize, r.Prefix = bytes.NewReader(content), int64(len(content)), "from-stdin"
	path := bundleImage(t, r).ManifestPath
	if filepath.Base(path) != "from-stdin.manifest.xml" {
		t.Errorf("got manifest %s", path)
	}
	image := unbundle(t, publish.UnbundleRequest{Manifest: path, PrivateKey: keyFile("user-pk.pem")})
	if !bytes.Equal(image, content) {
		t.Error("another image came back")
	}

	r.Prefix = ""
	if _, err := publish.BundleImage(t.Context(), r); !errors.Is(err, publish.ErrNoPrefix) {
		t.Errorf("without prefix: got %v, want ErrNoPrefix", err)
	}
}

// When the image turns out bad in the middle, nothing of the bundle remains.
func TestFailureLeavesNothing(t *testing.T) {
	for _, size := range []int64{int64(len(content)) - 1, int64(len(content)) + 1} {
		r := request(t, "-")
		r.Stdin, r.ImageSize, r.Prefix, r.PartSize = bytes.NewReader(content), size, "a", 100
		var wrong *imagefile.SizeError
		if _, err := publish.BundleImage(t.Context(), r); !errors.As(err, &wrong) {
			t.Errorf("got %v, want an imagefile.SizeError", err)
		}
		if _, err := os.Stat(r.Destination); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, want it gone again", r.Destination, err)
		}
	}
}

// Cancelling works although standard input gives nothing and does not end.
func TestCancelBlockedInput(t *testing.T) {
	out, in := io.Pipe()
	t.Cleanup(func() { in.Close() })
	reason := errors.New("the user has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := request(t, "-")
	r.Stdin, r.ImageSize, r.Prefix = out, 1<<20, "a"
	r.Progress = func(int64, int64) { cancel(reason) }
	go in.Write([]byte("the first bytes, and no more"))
	if _, err := publish.BundleImage(ctx, r); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
	if _, err := os.Stat(r.Destination); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: got %v, want it gone again", r.Destination, err)
	}
}

func TestReplacingIsNoted(t *testing.T) {
	r := request(t, writeImage(t, "disk.img", content))
	bundleImage(t, r)
	notes := bundleImage(t, r).Notes
	if len(notes) != 1 || !strings.Contains(notes[0], "replaced an earlier bundle") {
		t.Errorf("got notes %q, want one about the earlier bundle", notes)
	}
}

// Of a qcow2 file the virtual disk is bundled, unless raw is asked for.
func TestQCOW2(t *testing.T) {
	const file = "../imagefile/testdata/v3.qcow2"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, file)
	var opened publish.Input
	r.Opened = func(i publish.Input) { opened = i }
	result := bundleImage(t, r)
	if m := result.Manifest; m.Name != "v3.qcow2" || m.Size <= int64(len(raw)) {
		t.Errorf("got %s of %d bytes, want the virtual disk of a file of %d", m.Name, m.Size, len(raw))
	}
	if want := fmt.Sprintf("%s is a qcow2 file with a virtual disk of %d bytes", file, result.Manifest.Size); opened.String() != want {
		t.Errorf("got %q, want %q", opened, want)
	}
	r.Opened = nil
	r.InputFormat, r.Prefix = imagefile.FormatRaw, "raw"
	path := bundleImage(t, r).ManifestPath
	if image := unbundle(t, publish.UnbundleRequest{Manifest: path, PrivateKey: keyFile("user-pk.pem")}); !bytes.Equal(image, raw) {
		t.Error("bundled as raw, another file came back")
	}
}

func TestProgress(t *testing.T) {
	path := writeImage(t, "disk.img", content)
	if err := os.Truncate(path, 5<<20); err != nil {
		t.Fatal(err)
	}
	r := request(t, path)
	var last, total int64
	r.Progress = func(done, of int64) {
		if done <= last {
			t.Errorf("progress went from %d to %d", last, done)
		}
		last, total = done, of
	}
	bundleImage(t, r)
	if last != 5<<20 || total != 5<<20 {
		t.Errorf("got to %d of %d, want %d", last, total, 5<<20)
	}
}

func TestKinds(t *testing.T) {
	image := writeImage(t, "disk.img", content)
	for _, tt := range []struct {
		kind            manifest.Kind
		kernel, ramdisk string
		want            manifest.Kind // "": refused
	}{
		{"", "", "", manifest.KindMachine},
		{"", "eki-1", "eri-1", manifest.KindMachine},
		{"", "true", "", manifest.KindKernel},
		{"", "", "true", manifest.KindRamdisk},
		{"", "windows", "", manifest.KindMachine},
		{manifest.KindMachine, "true", "", manifest.KindMachine},
		{manifest.KindKernel, "", "", manifest.KindKernel},
		{manifest.KindRamdisk, "", "true", manifest.KindRamdisk},
		{"", "true", "true", ""},
		{"", "true", "eri-1", ""},
		{"", "eki-1", "true", ""},
		{manifest.KindKernel, "", "eri-1", ""},
		{manifest.KindRamdisk, "eki-1", "", ""},
	} {
		r := request(t, image)
		r.Kind, r.KernelID, r.RamdiskID = tt.kind, tt.kernel, tt.ramdisk
		r.Mappings, r.ProductCodes = []manifest.Mapping{{Virtual: "ami", Device: "sda1"}}, []string{"ABC"}
		result, err := publish.BundleImage(t.Context(), r)
		if tt.want == "" {
			if !errors.Is(err, publish.ErrKindConflict) {
				t.Errorf("%+v: got %v, want ErrKindConflict", tt, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", tt, err)
			continue
		}
		m := result.Manifest
		mapped := len(m.Mappings) > 0 && len(m.ProductCodes) > 0
		if m.Kind != tt.want || m.KernelID != tt.kernel || m.RamdiskID != tt.ramdisk || mapped != (tt.want == manifest.KindMachine) {
			t.Errorf("%+v: got %s, kernel %q, ramdisk %q, mappings %v", tt, m.Kind, m.KernelID, m.RamdiskID, m.Mappings)
		}
	}
}

// What is read must not be replaced by what is made of it.
func TestInputsAreSpared(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "disk.img.part.05")
	if err := os.WriteFile(image, content, 0o666); err != nil {
		t.Fatal(err)
	}
	r := request(t, image)
	r.Destination, r.Prefix = dir, "disk.img"
	if _, err := publish.BundleImage(t.Context(), r); !errors.Is(err, bundle.ErrInput) {
		t.Errorf("bundle a file beside itself: got %v, want bundle.ErrInput", err)
	}
	stdin, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	r.Image, r.Stdin, r.ImageSize = "-", stdin, int64(len(content))
	if _, err := publish.BundleImage(t.Context(), r); !errors.Is(err, bundle.ErrInput) {
		t.Errorf("bundle it from standard input: got %v, want bundle.ErrInput", err)
	}
	if got, err := os.ReadFile(image); !bytes.Equal(got, content) {
		t.Errorf("the image now holds %d bytes (%v)", len(got), err)
	}
}

// A manifest can give the image the name of its key, or of a part.
func TestUnbundleSparesInputs(t *testing.T) {
	dir := t.TempDir()
	key, err := os.ReadFile(keyFile("user-pk.pem"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "pk.pem")
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	r := request(t, writeImage(t, "disk.img", content))
	r.Prefix = "pk.pem"
	m := bundleImage(t, r).ManifestPath
	u := publish.UnbundleRequest{Manifest: m, PrivateKey: path, Destination: dir}
	if _, err := publish.Unbundle(t.Context(), u); !errors.Is(err, bundle.ErrInput) {
		t.Errorf("image called as the key: got %v, want bundle.ErrInput", err)
	}

	document, err := os.ReadFile(m)
	if err != nil {
		t.Fatal(err)
	}
	document = bytes.Replace(document, []byte("<name>pk.pem<"), []byte("<name>pk.pem.part.00<"), 1)
	if err := os.WriteFile(m, document, 0o666); err != nil {
		t.Fatal(err)
	}
	u.Destination = filepath.Dir(m)
	if _, err := publish.Unbundle(t.Context(), u); !errors.Is(err, bundle.ErrInput) {
		t.Errorf("image called as a part: got %v, want bundle.ErrInput", err)
	}
	if got, err := os.ReadFile(path); !bytes.Equal(got, key) {
		t.Errorf("the key file now holds %d bytes (%v)", len(got), err)
	}
}

// Keys that do not fit, and what is missing, are found before anything is made.
func TestRefusedBeforeAnyWork(t *testing.T) {
	image := writeImage(t, "disk.img", content)
	for name, tt := range map[string]struct {
		spoil func(*publish.BundleRequest)
		want  error
	}{
		"pair":       {func(r *publish.BundleRequest) { r.PrivateKey = keyFile("other-pk.pem") }, manifest.ErrKeyMismatch},
		"no cloud":   {func(r *publish.BundleRequest) { r.CloudCert = "" }, publish.ErrNoCloudCert},
		"cert gone":  {func(r *publish.BundleRequest) { r.UserCert = "nosuch.pem" }, os.ErrNotExist},
		"key gone":   {func(r *publish.BundleRequest) { r.PrivateKey = "nosuch.pem" }, os.ErrNotExist},
		"cloud gone": {func(r *publish.BundleRequest) { r.CloudCert = "nosuch.pem" }, os.ErrNotExist},
		"not a cert": {func(r *publish.BundleRequest) { r.UserCert = keyFile("user-pk.pem") }, manifest.ErrNoPEM},
		"not a key":  {func(r *publish.BundleRequest) { r.PrivateKey = keyFile("user-cert.pem") }, manifest.ErrNoPEM},
		"no image":   {func(r *publish.BundleRequest) { r.Image = "nosuch.img" }, os.ErrNotExist},
		"no arch":    {func(r *publish.BundleRequest) { r.Arch = "" }, manifest.ErrField},
	} {
		r := request(t, image)
		tt.spoil(&r)
		if _, err := publish.BundleImage(t.Context(), r); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if _, err := os.Stat(r.Destination); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %s is there (%v)", name, r.Destination, err)
		}
	}
}

func TestUnsignedWithoutUser(t *testing.T) {
	r := request(t, writeImage(t, "disk.img", content))
	r.UserCert, r.PrivateKey = "", ""
	path := bundleImage(t, r).ManifestPath
	if image := unbundle(t, publish.UnbundleRequest{Manifest: path, PrivateKey: keyFile("cloud-pk.pem")}); !bytes.Equal(image, content) {
		t.Error("another image came back")
	}
	for name, tt := range map[string]struct {
		request publish.UnbundleRequest
		want    error
	}{
		"signature": {publish.UnbundleRequest{PrivateKey: keyFile("cloud-pk.pem"), Certificate: keyFile("user-cert.pem")}, manifest.ErrUnsigned},
		"envelope":  {publish.UnbundleRequest{PrivateKey: keyFile("user-pk.pem")}, manifest.ErrWrongKey},
	} {
		tt.request.Manifest = path
		if _, err := publish.Unbundle(t.Context(), tt.request); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func TestUnbundleRefuses(t *testing.T) {
	r := request(t, writeImage(t, "disk.img", content))
	good := bundleImage(t, r).ManifestPath
	document, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(from, to string) string {
		text := strings.Replace(string(document), from, to, 1)
		return writeImage(t, "changed.manifest.xml", []byte(text))
	}
	for name, tt := range map[string]struct {
		manifest, key, cert string
		want                error
	}{
		"other key":     {good, "other-pk.pem", "", manifest.ErrWrongKey},
		"other cert":    {good, "user-pk.pem", "cloud-cert.pem", manifest.ErrBadSignature},
		"tampered":      {changed("x86_64", "i386"), "user-pk.pem", "user-cert.pem", manifest.ErrBadSignature},
		"escaping name": {changed("<name>disk.img", "<name>../disk.img"), "user-pk.pem", "", manifest.ErrName},
		"escaping part": {changed("<filename>", "<filename>../"), "user-pk.pem", "", manifest.ErrName},
		"parts gone":    {changed("x86_64", "i386"), "user-pk.pem", "", bundle.ErrMissingPart},
		"no manifest":   {"nosuch.manifest.xml", "user-pk.pem", "", os.ErrNotExist},
	} {
		dir := t.TempDir()
		u := publish.UnbundleRequest{Manifest: tt.manifest, PrivateKey: keyFile(tt.key), Destination: dir}
		if tt.cert != "" {
			u.Certificate = keyFile(tt.cert)
		}
		if _, err := publish.Unbundle(t.Context(), u); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%s: left %v (%v)", name, entries, err)
		}
	}
}
