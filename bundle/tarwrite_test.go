package bundle

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The golden headers are what euca2ools 3.4.1 writes before the image's data.
func TestTarHeaderIsThatOfEuca2ools(t *testing.T) {
	for _, tt := range []struct {
		file, name string
		size       int64
	}{
		{"size-3000000", "img", 3000000},
		{"size-8GiB-minus-1", "big", 8<<30 - 1},
		{"size-8GiB", "big", 8 << 30},
		{"size-9GiB", "big", 9 << 30},
		{"name-100", strings.Repeat("n", 100), 5},
		{"name-100-with-slashes", strings.Repeat("d/", 50), 5},
		{"name-101", strings.Repeat("n", 101), 5},
	} {
		want, err := os.ReadFile(filepath.Join("testdata/tarheaders", tt.file+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		if got := tarHeader(tt.name, tt.size); !bytes.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", tt.file, got, want)
		}
	}
}

func TestTarStreamIsWholeRecords(t *testing.T) {
	for size, want := range map[int64]int64{0: 10240, 1: 10240, 512: 10240, 8704: 10240, 8705: 20480, 18944: 20480, 18945: 30720} {
		header := tarHeader("disk.img", size)
		got := int64(len(header)) + size + int64(len(tarTrailer(len(header), size)))
		if got != want {
			t.Errorf("image of %d bytes: got a tar stream of %d, want %d", size, got, want)
		}
	}
}

// Names of every length, with characters of several bytes, come back from
// archive/tar as they were.
func TestTarHeaderNames(t *testing.T) {
	for n := 1; n < 240; n++ {
		name := strings.Repeat("é", n/2) + strings.Repeat("x", n%2)
		stream := append(tarHeader(name, 3), "abc"...)
		stream = append(stream, tarTrailer(len(stream)-3, 3)...)
		archive := tar.NewReader(bytes.NewReader(stream))
		header, err := archive.Next()
		if err != nil {
			t.Fatalf("name of %d bytes: %v", n, err)
		}
		data, err := io.ReadAll(archive)
		if header.Name != name || string(data) != "abc" || err != nil {
			t.Errorf("got %q holding %q (%v), want %q holding abc", header.Name, data, err, name)
		}
	}
}
