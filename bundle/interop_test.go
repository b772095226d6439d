package bundle_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
)

// Programs that others wrote read what we write, and write what we read. Those that
// are not installed are left out; scripts/install-test-tools has them all.

// tool runs a program in dir and returns its output; ok is false if it is not there.
func tool(t *testing.T, dir string, args ...string) (output []byte, ok bool) {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil || args[0] == "tar" && runtime.GOOS != "linux" {
		t.Logf("left out: %s (%v)", args[0], err) // on other systems it is not GNU's
		return nil, false
	}
	cmd := exec.Command(args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr, cmd.Env = dir, &stderr, append(os.Environ(), "LC_ALL=C.UTF-8")
	output, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("%s: %v, %s", strings.Join(args, " "), err, stderr.String())
	}
	return output, true
}

func TestOthersReadOurs(t *testing.T) {
	for _, name := range []string{
		"n", strings.Repeat("n", 100), strings.Repeat("n", 101), strings.Repeat("n", 242),
		strings.Repeat("é", 50), "x" + strings.Repeat("é", 60), "образ диска.img", `a & b <c> 'd' "e" ]]>.img`,
	} {
		o := options(t, 0)
		o.Manifest.Name = name
		store := newMemory()
		m, document, err := bundle.Create(t.Context(), bytes.NewReader(content), int64(len(content)), o, store)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		rewrite(t, filepath.Join(dir, "a.xml"), document)
		rewrite(t, filepath.Join(dir, "a.tar.gz"), decrypted(t, m, store))
		tool(t, dir, "xmllint", "--noout", "a.xml")
		tool(t, dir, "gzip", "-t", "a.tar.gz")
		tool(t, dir, "pigz", "-t", "a.tar.gz")
		for _, list := range [][]string{{"tar", "--quoting-style=literal", "-tzf", "a.tar.gz"}, {"bsdtar", "-tzf", "a.tar.gz"}} {
			if out, ok := tool(t, dir, list...); ok && string(out) != name+"\n" {
				t.Errorf("%s: got %q, want %q", list[0], out, name)
			}
		}
		for _, extract := range [][]string{{"tar", "-xzOf", "a.tar.gz"}, {"bsdtar", "-xzOf", "a.tar.gz"}} {
			if out, ok := tool(t, dir, extract...); ok && !bytes.Equal(out, content) {
				t.Errorf("%s: got %d bytes, want the %d of the image", extract[0], len(out), len(content))
			}
		}
	}
}

// readers are programs in which each reads one gzip member of a file and says what is
// behind it and the SHA-256 of what it holds. Java's is what the clouds have.
var readers = map[string][]string{
	"python3": {"python3", "-c", `import hashlib, zlib
zip = zlib.decompressobj(31)
data = zip.decompress(open("a.gz", "rb").read())
print(len(zip.unused_data) if zip.eof else "cut off", hashlib.sha256(data).hexdigest())`},
	"ruby": {"ruby", "-rzlib", "-rdigest", "-e", `zip = Zlib::GzipReader.new(File.open("a.gz", "rb"))
data = zip.read
puts "#{zip.unused.to_s.bytesize} #{Digest::SHA256.hexdigest(data)}"`},
	"javac": {"java", "-Xshare:auto", "Read.java"},
}

const readJava = `import java.io.*; import java.security.*; import java.util.*; import java.util.zip.*;
class Read {
	public static void main(String[] args) throws Exception {
		InputStream file = new FileInputStream("a.gz");
		byte[] data = new GZIPInputStream(file).readAllBytes();
		byte[] sum = MessageDigest.getInstance("SHA-256").digest(data);
		System.out.println(file.read() + 1 + " " + HexFormat.of().formatHex(sum));
	}
}`

// TestOthersReadOneMember: a stream of stored, compressed and repeated blocks is one gzip
// member with nothing behind it, to whoever reads it.
func TestOthersReadOneMember(t *testing.T) {
	image := slices.Concat(mixed(mib+mib/2), make([]byte, 2*mib), noise(6, mib), bytes.Repeat(content, 30))
	for _, c := range bundle.Compressions() {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			o := options(t, 0)
			o.Compression = c
			m, store := create(t, image, o)
			dir, zip := t.TempDir(), decrypted(t, m, store)
			rewrite(t, filepath.Join(dir, "a.gz"), zip)
			rewrite(t, filepath.Join(dir, "Read.java"), []byte(readJava))
			want := fmt.Sprintf("0 %x\n", sha256.Sum256(gunzipped(t, zip)))
			tool(t, dir, "gzip", "-t", "a.gz")
			tool(t, dir, "pigz", "-t", "a.gz")
			for program, reader := range readers {
				if _, err := exec.LookPath(program); err != nil {
					t.Logf("left out: %s", program)
				} else if got, _ := tool(t, dir, reader...); string(got) != want {
					t.Errorf("%s: got %q, want %q", program, got, want)
				}
			}
		})
	}
}

var content = bytes.Repeat([]byte("an image\n"), 5000)

func TestWeReadOthers(t *testing.T) {
	dir := t.TempDir()
	image := &holey{size: 3 * mib, runs: append(runsOf(60, 8192), run{2 * mib, 512}, run{2*mib + 4096, 5})}
	writeHoley(t, filepath.Join(dir, "disk.img"), image)
	for _, args := range []string{
		"tar --format=gnu", "tar --format=gnu -S", "tar --format=oldgnu -S", "tar --format=gnu -S --hole-detection=raw",
		"tar --format=ustar", "tar --format=v7", "tar --format=posix", "tar --format=posix -S --sparse-version=0.0",
		"tar --format=posix -S --sparse-version=0.1", "tar --format=posix -S --sparse-version=1.0",
		"bsdtar", "bsdtar --format=pax", "bsdtar --format=gnutar", "bsdtar --format=ustar",
	} {
		stream, ok := tool(t, dir, append(strings.Fields(args), "-cf", "-", "disk.img")...)
		if !ok {
			continue
		}
		m, store := encrypted(gzipped(t, stream), manifest.Digest(sha1.Sum(stream)), image.size)
		var got bytes.Buffer
		if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil {
			t.Errorf("%s: %v", args, err)
		} else if !bytes.Equal(got.Bytes(), image.content()) {
			t.Errorf("%s: got another image (%d bytes)", args, got.Len())
		}
	}
}

// writeHoley writes an image to a sparse file.
func writeHoley(t *testing.T, path string, image *holey) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, r := range image.runs {
		if _, err := f.WriteAt(bytes.Repeat([]byte("x"), int(r.size)), r.off); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(image.size); err != nil {
		t.Fatal(err)
	}
}
