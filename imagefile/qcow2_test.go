package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// fixtureDisk is the disk that testdata/make-fixtures writes.
func fixtureDisk() []byte {
	disk := make([]byte, 1<<20+1536)
	for _, run := range []struct{ value, off, n int }{
		{0x11, 0, 4 << 10}, {0x22, 64 << 10, 10 << 10}, {0x33, 1 << 20, 1536},
	} {
		copy(disk[run.off:], bytes.Repeat([]byte{byte(run.value)}, run.n))
	}
	return disk
}

// openFixture opens a file of testdata and closes it with the test.
func openFixture(t *testing.T, name string, f Format) *Image {
	t.Helper()
	img, err := Open(t.Context(), filepath.Join("testdata", name), Options{Format: f})
	if err != nil {
		t.Fatalf("Open(%s) = %v, want an image", name, err)
	}
	t.Cleanup(func() { img.Close() })
	return img
}

func TestQCOW2(t *testing.T) {
	want := fixtureDisk()
	for _, name := range []string{"v2.qcow2", "v3.qcow2", "small-clusters.qcow2", "zlib.qcow2", "zstd.qcow2"} {
		t.Run(name, func(t *testing.T) {
			img := openFixture(t, name, FormatAuto)
			if img.Format() != FormatQCOW2 || img.Size() != int64(len(want)) {
				t.Errorf("format %q, size %d, want qcow2, %d", img.Format(), img.Size(), len(want))
			}
			got, err := io.ReadAll(img)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes, %v, equal: %t, want %d bytes as written",
					len(got), err, bytes.Equal(got, want), len(want))
			}
		})
	}
}

func TestQCOW2InSmallReads(t *testing.T) {
	for _, name := range []string{"v3.qcow2", "zlib.qcow2"} {
		img := openFixture(t, name, FormatAuto)
		var got bytes.Buffer
		buf := make([]byte, 1000) // never aligned with a cluster
		if _, err := io.CopyBuffer(&got, iotest.DataErrReader(img), buf); err != nil {
			t.Fatalf("%s: read = %v, want all", name, err)
		}
		if !bytes.Equal(got.Bytes(), fixtureDisk()) {
			t.Errorf("%s: read in pieces of %d bytes differs from what was written", name, len(buf))
		}
	}
}

func TestQCOW2Holes(t *testing.T) {
	want := fixtureDisk()
	for _, name := range []string{"v2.qcow2", "v3.qcow2", "zlib.qcow2", "zstd.qcow2"} {
		t.Run(name, func(t *testing.T) {
			got, skipped := readAround(t, openFixture(t, name, FormatAuto))
			if !bytes.Equal(got, want) {
				t.Error("data and holes together differ from what was written")
			}
			// Data takes 16 KiB; with clusters of at most 8 KiB it touches 32.
			if min := int64(len(want) - 64<<10); skipped < min {
				t.Errorf("skipped %d bytes, want at least %d", skipped, min)
			}
		})
	}
}

// readAround reads an image the way a bundler does: holes are skipped. Data is
// read in pieces of an odd size, so that questions about holes come anywhere.
func readAround(t *testing.T, img *Image) (content []byte, skipped int64) {
	t.Helper()
	buf := make([]byte, 3001)
	for {
		hole, err := img.Hole()
		if err != nil {
			t.Fatalf("Hole at %d = %v", len(content), err)
		}
		if hole > 0 {
			if err := img.SkipHole(hole); err != nil {
				t.Fatalf("SkipHole(%d) at %d = %v", hole, len(content), err)
			}
			content = append(content, make([]byte, hole)...)
			skipped += hole
			continue
		}
		n, err := img.Read(buf)
		content = append(content, buf[:n]...)
		if err == io.EOF {
			return content, skipped
		}
		if err != nil {
			t.Fatalf("Read at %d = %v", len(content), err)
		}
	}
}

func TestQCOW2AsRaw(t *testing.T) {
	img := openFixture(t, "v3.qcow2", FormatRaw)
	want, err := os.ReadFile("testdata/v3.qcow2")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(img)
	if err != nil || !bytes.Equal(got, want) || img.Format() != FormatRaw {
		t.Errorf("read %d bytes as %q, %v, want the %d bytes of the file", len(got), img.Format(), err, len(want))
	}
}

func TestQCOW2Refused(t *testing.T) {
	v3, err := os.ReadFile("testdata/v3.qcow2")
	if err != nil {
		t.Fatal(err)
	}
	be := binary.BigEndian
	tests := []struct {
		name  string
		spoil func(b []byte) []byte
		is    error
		text  string
	}{
		{"version 1", func(b []byte) []byte { be.PutUint32(b[4:], 1); return b }, ErrUnsupported, "version 1"},
		{"version 4", func(b []byte) []byte { be.PutUint32(b[4:], 4); return b }, ErrUnsupported, "version 4"},
		{"backing file of a path that exists", func(b []byte) []byte {
			be.PutUint64(b[8:], 0x200)
			be.PutUint32(b[16:], uint32(copy(b[0x200:], "/etc/hostname")))
			return b
		}, ErrUnsupported, "has a backing file"},
		{"AES", func(b []byte) []byte { be.PutUint32(b[32:], 1); return b }, ErrUnsupported, "is encrypted"},
		{"LUKS", func(b []byte) []byte { be.PutUint32(b[32:], 2); return b }, ErrUnsupported, "is encrypted"},
		{"data file", func(b []byte) []byte { be.PutUint64(b[72:], 1<<2); return b }, ErrUnsupported, "external file"},
		{"corrupt bit", func(b []byte) []byte { be.PutUint64(b[72:], 1<<1); return b }, ErrUnsupported, "marked corrupt"},
		{"unknown feature", func(b []byte) []byte { be.PutUint64(b[72:], 1<<40); return b }, ErrUnsupported, "unknown features"},
		{"unknown compression", func(b []byte) []byte { b[104] = 2; return b }, ErrUnsupported, "unknown compression 2"},
		{"absurd size", func(b []byte) []byte { be.PutUint64(b[24:], 1<<62); return b }, ErrUnsupported, "claims a virtual disk"},
		{"just above the bound", func(b []byte) []byte { be.PutUint64(b[24:], MaxVirtualSize+1); return b }, ErrUnsupported, "claims"},
		{"size beyond L1", func(b []byte) []byte { be.PutUint64(b[24:], 1<<40); return b }, ErrCorrupt, "L1 table"},
		{"no size", func(b []byte) []byte { be.PutUint64(b[24:], 0); return b }, ErrCorrupt, "0 bytes"},
		{"cluster bits 8", func(b []byte) []byte { be.PutUint32(b[20:], 8); return b }, ErrCorrupt, "2^8"},
		{"cluster bits 63", func(b []byte) []byte { be.PutUint32(b[20:], 63); return b }, ErrCorrupt, "2^63"},
		{"huge L1", func(b []byte) []byte { be.PutUint32(b[36:], 1<<31); return b }, ErrCorrupt, "L1 table"},
		{"L1 outside", func(b []byte) []byte { be.PutUint64(b[40:], 1<<50); return b }, ErrCorrupt, "outside"},
		{"long header", func(b []byte) []byte { be.PutUint32(b[100:], 1<<31); return b }, ErrCorrupt, "header of"},
		{"only magic", func(b []byte) []byte { return b[:4] }, ErrNotQCOW2, "not a qcow2 image"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "disk.img")
			if err := os.WriteFile(path, tt.spoil(bytes.Clone(v3)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), path, Options{Format: FormatAuto})
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) || !strings.HasPrefix(err.Error(), path+": ") {
				t.Errorf("Open = %v, want %q, naming the file and %q", err, tt.is, tt.text)
			}
		})
	}
}

func TestQCOW2RefusedFromQEMU(t *testing.T) {
	for name, text := range map[string]string{
		"backing.qcow2":  "has a backing file",
		"datafile.qcow2": "external file",
		"extended.qcow2": "extended L2",
	} {
		_, err := Open(t.Context(), filepath.Join("testdata", name), Options{Format: FormatAuto})
		unsupported, ok := errors.AsType[*UnsupportedError](err)
		if !ok || !strings.Contains(err.Error(), text) || unsupported.Hint() == "" {
			t.Errorf("Open(%s) = %v, want %q and a hint", name, err, text)
		}
	}
}

func TestQCOW2Truncated(t *testing.T) {
	v3, err := os.ReadFile("testdata/v3.qcow2")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, v3[:len(v3)-4096], 0o600); err != nil {
		t.Fatal(err)
	}
	img, err := Open(t.Context(), path, Options{Format: FormatAuto})
	if err != nil {
		t.Fatalf("Open = %v, want the error to come with the missing data", err)
	}
	defer img.Close()
	if _, err := io.Copy(io.Discard, img); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Copy = %v, want %v", err, ErrCorrupt)
	}
}
