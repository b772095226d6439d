package imagefile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func writeFile(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string) *Image {
	t.Helper()
	img, err := Open(t.Context(), path, Options{Format: FormatAuto})
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() { img.Close() })
	return img
}

func TestRawFile(t *testing.T) {
	for _, size := range []int{0, 1, 3, 4, 5000} {
		want := bytes.Repeat([]byte("x"), size)
		img := open(t, writeFile(t, want))
		if img.Size() != int64(size) || img.Format() != FormatRaw {
			t.Errorf("size %d, format %q, want %d, raw", img.Size(), img.Format(), size)
		}
		if err := iotest.TestReader(img, want); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, path string
		format     Format
		is         error
		text       string
	}{
		{"missing", filepath.Join(dir, "nosuch.img"), FormatAuto, fs.ErrNotExist, ": no such file or directory"},
		{"directory", dir, FormatAuto, nil, ": is a directory"},
		{"device that is no disk", os.DevNull, FormatAuto, ErrNotFile, ErrNotFile.Error()},
		{"raw file said to be qcow2", writeFile(t, []byte("raw")), FormatQCOW2, ErrNotQCOW2, ErrNotQCOW2.Error()},
		{"unknown format", writeFile(t, nil), "vmdk", nil, `unknown image format "vmdk"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(t.Context(), tt.path, Options{Format: tt.format})
			if err == nil || !strings.HasPrefix(err.Error(), tt.path+": ") || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("Open = %v, want %q after the path", err, tt.text)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("Open = %v, want it to be %v", err, tt.is)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	path := writeFile(t, []byte("x"))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{Format: FormatAuto}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Open = %v, want %v", err, fs.ErrPermission)
	}
}

func TestChangedFile(t *testing.T) {
	content := bytes.Repeat([]byte("x"), 10_000)
	for name, change := range map[string]func(path string) error{
		"shorter": func(path string) error { return os.Truncate(path, 5000) },
		"longer":  func(path string) error { return os.Truncate(path, 20_000) },
		"touched": func(path string) error {
			return os.Chtimes(path, time.Time{}, time.Unix(1_000_000_000, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, content)
			img := open(t, path)
			if _, err := io.ReadFull(img, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			// A reader of exactly as many bytes as there were must notice too.
			_, err := io.CopyN(io.Discard, img, img.Size()-100)
			if !errors.Is(err, ErrChanged) {
				t.Errorf("CopyN = %v, want %v", err, ErrChanged)
			}
			if _, again := img.Read(make([]byte, 1)); again == nil || again == io.EOF {
				t.Errorf("Read afterwards = %v, want the error again", again)
			}
		})
	}
}

func TestChangedFileEndingInHole(t *testing.T) {
	path := writeFile(t, nil)
	if err := os.Truncate(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	img := open(t, path)
	hole, err := img.Hole()
	if err != nil || hole == 0 {
		t.Skipf("Hole = %d, %v: no holes on this filesystem", hole, err)
	}
	if err := os.Truncate(path, 2<<20); err != nil {
		t.Fatal(err)
	}
	if err := img.SkipHole(hole); !errors.Is(err, ErrChanged) {
		t.Errorf("SkipHole to the end = %v, want %v", err, ErrChanged)
	}
}

func TestSparseFile(t *testing.T) {
	const size = 5 << 30 // past what 32 bits count
	path := writeFile(t, []byte("begin"))
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, off := range []int64{1 << 20, size - 3} {
		if _, err := file.WriteAt([]byte("end"), off); err != nil {
			t.Fatal(err)
		}
	}
	img := open(t, path)
	var data, holes int64
	buf := make([]byte, 64<<10)
	for data+holes < size {
		hole, err := img.Hole()
		if err != nil {
			t.Fatal(err)
		}
		if err := img.SkipHole(hole); err != nil {
			t.Fatal(err)
		}
		holes += hole
		n, err := img.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		data += int64(n)
		if data > 16<<20 {
			t.Skip("no holes on this filesystem")
		}
	}
	if img.Size() != size || data+holes != size || !bytes.HasSuffix(buf[:4096], []byte("end")) {
		t.Errorf("size %d, data and holes %d, want %d and to end in %q", img.Size(), data+holes, int64(size), "end")
	}
}

// A bundler skips a hole block by block. What is left of it stays a hole.
func TestHoleInPieces(t *testing.T) {
	const size, step = 64 << 20, 1 << 20
	path := writeFile(t, []byte("begin"))
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte("middle"), size/2); err != nil {
		t.Fatal(err)
	}
	img := open(t, path)
	if hole, _, err := nextData(img.disk.(*rawFile).file, step, size); err != nil || hole == step {
		t.Skipf("no holes on this filesystem (%v)", err)
	}
	var data int64
	for off := int64(0); off < size; {
		hole, err := img.Hole()
		if err != nil {
			t.Fatal(err)
		}
		hole = min(hole, step)
		if err := img.SkipHole(hole); err != nil {
			t.Fatal(err)
		}
		off += hole
		if hole > 0 {
			continue
		}
		n, err := img.Read(make([]byte, 4096))
		if err != nil {
			t.Fatal(err)
		}
		off += int64(n)
		data += int64(n)
	}
	if data > 1<<20 {
		t.Errorf("read %d bytes of an image with two small runs of data", data)
	}
}

func TestSkipTooFar(t *testing.T) {
	img := open(t, writeFile(t, []byte("abc")))
	for _, n := range []int64{-1, 4, 1 << 62} {
		if err := img.SkipHole(n); err == nil {
			t.Errorf("SkipHole(%d) of 3 bytes = nil, want an error", n)
		}
	}
}

// fromString opens a stream of that size, called stdin.
func fromString(t *testing.T, r io.Reader, size int64) *Image {
	t.Helper()
	img, err := FromReader(t.Context(), r, "stdin", size, Options{})
	if err != nil {
		t.Fatalf("FromReader = %v", err)
	}
	return img
}

func TestFromReader(t *testing.T) {
	tests := []struct {
		name, input string
		size        int64
		want        string
	}{
		{"exact", "abcdef", 6, ""},
		{"empty", "", 0, ""},
		{"short", "abc", 6, "stdin: input size did not match expected image size (expected size: 6, read: 3)"},
		{"long", "abcdefgh", 6, "stdin: input size did not match expected image size (expected size: 6, read: 7 or more)"},
		{"long by one", "a", 0, "stdin: input size did not match expected image size (expected size: 0, read: 1 or more)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			img := fromString(t, iotest.OneByteReader(strings.NewReader(tt.input)), tt.size)
			got, err := io.ReadAll(img)
			if tt.want == "" && (err != nil || string(got) != tt.input) {
				t.Fatalf("ReadAll = %q, %v, want %q", got, err, tt.input)
			}
			if tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Fatalf("ReadAll = %v, want %q", err, tt.want)
			}
			if _, ok := errors.AsType[*SizeError](err); ok != (tt.want != "") {
				t.Errorf("error is a SizeError: %t, want %t", ok, tt.want != "")
			}
		})
	}
}

func TestFromReaderFailing(t *testing.T) {
	broken := errors.New("broken pipe")
	img := fromString(t, io.MultiReader(strings.NewReader("abcdef"), iotest.ErrReader(broken)), 12)
	if _, err := io.ReadAll(img); !errors.Is(err, broken) {
		t.Errorf("ReadAll = %v, want %v", err, broken)
	}
	if hole, err := fromString(t, strings.NewReader(""), 5).Hole(); hole != 0 || err != nil {
		t.Errorf("Hole of a stream = %d, %v, want 0", hole, err)
	}
}
