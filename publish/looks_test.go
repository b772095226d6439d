package publish_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"strings"
	"testing"

	"emikit/imagefile"
	"emikit/publish"
)

// TestNotesOnFormats: what is not a raw image is bundled as it is, and the user is
// told what it looks like.
func TestNotesOnFormats(t *testing.T) {
	at := func(offset int, magic string) []byte { return append(make([]byte, offset), magic...) }
	for _, tt := range []struct {
		name string
		data []byte
		want string // "" for none
	}{
		{"VMDK", at(0, "KDMV\x01"), "a VMDK disk"},
		{"VMDK description", at(0, "# Disk DescriptorFile\n"), "a VMDK disk's description"},
		{"VDI", at(0x40, "\x7f\x10\xda\xbe"), "a VDI disk"},
		{"VHDX", at(0, "vhdxfile"), "a VHDX disk"},
		{"dynamic VHD", at(0, "conectix"), "a VHD disk"},
		{"fixed VHD", append(at(5000, "conectix"), make([]byte, 512-8)...), "a VHD disk"},
		{"bzip2", at(0, "BZh9"), "compressed with bzip2"},
		{"zeros", make([]byte, 2000), ""},
		{"one byte", []byte{0x1f}, ""},
		{"magic elsewhere", at(1, "KDMV"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := writeImage(t, "disk.img", tt.data)
			if got := notes(t, request(t, path), tt.want); got != "" {
				t.Errorf("of a file: got %s", got)
			}
			stream := request(t, "-")
			stream.Stdin, stream.ImageSize, stream.Prefix = bytes.NewReader(tt.data), int64(len(tt.data)), "disk.img"
			if got := notes(t, stream, tt.want); got != "" {
				t.Errorf("of a stream: got %s", got)
			}
			kernel := request(t, path)
			kernel.KernelID = "true"
			if got := notes(t, kernel, ""); got != "" {
				t.Errorf("of a kernel, which may be compressed: got %s", got)
			}
			raw := request(t, path)
			raw.InputFormat = imagefile.FormatRaw
			if got := notes(t, raw, ""); got != "" {
				t.Errorf("of what is said to be raw: got %s", got)
			}
		})
	}
}

// gzipped compresses data.
func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCompressed: a compressed disk is unpacked, once; a compressed kernel is
// bundled as it is unless the user says otherwise.
func TestCompressed(t *testing.T) {
	disk := append(bytes.Repeat([]byte("disk"), 50_000), make([]byte, 1<<20)...)
	packed := gzipped(t, disk)
	vmdk, twice := gzipped(t, append([]byte("KDMV"), disk...)), gzipped(t, packed)
	tests := []struct {
		name, kernel string
		format       imagefile.Format
		data         []byte
		want         imagefile.Format
		size         int
		note         string
	}{
		{"disk", "", "", packed, imagefile.FormatGzip, len(disk), ""},
		{"disk as it is", "", "raw", packed, imagefile.FormatRaw, len(packed), ""},
		{"kernel", "true", "", packed, imagefile.FormatRaw, len(packed), ""},
		{"kernel to unpack", "true", "gzip", packed, imagefile.FormatGzip, len(disk), ""},
		{"garbage", "", "", append(bytes.Clone(packed), "xyz"...), imagefile.FormatGzip, len(disk),
			"IMAGE: what follows the compressed disk was ignored"},
		{"VMDK inside", "", "", vmdk, imagefile.FormatGzip, len(disk) + 4,
			"the disk in IMAGE looks like a VMDK disk: it was bundled as it is"},
		{"compressed twice", "", "", twice, imagefile.FormatGzip, len(packed),
			"the disk in IMAGE looks like compressed with gzip: it was bundled as it is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, stream := request(t, writeImage(t, "disk.img", tt.data)), request(t, "-")
			stream.Stdin, stream.ImageSize, stream.Prefix = bytes.NewReader(tt.data), int64(tt.size), "disk.img"
			for name, r := range map[string]publish.BundleRequest{file.Image: file, "standard input": stream} {
				var got publish.Input
				r.KernelID, r.InputFormat = tt.kernel, tt.format
				r.Opened = func(i publish.Input) { got = i }
				result := bundleImage(t, r)
				if want := (publish.Input{Name: name, Format: tt.want, Size: int64(tt.size)}); got != want || result.Manifest.Size != want.Size {
					t.Errorf("got %+v, a bundle of %d bytes, want %+v", got, result.Manifest.Size, want)
				}
				if got, want := strings.Join(result.Notes, "\n"), strings.Replace(tt.note, "IMAGE", name, 1); got != want {
					t.Errorf("got notes %q, want %q", got, want)
				}
			}
		})
	}
}

// notes returns what is wrong with the notes of a bundling.
func notes(t *testing.T, r publish.BundleRequest, want string) string {
	t.Helper()
	got := strings.Join(bundleImage(t, r).Notes, "\n")
	if want == "" && got == "" || want != "" && strings.HasSuffix(got, " looks like "+want+": it was bundled as it is") {
		return ""
	}
	return got + ", want " + want
}

func TestEmptyImage(t *testing.T) {
	path := writeImage(t, "disk.img", nil)
	stream := request(t, "-")
	stream.Stdin, stream.Prefix = strings.NewReader(""), "disk.img"
	for want, r := range map[string]publish.BundleRequest{path: request(t, path), "standard input": stream} {
		_, err := publish.BundleImage(t.Context(), r)
		if !errors.Is(err, publish.ErrEmpty) || err.Error() != want+": the image is empty" {
			t.Errorf("got %v, want %s: %v", err, want, publish.ErrEmpty)
		}
		if _, err := os.Stat(r.Destination); err == nil {
			t.Errorf("%s: the destination was made", want)
		}
	}
	r := request(t, path)
	r.AllowEmpty = true
	if m := bundleImage(t, r).Manifest; m.Size != 0 {
		t.Errorf("got size %d, want 0", m.Size)
	}
}
