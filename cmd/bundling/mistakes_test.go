package bundling

import (
	"os"
	"strings"
	"testing"

	"emikit/cmd/cli"
)

// TestMistakes compares messages and exit codes with those recorded of the real
// tools.
func TestMistakes(t *testing.T) {
	const tryBundle, tryUnbundle = "\nTry 'ec2-bundle-image --help'\n", "\nTry 'ec2-unbundle --help'\n"
	tests := []struct {
		family cli.Family
		line   string
		want   string // the beginning of standard error, after the program's name
		code   int
	}{
		{cli.Native, "bundle-image", "argument -i/--image is required\n", 2},
		{cli.Native, "bundle-image disk.img", "unexpected argument: disk.img\n", 2},
		{cli.Native, "bundle-image -i nosuch.img", "nosuch.img: no such file or directory\n", 1},
		{cli.Native, "bundle-image -i disk.img --privatekey nosuch", "private key file 'nosuch' does not exist\n", 1},
		{cli.Native, "bundle-image -i disk.img -d b -r sparc", "argument -r/--arch: invalid choice: 'sparc' (choose from 'i386', 'x86_64', 'armhf', 'arm64', 'ppc', 'ppc64', 'ppc64le')\n", 2},
		{cli.Native, "bundle-image -i disk.img --input-format vmdk", "argument --input-format: invalid choice: 'vmdk'", 2},
		{cli.Native, "bundle-image -i disk.img -d disk.img", "disk.img: not a directory\n", 1},
		{cli.Native, "bundle-image -i disk.img --image-size -5", "argument --image-size: invalid filesize value: '-5'\n", 2},
		{cli.Native, "bundle-image -i disk.img -p a/b", "argument -p/--prefix: '/' character not allowed.\n", 2},
		{cli.Native, "bundle-image -i disk.img -u abc", "argument -u/--user: 'abc' is not an account number: 12 digits, which dashes may separate\n", 2},
		{cli.Native, "bundle-image -i disk.img -u 1234567890123", "argument -u/--user: '1234567890123' is not", 2},
		{cli.Native, "bundle-image -i empty.img -d b", "empty.img: the image is empty\n", 1},
		{cli.EC2, "bundle-image -i empty.img -d .", "ERROR: the specified image empty.img is zero sized\n", 254},
		{cli.Euca, "bundle-image", "argument -i/--image is required\n", 2},
		{cli.Euca, "bundle-image -i nosuch.img", "No such file or directory: nosuch.img\n", 1},
		{cli.Euca, "bundle-image -i disk.img -c nosuch.pem", "user certificate file 'nosuch.pem' does not exist\n", 2},
		{cli.Euca, "bundle-image -i disk.img -k /", "private key file '/' is not a file\n", 2},
		{cli.Euca, "bundle-image -i disk.img --ec2cert nosuch.pem", "cloud certificate file 'nosuch.pem' does not exist\n", 2},
		{cli.Euca, "bundle-image -i disk.img -d disk.img", "argument -d/--destination: 'disk.img' is not a directory\n", 2},
		{cli.Euca, "bundle-image -i disk.img -B ami", "argument -B/--block-device-mappings: invalid device mapping 'ami' (must have format 'VIRTUAL=DEVICE')\n", 2},
		{cli.Euca, "bundle-image -i disk.img --part-size bogus", "argument --part-size: invalid filesize value: 'bogus'\n", 2},
		{cli.Euca, "bundle-image -i disk.img --part-size 0", "argument --part-size: invalid filesize value: '0'\n", 2},
		{cli.Euca, "bundle-image -i disk.img --image-type foo", "argument --image-type: invalid choice: 'foo' (choose from 'machine', 'kernel', 'ramdisk')\n", 2},
		{cli.Euca, "bundle-image -i disk.img -d b --kernel true --ramdisk eri-1", "argument --ramdisk: not compatible with image type 'kernel'\n", 2},
		{cli.Euca, "bundle-image -i -", "argument --prefix is required when bundling stdin\n", 2},
		{cli.Euca, "bundle-image -i - -p x", "argument --image-size is required when bundling stdin\n", 2},
		{cli.EC2, "bundle-image", "missing mandatory parameter: --image" + tryBundle, 1},
		{cli.EC2, "bundle-image -i nosuch", "--image has invalid value 'nosuch': File does not exist or is not a file." + tryBundle, 1},
		{cli.EC2, "bundle-image -i disk.img -c nosuch", "--cert has invalid value 'nosuch': File does not exist or is not a file." + tryBundle, 1},
		{cli.EC2, "bundle-image -i disk.img -d nosuch", "--destination has invalid value 'nosuch': Directory does not exist or is not a directory." + tryBundle, 1},
		{cli.EC2, "bundle-image -i disk.img -p a/b", "--prefix has invalid value 'a/b': '/' character not allowed." + tryBundle, 1},
		{cli.EC2, "bundle-image -i disk.img -B foo", "--block-device-mapping has invalid value 'foo'" + tryBundle, 1},
		{cli.EC2, "bundle-image -i disk.img -u 123", "--user has invalid value '123': the user ID should consist of 12 digits", 1},
		{cli.EC2, "bundle-image -i disk.img -r sparc", "Unsupported architecture [sparc]." + tryBundle, 1},
		{cli.EC2, "bundle-image -i disk.img -k disk.img -d .", "ERROR: private key disk.img: ", 254},

		{cli.Native, "unbundle", "argument -m/--manifest is required\n", 2},
		{cli.Native, "unbundle -m nosuch.xml", "manifest nosuch.xml: no such file or directory\n", 1},
		{cli.Native, "unbundle -m disk.img -s nodir", "nodir: no such directory\n", 1},
		{cli.Native, "unbundle -m disk.img -s disk.img", "disk.img: not a directory\n", 1},
		{cli.Native, "unbundle -m disk.img -d disk.img", "disk.img: not a directory\n", 1},
		{cli.Native, "unbundle -m disk.img", "manifest disk.img: not well-formed XML", 1},
		{cli.Euca, "unbundle -m nosuch.xml", "No such file or directory: nosuch.xml\n", 1},
		{cli.Euca, "unbundle -m disk.img -k nosuch.pem", "private key file 'nosuch.pem' does not exist\n", 2},
		{cli.Euca, "unbundle -m disk.img -s nodir", "argument -s/--source: directory 'nodir' does not exist\n", 2},
		{cli.Euca, "unbundle -m disk.img -s disk.img", "argument -s/--source: 'disk.img' is not a directory\n", 2},
		{cli.Euca, "unbundle -m disk.img -d nodir", "argument -d/--destination: directory 'nodir' does not exist\n", 2},
		{cli.EC2, "unbundle", "missing mandatory parameter: --manifest" + tryUnbundle, 1},
		{cli.EC2, "unbundle -m nosuch", "--manifest has invalid value 'nosuch': File does not exist or is not a file." + tryUnbundle, 1},
		{cli.EC2, "unbundle -m disk.img -s nosuch", "--source has invalid value 'nosuch': Directory does not exist or is not a directory." + tryUnbundle, 1},
		{cli.EC2, "unbundle -m disk.img", "ERROR: manifest disk.img: not well-formed XML", 254},
	}
	for _, test := range tests {
		t.Run(string(test.family)+" "+test.line, func(t *testing.T) {
			term := newTerminal(t, test.family)
			term.write("empty.img", "")
			stdout, stderr, code := term.run(strings.Fields(test.line)...)
			message := strings.TrimPrefix(stderr, string(test.family)+"-"+strings.Fields(test.line)[0]+": error: ")
			message = strings.TrimPrefix(message, "emikit: ")
			if !strings.HasPrefix(message, test.want) || code != test.code {
				t.Errorf("\ngot  %q, exit code %d\nwant %q, %d", message, code, test.want, test.code)
			}
			if strings.Contains(stderr, "--help") && (test.family == cli.Native && test.code == 1 || test.family == cli.Euca) {
				t.Errorf("advice to see the help for what is no mistake in the command line: %q", stderr)
			}
			if stdout != "" && test.family != cli.EC2 {
				t.Errorf("standard output: got %q, want nothing", stdout)
			}
		})
	}
}

// TestMissingCredentials has nothing in the environment.
func TestMissingCredentials(t *testing.T) {
	tests := []struct {
		family cli.Family
		line   string
		want   string
		code   int
	}{
		{cli.Native, "bundle-image -i disk.img", "emikit: missing user certificate; please supply one with -c\nhint: source the eucarc file", 1},
		{cli.Native, "unbundle -m disk.img", "emikit: missing private key; please supply one with -k\nhint: source the eucarc file", 1},
		{cli.Euca, "bundle-image -i disk.img", "euca-bundle-image: error: missing account ID; please supply one with --user\n", 2},
		{cli.Euca, "bundle-image -i disk.img -u 1", "euca-bundle-image: error: missing cloud certificate; please supply one with --ec2cert or use --bootstrap-url and access keys to fetch one automatically", 2},
		{cli.EC2, "bundle-image -i disk.img", "missing mandatory parameter: --cert\n", 1},
		{cli.EC2, "unbundle -m disk.img", "missing mandatory parameter: --privatekey\n", 1},
	}
	for _, test := range tests {
		t.Run(string(test.family)+" "+test.line, func(t *testing.T) {
			term := newTerminal(t, test.family)
			term.env = nil
			_, stderr, code := term.run(strings.Fields(test.line)...)
			if !strings.HasPrefix(stderr, test.want) || code != test.code {
				t.Errorf("\ngot  %q, exit code %d\nwant %q, %d", stderr, code, test.want, test.code)
			}
		})
	}
}

// TestNothingHalfDone: a key that does not fit its certificate is noticed before
// anything is written, and a spoilt bundle leaves no image.
func TestNothingHalfDone(t *testing.T) {
	term := newTerminal(t, cli.Native)
	right := term.env["EC2_PRIVATE_KEY"]
	term.env["EC2_PRIVATE_KEY"] = strings.Replace(right, "user-pk", "other-pk", 1)
	_, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", "b")
	if !strings.Contains(stderr, "private key does not belong to the certificate") || code != 1 {
		t.Errorf("got %q, exit code %d", stderr, code)
	}
	if _, err := os.Stat("b"); err == nil {
		t.Error("the destination was made although the key was wrong")
	}
	term.env["EC2_PRIVATE_KEY"] = right
	term.want("Wrote manifest b/disk.img.manifest.xml\n", "bundle-image", "-i", "disk.img", "-d", "b")
	term.write("b/disk.img.part.00", "spoilt")
	if err := os.Mkdir("out", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code = term.run("unbundle", "-m", "b/disk.img.manifest.xml", "-d", "out"); code != 1 || !strings.Contains(stderr, "disk.img.part.00") {
		t.Errorf("spoilt part: got %q, exit code %d", stderr, code)
	}
	if left, err := os.ReadDir("out"); err != nil || len(left) != 0 {
		t.Errorf("spoilt part: left %v, %v", left, err)
	}
}

func TestVerifyWhileUnbundling(t *testing.T) {
	term := newTerminal(t, cli.Native)
	term.want("Wrote manifest disk.img.manifest.xml\n", "bundle-image", "-i", "disk.img", "-d", ".")
	if err := os.Mkdir("out", 0o700); err != nil {
		t.Fatal(err)
	}
	term.want("Wrote out/disk.img\n", "unbundle", "-m", "disk.img.manifest.xml", "-d", "out/", "-c", term.env["EC2_CERT"])
	_, stderr, code := term.run("unbundle", "-m", "disk.img.manifest.xml", "-d", "out", "-c", term.env["EUCALYPTUS_CERT"])
	if !strings.Contains(stderr, "signature does not match") || code != 1 {
		t.Errorf("other certificate: got %q, exit code %d", stderr, code)
	}
}

func TestByteCount(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "0": 0, "1": 1, "10m": 10 << 20, "1K": 1 << 10, "3g": 3 << 30, "2T": 2 << 40, "9223372036854775807": 1<<63 - 1,
	} {
		if got, err := byteCount("--x", text, 0); err != nil || got != want {
			t.Errorf("byteCount(%q): got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"k", "1kk", "1.5g", "-1", "+1", "1p", " 1", "9223372036854775808", "9007199254740993k", "8388608t"} {
		if got, err := byteCount("--x", text, 0); err == nil {
			t.Errorf("byteCount(%q): got %d, want an error", text, got)
		}
	}
}

func TestHostArchitecture(t *testing.T) {
	for goarch, want := range map[string]string{"amd64": "x86_64", "386": "i386", "arm": "armhf", "arm64": "arm64", "ppc64le": "ppc64le"} {
		if got := hostArchitecture(goarch); got != want {
			t.Errorf("%s: got %s, want %s", goarch, got, want)
		}
	}
}

// TestAccount: euca2ools take anything for an account, and an empty image too; the
// native command says where a wrong one comes from.
func TestAccount(t *testing.T) {
	term := newTerminal(t, cli.Euca)
	term.write("empty.img", "")
	term.want("Wrote manifest b/empty.img.manifest.xml\n", "bundle-image", "-i", "empty.img", "-u", "abc", "-d", "b")
	term.family = cli.Native
	term.env["EC2_USER_ID"] = "admin"
	_, stderr, code := term.run("bundle-image", "-i", "disk.img", "-d", "b")
	if want := "emikit: EC2_USER_ID: 'admin' is not an account number: 12 digits, which dashes may separate\n"; stderr != want || code != 1 {
		t.Errorf("got %q, %d, want %q, 1", stderr, code, want)
	}
}
