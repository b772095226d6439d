package bundling

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
	"emikit/manifest"
)

const (
	amazonKeys = "../../manifest/testdata/ec2-ami-tools"

	backingUp = "Backing up manifest...\n"
)

func suitable(region string) string {
	return backingUp + "Successfully migrated m.xml\nIt is now suitable for use in " + region + ".\n"
}

// migration is a terminal in a directory with the keys of ec2-ami-tools' vectors, in
// its environment too, and a manifest of theirs called m.xml.
type migration struct {
	*terminal
	vectors string // the directory that they are in
	before  string // what m.xml was
}

func newMigration(t *testing.T, family cli.Family, name string) *migration {
	t.Helper()
	vectors, err := filepath.Abs(amazonKeys)
	if err != nil {
		t.Fatal(err)
	}
	m := &migration{terminal: newTerminal(t, family), vectors: vectors}
	for _, file := range []string{"user-cert.pem", "user-pk.pem", "cloud-cert.pem", "cloud-pk.pem"} {
		m.write(file, m.vector(file))
	}
	m.before = m.vector(name)
	m.write("m.xml", m.before)
	m.env = map[string]string{"EC2_CERT": "user-cert.pem", "EC2_PRIVATE_KEY": "user-pk.pem"}
	return m
}

func (m *migration) vector(name string) string {
	m.t.Helper()
	return readFile(m.t, filepath.Join(m.vectors, name))
}

// check compares m.xml with what it was before, if nothing is wanted, or with a
// manifest of the vectors, or looks for a text in it; and demands its backup.
func (m *migration) check(want string) {
	m.t.Helper()
	got := readFile(m.t, "m.xml")
	if want == "" {
		if _, err := os.Stat("m.xml.bak"); got != m.before || err == nil {
			m.t.Errorf("a run that failed has changed the manifest (%v) or left a backup (%v)", got != m.before, err == nil)
		}
		return
	}
	if strings.HasPrefix(want, "<") && !strings.Contains(got, want) {
		m.t.Errorf("got %s\nwant %s in it", got, want)
	}
	if !strings.HasPrefix(want, "<") && got != m.vector(want) {
		m.t.Errorf("got %s\nwant the bytes of %s", got, want)
	}
	if readFile(m.t, "m.xml.bak") != m.before {
		m.t.Error("the backup is not what the manifest was")
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func withoutHints(stderr string) string {
	var kept []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "hint: ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestMigrateVersionsOfAMITools: what ec2-migrate-manifest says of the versions that
// it does not read.
func TestMigrateVersionsOfAMITools(t *testing.T) {
	for version, want := range map[string]string{
		"2":          "Manifest is too old for this tool to handle.",
		"2009-01-01": "Manifest is too new for this tool to handle. Please upgrade.",
		"2007-09-01": "Unrecognised manifest version.",
		"x":          "Unrecognised manifest version.",
		"":           "Invalid manifest.",
	} {
		t.Run(version, func(t *testing.T) {
			m := newMigration(t, cli.EC2, "machine.xml")
			m.write("m.xml", strings.Replace(m.before, ">2007-10-10<", ">"+version+"<", 1))
			_, stderr, code := m.run("migrate-manifest", "-m", "m.xml", "--no-mapping")
			if want = "ERROR: Bad manifest 'm.xml': " + want + "\n"; withoutHints(stderr) != want || code != 254 {
				t.Errorf("version %q: got %q, exit code %d, want %q, 254", version, stderr, code, want)
			}
		})
	}
}

func TestMigrateBackupExists(t *testing.T) {
	for family, want := range map[cli.Family]struct {
		stderr string
		code   int
	}{
		cli.EC2:    {"ERROR: Backup file 'm.xml.bak' already exists. Please delete or rename it and try again.\n", 2},
		cli.Native: {"emikit migrate-manifest: m.xml.bak: already exists\n", 1},
	} {
		t.Run(string(family), func(t *testing.T) {
			m := newMigration(t, family, "machine.xml")
			m.write("m.xml.bak", "mine")
			_, stderr, code := m.run("migrate-manifest", "-m", "m.xml", "--no-mapping")
			got := strings.Replace(withoutHints(stderr), "emikit: ", "emikit migrate-manifest: ", 1)
			if got != want.stderr || code != want.code {
				t.Errorf("%s: got %q, exit code %d, want %q, %d", family, stderr, code, want.stderr, want.code)
			}
			if readFile(t, "m.xml.bak") != "mine" || readFile(t, "m.xml") != m.before {
				t.Errorf("%s: a file was written over", family)
			}
		})
	}
}

// TestMigrateSealsForTheCloud: for the one whose certificate is given; the native
// command takes the one of the configuration too.
func TestMigrateSealsForTheCloud(t *testing.T) {
	for _, tt := range []struct {
		family cli.Family
		line   string
		sealed bool
	}{
		{cli.Native, "-m m.xml", true},
		{cli.Native, "-m m.xml --ec2cert other-cloud.pem", true},
		{cli.EC2, "-m m.xml --no-mapping --ec2cert other-cloud.pem", true},
		{cli.EC2, "-m m.xml --no-mapping", false},
	} {
		t.Run(string(tt.family)+" "+tt.line, func(t *testing.T) {
			m := newMigration(t, tt.family, "machine.xml")
			euca := filepath.Join(filepath.Dir(m.vectors), "euca2ools")
			m.write("other-cloud.pem", readFile(t, filepath.Join(euca, "cloud-cert.pem")))
			if !strings.Contains(tt.line, "--ec2cert") {
				m.env["EUCALYPTUS_CERT"] = "other-cloud.pem"
			}
			if _, stderr, code := m.run(append([]string{"migrate-manifest"}, strings.Fields(tt.line)...)...); code != 0 {
				t.Fatalf("%s %s: exit code %d: %s", tt.family, tt.line, code, stderr)
			}
			cloud, err := manifest.LoadPrivateKey(filepath.Join(euca, "cloud-pk.pem"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.manifest("m.xml").OpenKey(cloud); (err == nil) != tt.sealed {
				t.Errorf("%s %s: the other cloud opens it: %v, want %v", tt.family, tt.line, err == nil, tt.sealed)
			}
		})
	}
}

// TestMigrateIDs: what becomes of kernel and ramdisk, aki-4f1b0001 and ari-4f1b0002.
func TestMigrateIDs(t *testing.T) {
	const kept, wrote = "<kernel_id>aki-4f1b0001</kernel_id><ramdisk_id>ari-4f1b0002</ramdisk_id>", "Wrote manifest m.xml\n"
	for _, tt := range []struct{ line, want, stdout, stderr string }{
		{"", kept, wrote, ""},
		{"--kernel eki-1", "<kernel_id>eki-1</kernel_id><ramdisk_id>ari-4f1b0002</ramdisk_id>", wrote, ""},
		{"--kernel eki-1 --ramdisk eri-2 --no-mapping", "<kernel_id>eki-1</kernel_id><ramdisk_id>eri-2</ramdisk_id>", wrote, ""},
		{"--no-mapping", "</block_device_mapping><product_codes>", wrote, "the new manifest does not name aki-4f1b0001 and ari-4f1b0002; " +
			"name what the image runs with when it is registered or run\n"},
		{"--region us-west-1", "<kernel_id>aki-99990001</kernel_id><ramdisk_id>ari-99990002</ramdisk_id>", wrote, ""},
		{"--region us-west-1 --kernel eki-1", "<kernel_id>eki-1</kernel_id><ramdisk_id>ari-99990002</ramdisk_id>", wrote,
			"region us-west-1 does not know eki-1\n"},
		{"--region us-west-1 --kernel windows --no-mapping --ramdisk r", "<kernel_id>windows</kernel_id><ramdisk_id>r</ramdisk_id>", wrote, ""},
		{"--region mars-1", "", "", "emikit: region mars-1: the cloud does not know it\n"},
	} {
		t.Run(tt.line, func(t *testing.T) {
			m := newMigration(t, cli.Native, "machine.xml")
			m.env["EC2_URL"], m.env["EC2_ACCESS_KEY"], m.env["EC2_SECRET_KEY"] = clitest.NewRegions(t).URL, "AKID", "SEC"
			stdout, stderr, code := m.run(append([]string{"migrate-manifest", "-m", "m.xml"}, strings.Fields(tt.line)...)...)
			if stdout != tt.stdout || withoutHints(stderr) != tt.stderr || (code == 0) != (tt.want != "") {
				t.Errorf("\ngot  %q, %q, exit code %d\nwant %q, %q", stdout, stderr, code, tt.stdout, tt.stderr)
			}
			m.check(tt.want)
		})
	}
}

// TestMigrateKeepsWords: what says that an image is a kernel is no id.
func TestMigrateKeepsWords(t *testing.T) {
	m := newMigration(t, cli.EC2, "tiny.xml") // a ramdisk, by ramdisk_id
	if _, stderr, code := m.run("migrate-manifest", "-m", "m.xml", "--no-mapping"); stderr != "" || code != 0 {
		t.Errorf("got %q, exit code %d", stderr, code)
	}
	m.check("tiny.xml")
}

func TestMigrateToFile(t *testing.T) {
	m := newMigration(t, cli.Native, "v3.xml")
	stdout, stderr, code := m.run("migrate-manifest", "-m", "m.xml", "--to", "new.xml", "--kernel", "aki-new", "--output", "json")
	var got map[string]string
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || stderr != "" || code != 0 {
		t.Fatalf("got %q, %q, exit code %d, %v", stdout, stderr, code, err)
	}
	want := map[string]string{"manifest": "new.xml", "backup": "", "name": "sparse.img", "kernel": "aki-new", "ramdisk": "", "cloudCertificate": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if readFile(t, "new.xml") != m.vector("migrated.v3.xml") {
		t.Errorf("got %s, want the bytes of migrated.v3.xml", readFile(t, "new.xml"))
	}
	m.check("")
}

// TestMigrateMistakes are those of the native command.
func TestMigrateMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"":              "emikit: argument -m/--manifest is required\n",
		"-m nosuch.xml": "emikit: manifest nosuch.xml: no such file or directory\n",
		"-m m.xml -c cloud-cert.pem -k cloud-pk.pem": "emikit: manifest m.xml: signature does not match the manifest (with cloud-cert.pem)\n" +
			"hint: give the certificate that it was signed with (-c); if it was changed, make the bundle again\n",
		"-m m.xml -k cloud-pk.pem":    "emikit: cloud-pk.pem, user-cert.pem: private key does not belong to the certificate\n",
		"-m m.xml --ec2cert no.pem":   "emikit: cloud certificate file 'no.pem' does not exist\n",
		"-m m.xml --to m.xml":         "emikit: m.xml: would be replaced by what is made from it\n",
		"-m m.xml --to user-pk.pem":   "emikit: user-pk.pem: would be replaced by what is made from it\n",
		"-m m.xml --to .":             "emikit: .: not a file that can be replaced\n",
		"-m m.xml --region us-west-1": "emikit: No ec2 endpoint",
	} {
		t.Run(line, func(t *testing.T) {
			m := newMigration(t, cli.Native, "machine.xml")
			stdout, stderr, code := m.run(append([]string{"migrate-manifest"}, strings.Fields(line)...)...)
			if !strings.HasPrefix(stderr, want) || stdout != "" || code == 0 {
				t.Errorf("%s:\ngot  %q, %q, exit code %d\nwant %q", line, stdout, stderr, code, want)
			}
			m.check("")
		})
	}
}

// TestMigrateDebug shows no secret.
func TestMigrateDebug(t *testing.T) {
	m := newMigration(t, cli.EC2, "encrypted.manifest")
	stdout, stderr, code := m.run("migrate-manifest", "-m", "m.xml", "--no-mapping", "--debug", "-a", "AKID", "-s", "SECRETKEY")
	want := strings.Replace(suitable(""), backingUp, backingUp+"Backup manifest at m.xml.bak\n", 1)
	if stdout != want || code != 0 || !strings.Contains(stderr, "manifest written") {
		t.Errorf("got %q, %q, exit code %d, want %q", stdout, stderr, code, want)
	}
	if strings.Contains(stderr, "SECRETKEY") || strings.Contains(stderr, "BEGIN") {
		t.Errorf("a secret is shown: %s", stderr)
	}
}
