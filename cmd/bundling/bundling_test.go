package bundling

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/manifest"
)

const keys = "../../manifest/testdata/euca2ools"

// terminal is a directory to work in, and an environment.
type terminal struct {
	t      *testing.T
	dir    string
	family cli.Family
	env    map[string]string
	stdin  string
	typed  io.Reader // a terminal, in place of stdin
}

// newTerminal has the user's and the cloud's keys in its environment, as after
// sourcing an eucarc file, and an image called disk.img.
func newTerminal(t *testing.T, family cli.Family) *terminal {
	t.Helper()
	from, err := filepath.Abs(keys)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, dir: t.TempDir(), family: family, env: map[string]string{
		"EC2_CERT": from + "/user-cert.pem", "EC2_PRIVATE_KEY": from + "/user-pk.pem",
		"EUCALYPTUS_CERT": from + "/cloud-cert.pem", "EC2_USER_ID": "1234-5678-9012",
	}}
	t.Chdir(term.dir)
	term.write("disk.img", diskText)
	return term
}

const diskText = "an image, not a long one"

func (term *terminal) write(name, text string) {
	term.t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		term.t.Fatal(err)
	}
}

// run runs a command line and returns all that it says.
func (term *terminal) run(line ...string) (stdout, stderr string, code int) {
	term.t.Helper()
	var out, err bytes.Buffer
	app := &cli.App{
		Name: string(term.family), Family: term.family, Version: "test", Stdin: strings.NewReader(term.stdin),
		Stdout: &out, Stderr: &err, Now: time.Now, Output: cli.Text,
		Getenv: func(name string) string { return term.env[name] },
	}
	if term.typed != nil {
		app.Stdin = term.typed
	}
	if term.family != cli.Native {
		app.Name += "-" + line[0]
	}
	for _, cmd := range Commands(app) {
		if cmd.Name() == line[0] {
			app.AddCommonFlags(cmd)
			code = app.Run(context.Background(), cmd, line[1:])
			return out.String(), err.String(), code
		}
	}
	term.t.Fatalf("no command %q", line[0])
	return "", "", 0
}

// want runs a command line that must succeed with nothing but stdout.
func (term *terminal) want(stdout string, line ...string) {
	term.t.Helper()
	got, stderr, code := term.run(line...)
	if got != stdout || stderr != "" || code != 0 {
		term.t.Errorf("%v:\ngot  %q, stderr %q, exit code %d\nwant %q, nothing, 0", line, got, stderr, code, stdout)
	}
}

func (term *terminal) manifest(path string) *manifest.Manifest {
	term.t.Helper()
	m, err := manifest.Load(path)
	if err != nil {
		term.t.Fatal(err)
	}
	return m
}

func TestBundleAndUnbundle(t *testing.T) {
	const ec2Steps = "Bundling image file...\nSplitting b/disk.img.tar.gz.enc...\nCreated disk.img.part.0\n" +
		"Generating digests for each part...\nDigests generated.\nCreating bundle manifest...\nec2-bundle-image complete.\n"
	for family, want := range map[cli.Family][2]string{
		cli.Native: {"Wrote manifest b/disk.img.manifest.xml\n", "Wrote out/disk.img\n"},
		cli.Euca:   {"Wrote manifest b/disk.img.manifest.xml\n", "Wrote out/disk.img\n"},
		cli.EC2:    {ec2Steps, "Unbundle complete.\n"},
	} {
		t.Run(string(family), func(t *testing.T) {
			term := newTerminal(t, family)
			for _, dir := range []string{"b", "out"} {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			term.want(want[0], "bundle-image", "-i", "disk.img", "-d", "b", "--batch")
			term.want(want[1], "unbundle", "-m", "b/disk.img.manifest.xml", "-s", "b", "-d", "out")
			got, err := os.ReadFile("out/disk.img")
			if err != nil || string(got) != diskText {
				t.Errorf("image: got %q, %v, want %q", got, err, diskText)
			}
		})
	}
}

func TestManifestOfOptions(t *testing.T) {
	term := newTerminal(t, cli.Native)
	term.want("Wrote manifest b/x.manifest.xml\n", "bundle-image", "--image=disk.img", "--destination", "b", "--prefix", "x",
		"-r", "i386", "--kernel", "eki-1", "--ramdisk", "eri-1", "-B", "ami=sda1, root=/dev/sda1",
		"--block-device-mappings", "ephemeral0=sdb", "-B", "ami=sda", "--productcodes", "A,B", "--part-size", "1k",
		"-u", "1111-2222-3333", "-a", "key", "-s", "secret", "--no-size-checks")
	m := term.manifest("b/x.manifest.xml")
	got := manifest.Manifest{Arch: m.Arch, KernelID: m.KernelID, RamdiskID: m.RamdiskID, Mappings: m.Mappings,
		ProductCodes: m.ProductCodes, User: m.User, Kind: m.Kind, Name: m.Name, Bundler: m.Bundler, Size: m.Size}
	want := manifest.Manifest{Arch: "i386", KernelID: "eki-1", RamdiskID: "eri-1", User: "111122223333",
		Mappings:     []manifest.Mapping{{Virtual: "ami", Device: "sda"}, {Virtual: "ephemeral0", Device: "sdb"}, {Virtual: "root", Device: "/dev/sda1"}},
		ProductCodes: []string{"A", "B"}, Kind: manifest.KindMachine, Name: "x", Size: int64(len(diskText)),
		Bundler: manifest.Bundler{Name: "emikit", Version: "test", Release: "0"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(manifest.Manifest{})); diff != "" {
		t.Error(diff)
	}
	cert, err := manifest.LoadCertificate(term.env["EC2_CERT"])
	if err != nil {
		t.Fatal(err)
	}
	key, err := manifest.LoadPrivateKey(term.env["EC2_PRIVATE_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	if err := manifest.CheckPair(key, cert); err != nil {
		t.Error(err)
	}
	if err := m.VerifySignature(&key.PublicKey); err != nil {
		t.Error(err)
	}
}

func TestKernelTrue(t *testing.T) {
	for family, want := range map[cli.Family]manifest.Kind{
		cli.Native: manifest.KindKernel, cli.Euca: manifest.KindKernel, cli.EC2: manifest.KindMachine,
	} {
		t.Run(string(family), func(t *testing.T) {
			term := newTerminal(t, family)
			if _, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", ".", "--kernel", "true"); code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			m := term.manifest("disk.img.manifest.xml")
			if m.KernelID != "true" || m.Kind != want {
				t.Errorf("got kernel_id %q, type %s, want true, %s", m.KernelID, m.Kind, want)
			}
		})
	}
}

func TestMissingRootMapping(t *testing.T) {
	term := newTerminal(t, cli.EC2)
	stdout, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", ".", "-B", "ami=sda1,swap=sda3",
		"--productcodes", "AAAA,BBBB", "stray", "arguments")
	const want = "Digests generated.\nBlock-device-mapping has no 'root' entry. A launch-time default will be used.\nCreating bundle manifest...\n"
	if !strings.Contains(stdout, want) || code != 0 {
		t.Errorf("got %q, stderr %q, exit code %d, want %q among it", stdout, stderr, code, want)
	}
	got := term.manifest("disk.img.manifest.xml").ProductCodes
	if diff := cmp.Diff([]string{"AAAA,BBBB"}, got); diff != "" {
		t.Errorf("ec2-ami-tools take the list for one code: %s", diff)
	}
}

func TestStandardInput(t *testing.T) {
	term := newTerminal(t, cli.Native)
	term.stdin = strings.Repeat("x", 2048)
	term.want("Wrote manifest b/x.manifest.xml\n", "bundle-image", "-i", "-", "-p", "x", "--image-size", "2K", "-d", "b")
	if got := term.manifest("b/x.manifest.xml").Size; got != 2048 {
		t.Errorf("size: got %d, want 2048", got)
	}
	_, stderr, code := term.run("bundle-image", "-i", "-", "-p", "y", "--image-size", "2049", "-d", "b")
	if !strings.Contains(stderr, "(expected size: 2049, read: 2048)") || code != 1 {
		t.Errorf("short input: got %q, exit code %d", stderr, code)
	}
}

func TestUnsigned(t *testing.T) {
	term := newTerminal(t, cli.Euca)
	term.env["EC2_PRIVATE_KEY"] = ""
	stdout, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", "b")
	if stdout != "Wrote manifest b/disk.img.manifest.xml\n" || stderr != "no private key: the manifest is not signed\n" || code != 0 {
		t.Errorf("got %q, %q, exit code %d", stdout, stderr, code)
	}
	if m := term.manifest("b/disk.img.manifest.xml"); m.Signature != nil {
		t.Errorf("got signature %x, want none", m.Signature)
	}
	term.family = cli.Native
	if _, stderr, code = term.run("bundle-image", "-i", "disk.img", "-d", "b", "--unsigned"); code != 0 {
		t.Errorf("--unsigned: got %q, exit code %d", stderr, code)
	}
}

func TestJSON(t *testing.T) {
	term := newTerminal(t, cli.EC2)
	stdout, _, _ := term.run("bundle-image", "-i", "disk.img", "-d", ".", "--output", "json")
	var got Summary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	m := term.manifest("disk.img.manifest.xml")
	want := Summary{
		Manifest: "disk.img.manifest.xml", Name: "disk.img", Kind: manifest.KindMachine, Digest: m.Digest,
		Size: m.Size, BundledSize: m.BundledSize, Parts: []string{"disk.img.part.0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDefaultDestination writes into the real /tmp, as scripts expect it.
func TestDefaultDestination(t *testing.T) {
	term := newTerminal(t, cli.Euca)
	name := "emikit-test-" + filepath.Base(filepath.Dir(term.dir))
	t.Cleanup(func() {
		left, _ := filepath.Glob("/tmp/" + name + ".*")
		for _, path := range left {
			os.Remove(path)
		}
	})
	term.want("Wrote manifest /tmp/"+name+".manifest.xml\n", "bundle-image", "-i", "disk.img", "-p", name)
}

// silent is a terminal at which nobody types.
type silent struct{ io.Reader }

func (silent) IsTerminal() bool { return true }

// TestBundleImageWaits as long for an answer as ec2-bundle-image does.
func TestBundleImageWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nobody, end := io.Pipe()
		defer end.Close()
		term := newTerminal(t, cli.EC2)
		term.typed = silent{nobody}
		began := time.Now()
		stdout, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", ".")
		if !strings.HasPrefix(stdout, "Please specify a value for arch [") || stderr != "Timed out waiting for user input: arch\n" || code != 5 {
			t.Errorf("got %q, %q, exit code %d", stdout, stderr, code)
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("waited %v, want 30s", took)
		}
	})
}

// TestTemporary: where bundles of euca2ools 3 go that are to go nowhere in particular.
func TestTemporary(t *testing.T) {
	there := t.TempDir()
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "/var/tmp"},
		{map[string]string{"TMP": there}, there},
		{map[string]string{"TEMP": there, "TMP": "/"}, there},
		{map[string]string{"TMPDIR": "/", "TEMP": there}, "/"},
		{map[string]string{"TMPDIR": there + "/nosuch", "TMP": there}, there},
	} {
		app := &cli.App{Getenv: func(name string) string { return tt.env[name] }}
		if got := temporary(app); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.env, got, tt.want)
		}
	}
}
