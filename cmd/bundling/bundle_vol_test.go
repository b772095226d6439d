package bundling

import (
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"emikit/cmd/cli"
	"emikit/config/imds"
	"emikit/manifest"
	"emikit/publish"
	"emikit/volume"
)

// newVolume is a terminal with a small volume called vol, and a directory for bundles.
func newVolume(t *testing.T, family cli.Family) *terminal {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("volumes are read on Linux only")
	}
	if family != cli.Native && os.Geteuid() != 0 {
		t.Skip("the tools that are replaced want root")
	}
	term := newTerminal(t, family)
	for _, dir := range []string{"b", "vol", "vol/etc", "vol/tmp", "vol/mnt"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"vol/etc/fstab", "vol/etc/x.pem", "vol/tmp/a", "vol/mnt/a", "vol/.hidden"} {
		term.write(name, name)
	}
	return term
}

func TestBundleVolShowsWhatItLeavesOut(t *testing.T) {
	term := newVolume(t, cli.Native)
	stdout, stderr, code := term.run("bundle-vol", "-v", "vol", "-d", "b", "-e", "/tmp")
	if stdout != "Wrote manifest b/image.manifest.xml\n" || code != 0 {
		t.Fatalf("got %q, exit code %d\n%s", stdout, code, stderr)
	}
	for _, line := range []string{"leaving out: /dev, /media, /mnt, /proc, /sys, /tmp\n", "left out by a filter: /etc/x.pem\n"} {
		if !strings.Contains(stderr, line) {
			t.Errorf("standard error is\n%s\nwant %q in it", stderr, line)
		}
	}
	if m := term.manifest("b/image.manifest.xml"); m.Kind != manifest.KindMachine || m.Size%(1<<20) != 0 || m.Size < 256<<20 {
		t.Errorf("a %s image of %d bytes, want a machine's with room left", m.Kind, m.Size)
	}
}

func TestBundleVolJSON(t *testing.T) {
	term := newVolume(t, cli.Native)
	stdout, stderr, code := term.run("bundle-vol", "-v", "vol", "-d", "b", "-s", "16", "--output", "json")
	var got volumeSummary
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
		t.Fatalf("got %q, %v, exit code %d\n%s", stdout, err, code, stderr)
	}
	if got.Size != 16<<20 || got.Name != "image" || !slices.Equal(got.Filtered, []string{"/etc/x.pem"}) ||
		!slices.Equal(got.Excluded, []string{"/dev", "/media", "/mnt", "/proc", "/sys"}) {
		t.Errorf("got %+v", got)
	}
}

// The private key is in no image, whatever else is.
func TestBundleVolLeavesOutTheKey(t *testing.T) {
	term := newVolume(t, cli.Native)
	key, err := os.ReadFile(term.env["EC2_PRIVATE_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	term.write("vol/etc/key", string(key))
	_, stderr, code := term.run("bundle-vol", "-v", "vol", "-d", "vol", "-k", "vol/etc/key", "--no-filter")
	if code != 0 || !strings.Contains(stderr, "left out by a filter: /etc/key\n") || strings.Contains(stderr, "x.pem") {
		t.Errorf("exit code %d, standard error\n%s", code, stderr)
	}
	if !strings.Contains(stderr, "/sys, /image\n") {
		t.Errorf("the bundle itself is not left out:\n%s", stderr)
	}
}

func TestBundleVolClones(t *testing.T) {
	term := newVolume(t, cli.Native)
	stdout, stderr, code := term.run("bundle-vol", "-v", "vol", "-d", "b", "-s", "16", "--clone-only")
	if stdout != "b/image\n" || code != 0 {
		t.Errorf("got %q, exit code %d\n%s", stdout, code, stderr)
	}
	if info, err := os.Stat("b/image"); err != nil || info.Size() != 16<<20 {
		t.Errorf("the image: %v, %v", info, err)
	}
	_, stderr, code = term.run("bundle-vol", "-v", "vol", "-d", "b", "--clone-only")
	if code != 1 || !strings.Contains(stderr, "the specified image file b/image already exists") {
		t.Errorf("a second time: exit code %d, %s", code, stderr)
	}
}

func TestBundleVolOfEuca2ools(t *testing.T) {
	term := newVolume(t, cli.Euca)
	stdout, stderr, code := term.run("bundle-vol", "-v", "vol", "-d", "b", "-s", "16", "--no-inherit")
	if stdout != "Copying files...\nWrote manifest b/image.manifest.xml\n" || code != 0 {
		t.Errorf("got %q, exit code %d\n%s", stdout, code, stderr)
	}
	term.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1"
	_, stderr, code = term.run("bundle-vol", "-v", "vol", "-d", "b")
	if want := "metadata service is absent or unresponsive; use --no-inherit to proceed without it"; code != 1 || !strings.Contains(stderr, want) {
		t.Errorf("without a metadata service: exit code %d, %q", code, stderr)
	}
}

func TestBundleVolRefuses(t *testing.T) {
	term := newVolume(t, cli.Native)
	for _, test := range []struct {
		want string
		line []string
	}{
		{"nosuch: no such directory", []string{"-v", "nosuch"}},
		{"argument -s/--size: invalid int value: 'x'", []string{"-v", "vol", "-s", "x"}},
		{"argument -s/--size: invalid number of megabytes: '0'", []string{"-v", "vol", "-s", "0"}},
		{"argument -s/--size: invalid number of megabytes: '99999999'", []string{"-v", "vol", "-s", "99999999"}},
		{"argument -P/--partition: invalid choice: 'x'", []string{"-v", "vol", "-P", "x"}},
		{"argument -p/--prefix: '/' character not allowed.", []string{"-v", "vol", "-p", "a/b"}},
		{"argument --generate-fstab: not allowed with argument --fstab", []string{"-v", "vol", "--fstab", "vol/etc/fstab", "--generate-fstab"}},
		{"argument --no-inherit: not allowed with argument --inherit", []string{"-v", "vol", "--inherit", "--no-inherit"}},
		{"argument --fstab: 'vol' is not a file", []string{"-v", "vol", "--fstab", "vol"}},
		{"argument -S/--script: 'disk.img' is not executable", []string{"-v", "vol", "-S", "disk.img"}},
		{"argument --compression: invalid choice: 'x'", []string{"-v", "vol", "--compression", "x"}},
		{"hint: say --size ", []string{"-v", "vol", "-s", "1", "-P", "mbr"}},
		{"unexpected argument: stray", []string{"-v", "vol", "stray"}},
	} {
		stdout, stderr, code := term.run(append([]string{"bundle-vol", "-d", "b"}, test.line...)...)
		if code == 0 || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: exit code %d, %q, %q; want %q", test.line, code, stdout, stderr, test.want)
		}
	}
	if entries, err := os.ReadDir("b"); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestBundleVolSizesAndTablesOfEras(t *testing.T) {
	v, err := volume.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for era, want := range map[cli.Era]int64{cli.AnyEra: 0, cli.EC2v14: 10240 << 20, cli.EC2v15: 10240 << 20, cli.Euca2: 10240 << 20, cli.Euca3: 10240 << 20} {
		b := &volumeBundle{app: &cli.App{Era: era, Now: time.Now}, volume: v}
		o, err := b.options()
		if err != nil || o.Size != want || o.Partition != volume.PartitionNone {
			t.Errorf("era %q: size %d, table %s, %v; want %d, none", era, o.Size, o.Partition, err, want)
		}
	}
}

func TestBundleVolPatternsOfEras(t *testing.T) {
	lists := []string{"/a,/b,", "/c"}
	for era, want := range map[cli.Era][]string{cli.AnyEra: {"/a", "/b", "/c"}, cli.EC2v14: {"/c"}} {
		if got := (volumeFlags{}).patterns(&cli.App{Era: era}, lists); !slices.Equal(got, want) {
			t.Errorf("era %q: got %q, want %q", era, got, want)
		}
	}
}

func TestInheritanceIsForInstances(t *testing.T) {
	for _, test := range []struct {
		family cli.Family
		f      volumeFlags
		want   bool
	}{
		{cli.Native, volumeFlags{volume: "/"}, true},
		{cli.Native, volumeFlags{volume: "vol"}, false},
		{cli.Native, volumeFlags{volume: "vol", inherit: true}, true},
		{cli.Native, volumeFlags{volume: "/", noInherit: true}, false},
		{cli.EC2, volumeFlags{volume: "vol"}, true},
		{cli.Euca, volumeFlags{volume: "vol"}, true},
		{cli.EC2, volumeFlags{volume: "vol", noInherit: true}, false},
	} {
		if got := test.f.inherits(&cli.App{Family: test.family}); got != test.want {
			t.Errorf("%s, %q, --inherit %v, --no-inherit %v: got %v", test.family, test.f.volume, test.f.inherit, test.f.noInherit, got)
		}
	}
}

func TestWhatIsGivenIsNotInherited(t *testing.T) {
	b := &volumeBundle{r: publish.BundleRequest{KernelID: "aki-x"}}
	b.take(imds.Instance{Kernel: "aki-y", Ramdisk: "ari-y", Missing: []string{"kernel-id", "product-codes"}})
	if b.r.KernelID != "aki-x" || b.r.RamdiskID != "ari-y" || !slices.Equal(b.missing, []string{"product-codes"}) {
		t.Errorf("kernel %s, ramdisk %s, missing %q", b.r.KernelID, b.r.RamdiskID, b.missing)
	}
}

func TestBundleVolOfEuca3WantsAnArchitecture(t *testing.T) {
	err := (volumeFlags{}).check(&cli.App{Family: cli.Euca, Era: cli.Euca3})
	if err == nil || err.Error() != "argument -r/--arch is required" {
		t.Errorf("got %v", err)
	}
}

// Where the certificate of a cloud is looked for is said in every family.
func TestMissingCloudCertificateHasAHint(t *testing.T) {
	for family, want := range map[cli.Family]string{cli.EC2: "EC2_AMITOOL_HOME", cli.Euca: "eucarc", cli.Native: "eucarc"} {
		t.Run(string(family), func(t *testing.T) {
			term := newTerminal(t, family)
			delete(term.env, "EUCALYPTUS_CERT")
			_, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", ".")
			if _, hint, ok := strings.Cut(stderr, "\nhint: "); code == 0 || !ok || !strings.Contains(hint, want) {
				t.Errorf("exit code %d, %q; want a hint with %q", code, stderr, want)
			}
		})
	}
}

func TestNamesAreShownAsText(t *testing.T) {
	for name, want := range map[string]string{
		"/etc/sp ace": "/etc/sp ace", "/Grüße": "/Grüße", "/a\x1b[31m": `"/a\x1b[31m"`, "/a\nb": `"/a\nb"`, "/\xff": `"/\xff"`,
	} {
		if got := shown(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}
