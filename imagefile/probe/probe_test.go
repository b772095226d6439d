package probe

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

const testUUID = "12345678-9abc-def0-1234-56789abcdef0"

// fixture unpacks a file of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// padded is data followed by zeros: the rest of an image of which only the
// beginning is kept.
type padded []byte

func (d padded) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(d)) {
		copy(p, d[off:])
	}
	return len(p), nil
}

func TestProbeFixtures(t *testing.T) {
	tests := []struct {
		name    string
		size    int64 // 0: of the fixture
		kind    Kind
		uuid    string
		summary []string
	}{
		{"ext2", 64 << 20, Filesystem, testUUID, []string{`ext2 filesystem "root", 64 MiB`}},
		{"ext3", 64 << 20, Filesystem, testUUID, []string{`ext3 filesystem "root", 64 MiB`}},
		{"ext4", 64 << 20, Filesystem, testUUID, []string{`ext4 filesystem "root", 64 MiB`}},
		{"ext4", 32 << 20, Filesystem, testUUID, []string{`ext4 filesystem "root", 64 MiB (cut off: the image has 32 MiB)`}},
		{"xfs", 300 << 20, Filesystem, testUUID, []string{`xfs filesystem "root", 300 MiB`}},
		{"btrfs", 128 << 20, Filesystem, testUUID, []string{`btrfs filesystem "root", 128 MiB`}},
		{"fat12", 1440 << 10, Filesystem, "1234-ABCD", []string{`FAT12 filesystem "WIN-BOOT", 1.4 MiB`}},
		{"fat16", 16 << 20, Filesystem, "1234-ABCD", []string{`FAT16 filesystem, 16 MiB`}},
		{"fat32", 64 << 20, Filesystem, "1234-ABCD", []string{`FAT32 filesystem "EFI", 64 MiB`}},
		{"ntfs", 8 << 20, Filesystem, "0D9AA9AF773846A5", []string{`ntfs filesystem, 8.0 MiB`}},
		{"squashfs", 0, Filesystem, "", []string{`squashfs filesystem, 232 bytes`}},
		{"iso9660", 350 << 10, Filesystem, "", []string{`iso9660 filesystem "CIDATA", 350 KiB`}},
		{"swap", 8 << 20, Filesystem, testUUID, []string{`swap space "swap", 8 MiB`}},
		{"cpio", 0, Ramdisk, "", []string{"ramdisk: cpio archive, not compressed"}},
		{"cpio-gzip", 0, Ramdisk, "", []string{"ramdisk: cpio archive, gzip compressed"}},
		{"cpio-xz", 0, Ramdisk, "", []string{"ramdisk: cpio archive, xz compressed"}},
		{"cpio-xz-threads", 0, Ramdisk, "", []string{"ramdisk: cpio archive, xz compressed"}},
		{"cpio-zstd", 0, Ramdisk, "", []string{"ramdisk: cpio archive, zstd compressed"}},
		{"cpio-lz4", 0, Ramdisk, "", []string{"ramdisk: cpio archive, lz4 compressed"}},
		{"cpio-bzip2", 0, Ramdisk, "", []string{"ramdisk: cpio archive, bzip2 compressed"}},
		{"cpio-microcode", 0, Ramdisk, "", []string{"ramdisk: cpio archive, zstd compressed, after CPU microcode"}},
		{"ext2-gzip", 0, Ramdisk, testUUID, []string{`ramdisk: ext2 filesystem "root", gzip compressed`}},
		{"mbr", 16 << 20, Disk, "", []string{
			"disk with 4 partitions in an MBR table, 16 MiB",
			`partition 1: Linux, 1 MiB at 1 MiB, ext4 "root", active`,
			"partition 2: extended, 14 MiB at 2 MiB",
			"partition 5: Linux swap, 1 MiB at 3 MiB",
			"partition 6: FAT, 1 MiB at 5 MiB",
		}},
		{"gpt", 128 << 20, Disk, "", []string{
			"disk with 3 partitions in a GPT table, 128 MiB",
			`partition 1: Linux filesystem "root", 125.0 MiB at 3 MiB, ext4 "root"`,
			"partition 14: BIOS boot, 1 MiB at 1 MiB",
			`partition 15: EFI system "esp", 1 MiB at 2 MiB`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := fixture(t, tt.name)
			size := tt.size
			if size == 0 {
				size = int64(len(data))
			}
			got, err := Probe(padded(data), size)
			if err != nil {
				t.Fatalf("Probe = %v", err)
			}
			if got.Kind != tt.kind || got.UUID != tt.uuid || got.Size != size {
				t.Errorf("kind %q, uuid %q, size %d, want %q, %q, %d", got.Kind, got.UUID, got.Size, tt.kind, tt.uuid, size)
			}
			if summary := got.Summary(); !slices.Equal(summary, tt.summary) {
				t.Errorf("Summary = %q, want %q", summary, tt.summary)
			}
		})
	}
}

// setupHeader is the beginning of an x86 kernel: boot protocol 2.15, with the
// version text at 0x1000 where the header says.
func setupHeader(version string, high bool) []byte {
	b := make([]byte, 0x2000)
	binary.LittleEndian.PutUint16(b[0x1fe:], 0xaa55)
	copy(b[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(b[0x206:], 0x20f)
	binary.LittleEndian.PutUint16(b[0x20e:], 0x1000-0x200)
	if high {
		b[0x211] = 1
	}
	copy(b[0x1000:], version)
	return b
}

// gzipped compresses data.
func gzipped(data []byte) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, _ = zip.Write(data)
	_ = zip.Close()
	return out.Bytes()
}

func TestKernels(t *testing.T) {
	const greeting = "Linux version 2.6.16.33-xen (root@host) (gcc) #1 SMP\n"
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100_000)...)
	arm := slices.Concat(make([]byte, 0x38), []byte("ARM\x64"), make([]byte, 5000), []byte(greeting))
	multiboot := make([]byte, 4096)
	binary.LittleEndian.PutUint32(multiboot[100:], 0x1badb002)
	binary.LittleEndian.PutUint32(multiboot[108:], ^uint32(0x1badb002)+1)
	tests := []struct {
		name, want string
		data       []byte
	}{
		{"bzImage", "Linux kernel 6.1.0-28-cloud-amd64 (bzImage)", setupHeader("6.1.0-28-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP", true)},
		{"zImage", "Linux kernel 2.4.37 (zImage)", setupHeader("2.4.37 (root@host)", false)},
		{"no version", "Linux kernel of unknown version (bzImage)", setupHeader("", true)},
		{"version with control characters", "Linux kernel 6?[31m (bzImage)", setupHeader("6\x1b[31m x", true)},
		{"version beyond the end", "Linux kernel of unknown version (bzImage)", setupHeader("6.1", true)[:0x1000]},
		{"memdisk", "MEMDISK 4.05, which boots the disk it is given as ramdisk", setupHeader("MEMDISK 4.05 4.05", true)},
		{"ELF", "Linux kernel 2.6.16.33-xen (ELF)", append(elf, greeting...)},
		{"compressed ELF", "Linux kernel 2.6.16.33-xen (ELF, gzip compressed)", gzipped(append(elf, greeting...))},
		{"ELF of another program", "unknown content, 97.7 KiB", elf},
		{"arm64", "Linux kernel 2.6.16.33-xen (Image)", arm},
		{"compressed arm64", "Linux kernel 2.6.16.33-xen (Image, gzip compressed)", gzipped(arm)},
		{"multiboot", "multiboot kernel", multiboot},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Probe(bytes.NewReader(tt.data), int64(len(tt.data)))
			if err != nil || strings.Join(got.Summary(), "\n") != tt.want {
				t.Errorf("Summary = %q, %v, want %q", got.Summary(), err, tt.want)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	text := bytes.Repeat([]byte("text "), 1000)
	tests := []struct {
		name, want string
		data       []byte
	}{
		{"nothing", "unknown content, 0 bytes", nil},
		{"zeros", "unknown content, 64 KiB", make([]byte, 64<<10)},
		{"text", "unknown content, 4.9 KiB", text},
		{"compressed text", "gzip compressed data, ", gzipped(text)},
		{"gzip cut off", "gzip compressed data, 5 bytes", gzipped(text)[:5]},
		{"xz that wants 4 GiB", "xz compressed data, 64 bytes", append([]byte("\xfd7zXZ\x00\x00\x01\x00\x00\x00\x00\x02\x00\x21\x01\x28"), make([]byte, 47)...)},
		{"xz cut off", "xz compressed data, 14 bytes", []byte("\xfd7zXZ\x00\x00\x01\x00\x00\x00\x00\x02\xc0")},
		{"boot sector without partitions", "unknown content, 512 bytes", append(make([]byte, 510), 0x55, 0xaa)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Probe(bytes.NewReader(tt.data), int64(len(tt.data)))
			if summary := strings.Join(got.Summary(), "\n"); err != nil || got.Kind != Unknown || !strings.HasPrefix(summary, tt.want) {
				t.Errorf("Probe = %q %q, %v, want %q", got.Kind, got.Summary(), err, tt.want)
			}
		})
	}
}

func TestProbeReadError(t *testing.T) {
	broken := errors.New("input/output error")
	if _, err := Probe(failing{broken}, 1<<20); !errors.Is(err, broken) {
		t.Errorf("Probe = %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func TestLogicalPartitionsInALoop(t *testing.T) {
	disk := fixture(t, "mbr")
	// The first table of the chain, at 2 MiB, is made to lead to itself.
	binary.LittleEndian.PutUint32(disk[2<<20+446+16+8:], 0)
	got, err := Probe(padded(disk), 16<<20)
	if err != nil || len(got.Partitions) > 4 {
		t.Errorf("Probe = %d partitions, %v, want few", len(got.Partitions), err)
	}
}

func TestFind(t *testing.T) {
	const step = 64 << 10
	for _, at := range []int{0, 1, step - 5, step, step + 3, 3*step - 1} {
		data := append(bytes.Repeat([]byte("-"), at), "needle=value and more"...)
		got := find(iotest.HalfReader(bytes.NewReader(data)), "needle=", 5, 1<<20)
		if string(got) != "value" {
			t.Errorf("find at %d = %q, want %q", at, got, "value")
		}
	}
	if got := find(strings.NewReader("a needle=value"), "needle=", 5, 8); got != nil {
		t.Errorf("find beyond the limit = %q, want nothing", got)
	}
}
