package imagefile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// testDisk has text, a run of zeros, and no round size.
func testDisk() []byte {
	disk := bytes.Repeat([]byte("a disk to be compressed "), 9_000)
	return append(append(disk, make([]byte, 100_000)...), "its end"...)
}

// pack compresses data with the library of the format.
func pack(t testing.TB, f Format, data []byte) []byte {
	t.Helper()
	var (
		b   bytes.Buffer
		w   io.WriteCloser
		err error
	)
	switch f {
	case FormatGzip:
		w = gzip.NewWriter(&b)
	case FormatXZ:
		w, err = xz.NewWriter(&b)
	case FormatZstd:
		w, err = zstd.NewWriter(&b)
	}
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packWith compresses data with the tool of a system, as the command line says.
func packWith(t *testing.T, data []byte, command string, stdin bool) []byte {
	t.Helper()
	args := strings.Fields(command)
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("no %s here", args[0])
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	if stdin {
		cmd.Stdin = bytes.NewReader(data)
	} else {
		cmd.Args = append(cmd.Args, writeFile(t, data)) // its size is known beforehand
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return out
}

// checkPacked opens what is compressed as a file and as a stream, by its content.
func checkPacked(t *testing.T, f Format, packed, want []byte) {
	t.Helper()
	stream, err := FromReader(t.Context(), iotest.HalfReader(bytes.NewReader(packed)), "stdin", int64(len(want)), Options{})
	if err != nil {
		t.Fatalf("FromReader = %v", err)
	}
	for name, img := range map[string]*Image{"file": open(t, writeFile(t, packed)), "stream": stream} {
		if img.Format() != f || img.Size() != int64(len(want)) {
			t.Errorf("%s: format %q, size %d, want %q, %d", name, img.Format(), img.Size(), f, len(want))
		}
		if got, err := io.ReadAll(img); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: read %d bytes, %v, equal: %t, want %d", name, len(got), err, bytes.Equal(got, want), len(want))
		}
	}
}

func TestPackedByTools(t *testing.T) {
	disk := testDisk()
	for command, f := range map[string]Format{
		"gzip -c": FormatGzip, "gzip -1c": FormatGzip, "pigz -c": FormatGzip, "pigz -ci": FormatGzip,
		"xz -c": FormatXZ, "xz -0c -T2 --block-size=100000": FormatXZ, "xz -c --check=none": FormatXZ,
		"xz -c --check=crc32": FormatXZ, "xz -c --check=sha256": FormatXZ, "xz -8ec": FormatXZ,
		"zstd -qc": FormatZstd, "zstd -qc --no-check": FormatZstd, "zstd -qc --long=27": FormatZstd, "zstd -qc -19 -T2": FormatZstd,
	} {
		for _, stdin := range []bool{false, true} {
			t.Run(command, func(t *testing.T) {
				checkPacked(t, f, packWith(t, disk, command, stdin), disk)
			})
		}
	}
}

// Streams of a format that follow one another are one, with what may lie between
// and after them.
func TestPackedTogether(t *testing.T) {
	disk := testDisk()
	skippable := "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
	for f, padding := range map[Format]string{FormatGzip: "", FormatXZ: "\x00\x00\x00\x00", FormatZstd: skippable} {
		t.Run(string(f), func(t *testing.T) {
			whole := append(append(pack(t, f, disk[:1000]), padding...), pack(t, f, disk[1000:])...)
			whole = append(whole, pack(t, f, nil)...)
			checkPacked(t, f, append(whole, padding...), disk)
		})
	}
	checkPacked(t, FormatGzip, append(pack(t, FormatGzip, disk), make([]byte, 100_000)...), disk)
}

func TestTrailingGarbage(t *testing.T) {
	for f, refused := range map[Format]bool{FormatGzip: false, FormatXZ: true, FormatZstd: true} {
		path := writeFile(t, append(pack(t, f, testDisk()), "garbage, more of it"...))
		img, err := Open(t.Context(), path, Options{})
		if refused {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: Open = %v, want %v", f, err, ErrDamaged)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer img.Close()
		if n, err := io.Copy(io.Discard, img); err != nil || n != int64(len(testDisk())) || !img.Ignored() {
			t.Errorf("%s: read %d bytes, %v, ignored: %t, want all, and the rest ignored", f, n, err, img.Ignored())
		}
	}
}

// readAll opens a file and reads it.
func readAll(t *testing.T, path string, o Options) error {
	t.Helper()
	img, err := Open(t.Context(), path, o)
	if err != nil {
		return err
	}
	defer img.Close()
	_, err = io.Copy(io.Discard, img)
	return err
}

// Whatever is cut off or changed is found: every format has checksums.
func TestPackedDamaged(t *testing.T) {
	random := make([]byte, 200)
	for i := range random {
		random[i] = byte(i * i >> 3)
	}
	for _, f := range []Format{FormatGzip, FormatXZ, FormatZstd} {
		packed := pack(t, f, random)
		for n := 8; n < len(packed); n += 17 {
			if err := readAll(t, writeFile(t, packed[:n]), Options{}); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s: the first %d bytes of %d: %v, want %v", f, n, len(packed), err, ErrDamaged)
			}
		}
		packed[len(packed)/2] ^= 1
		if err := readAll(t, writeFile(t, packed), Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: one bit changed: %v, want %v", f, err, ErrDamaged)
		}
	}
}

// xzWithDictionary makes the first block of a file ask for a dictionary of that code.
func xzWithDictionary(t *testing.T, code byte) []byte {
	packed := pack(t, FormatXZ, testDisk())
	header := packed[12:][:(int(packed[12])+1)*4]
	at := bytes.Index(header, []byte{xzLZMA2, 1})
	header[at+2] = code
	binary.LittleEndian.PutUint32(header[len(header)-4:], crc32.ChecksumIEEE(header[:len(header)-4]))
	return packed
}

func TestPackedRefused(t *testing.T) {
	// A frame of zstd with a window of 256 MiB: exponent 18, mantissa 0.
	window := []byte("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00")
	// A frame that says it has 4 TiB, and has four bytes.
	large := append([]byte("\x28\xb5\x2f\xfd\xc0\x58"), 0, 0, 0, 0, 0, 4, 0, 0, 0x20, 0, 0, 1, 2, 3, 4, 1, 0, 0)
	qcow2 := append([]byte(qcow2Magic), make([]byte, 100)...)
	tests := []struct {
		name   string
		data   []byte
		format Format
		is     error
		text   string
	}{
		{"dictionary of 192 MiB", xzWithDictionary(t, 31), "", ErrUnsupported, "xz file needs a dictionary of 192 MiB"},
		{"dictionary of 4 GiB", xzWithDictionary(t, 40), "", ErrUnsupported, "dictionary of 4095 MiB"},
		{"dictionary of 128 MiB", xzWithDictionary(t, 30), "", nil, ""},
		{"window", window, "", ErrUnsupported, "zstd file needs a window of more than 128 MiB"},
		{"size", large, "", ErrUnsupported, "zstd file holds a disk of 4398046511104 bytes"},
		{"qcow2 in gzip", pack(t, FormatGzip, qcow2), "", ErrUnsupported, "gzip file holds a qcow2 image"},
		{"qcow2 in xz", pack(t, FormatXZ, qcow2), "", ErrUnsupported, "xz file holds a qcow2 image"},
		{"qcow2 in zstd", pack(t, FormatZstd, qcow2), "", ErrUnsupported, "zstd file holds a qcow2 image"},
		{"no gzip", []byte("raw disk"), FormatGzip, ErrUnsupported, "not in the format of gzip"},
		{"no xz", []byte("raw disk"), FormatXZ, ErrUnsupported, "not in the format of xz"},
		{"no zstd", []byte("raw disk"), FormatZstd, ErrUnsupported, "not in the format of zstd"},
		{"empty zstd", nil, FormatZstd, ErrUnsupported, "not in the format of zstd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := readAll(t, writeFile(t, tt.data), Options{Format: tt.format})
			if !errors.Is(err, tt.is) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %v with %q", err, tt.is, tt.text)
			}
			var hint interface{ Hint() string }
			if err != nil && (!errors.As(err, &hint) || hint.Hint() == "") {
				t.Errorf("%v: no hint", err)
			}
		})
	}
}

// What a file says of its size is held against what comes out.
func TestPackedSizeLies(t *testing.T) {
	disk := bytes.Repeat([]byte("disk"), 100)
	packed := pack(t, FormatZstd, disk)
	one := zstdFrame(t, disk)
	for _, by := range []int{-1, 1} {
		lying := bytes.Clone(one)
		at := bytes.IndexByte(lying[4:], byte((len(disk)-256)&0xff)) + 4
		lying[at] += byte(by)
		if err := readAll(t, writeFile(t, lying), Options{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("size wrong by %d: %v, want %v", by, err, ErrDamaged)
		}
	}
	if err := readAll(t, writeFile(t, packed), Options{}); err != nil {
		t.Error(err)
	}
}

// Whatever size was found first, another one that comes out is an error.
func TestPackedOfAnotherSize(t *testing.T) {
	for _, by := range []int64{-1, 1} {
		img := open(t, writeFile(t, pack(t, FormatGzip, testDisk())))
		img.size += by
		if n, err := io.Copy(io.Discard, img); !errors.Is(err, ErrDamaged) {
			t.Errorf("size wrong by %d: read %d bytes, %v, want %v", by, n, err, ErrDamaged)
		}
	}
}

// zstdFrame is data as a frame that tells its size.
func zstdFrame(t *testing.T, data []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

// Kernels stay compressed unless the user says otherwise.
func TestKeepCompressed(t *testing.T) {
	packed := pack(t, FormatGzip, testDisk())
	for f, want := range map[Format]Format{FormatAuto: FormatRaw, FormatRaw: FormatRaw, FormatGzip: FormatGzip} {
		o := Options{Format: f, KeepCompressed: true}
		img, err := Open(t.Context(), writeFile(t, packed), o)
		if err != nil || img.Format() != want {
			t.Fatalf("Open as %q = %v, %v, want %q", f, img, err, want)
		}
		img.Close()
		stream, err := FromReader(t.Context(), bytes.NewReader(packed), "stdin", 1, o)
		if err != nil || stream.Format() != want {
			t.Errorf("FromReader as %q = %v, %v, want %q", f, stream, err, want)
		}
	}
}

func TestPackedStreamOfAnotherSize(t *testing.T) {
	disk := testDisk()
	packed := pack(t, FormatGzip, disk)
	for _, size := range []int{len(packed), len(disk) - 1, len(disk) + 1} {
		_, err := io.ReadAll(fromString(t, bytes.NewReader(packed), int64(size)))
		wrong, ok := errors.AsType[*SizeError](err)
		if !ok || !strings.Contains(wrong.Hint(), "--input-format raw") {
			t.Errorf("size %d: %v, want a SizeError with a hint", size, err)
		}
	}
	for _, f := range []Format{FormatAuto, FormatQCOW2} {
		_, err := FromReader(t.Context(), strings.NewReader(qcow2Magic+"more"), "stdin", 8, Options{Format: f})
		if !errors.Is(err, ErrUnsupported) || err.Error() != "stdin: qcow2 image cannot be read from a pipe" {
			t.Errorf("qcow2 as %q: %v, want it refused", f, err)
		}
	}
}

// Counting tells how far it has come, and ends with the context.
func TestCounting(t *testing.T) {
	path := writeFile(t, pack(t, FormatGzip, testDisk()))
	ctx, cancel := context.WithCancel(t.Context())
	var done, total int64
	o := Options{Counting: func(d, n int64) { done, total = d, n }}
	img, err := Open(ctx, path, o)
	if err != nil {
		t.Fatal(err)
	}
	img.Close()
	if info, _ := os.Stat(path); done != info.Size() || total != info.Size() {
		t.Errorf("counted %d of %d bytes, want %d", done, total, info.Size())
	}
	o.Counting = func(int64, int64) { cancel() }
	if _, err := Open(ctx, path, o); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want %v", err, context.Canceled)
	}
}

// A file that grows or shrinks while it is read has changed, whatever a decompressor
// makes of it.
func TestPackedChanged(t *testing.T) {
	disk := make([]byte, 1<<20)
	for i := range disk {
		disk[i] = byte(i * i * i >> 7)
	}
	path := writeFile(t, pack(t, FormatGzip, disk))
	img := open(t, path)
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, img); !errors.Is(err, ErrChanged) {
		t.Errorf("Copy = %v, want %v", err, ErrChanged)
	}
}

// Sizes that a file tells are found without unpacking it.
func TestSizesTold(t *testing.T) {
	disk := testDisk()
	twice := append(zstdFrame(t, disk), zstdFrame(t, disk)...)
	if n, ok, err := framedZstd(t.Context(), bytes.NewReader(twice), int64(len(twice))); !ok || n != int64(2*len(disk)) {
		t.Errorf("zstd: %d, %t, %v, want %d", n, ok, err, 2*len(disk))
	}
	streams := append(append(pack(t, FormatXZ, disk), 0, 0, 0, 0), pack(t, FormatXZ, disk)...)
	if n, ok, err := indexedXZ(t.Context(), bytes.NewReader(streams), int64(len(streams))); !ok || n != int64(2*len(disk)) {
		t.Errorf("xz: %d, %t, %v, want %d", n, ok, err, 2*len(disk))
	}
}
