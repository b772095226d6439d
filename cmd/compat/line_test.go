package compat

import (
	"strings"
	"testing"

	"emikit/cmd/cli"
)

// reading reads a command line of a tool, without flags of emikit's own.
func reading(t *testing.T, program string, era cli.Era, words ...string) (string, error) {
	t.Helper()
	tool, ok := Lookup(program)
	if !ok {
		t.Fatalf("Lookup(%q): no such tool", program)
	}
	l, err := dialect{tool: tool, era: era}.read(words)
	return strings.Join(l.inItsWords(), " "), err
}

// TestReading: how the tools themselves understood such command lines.
func TestReading(t *testing.T) {
	for _, c := range []struct {
		program string
		era     cli.Era
		line    string // words are split at blanks; _ is an empty one
		want    string
	}{
		// From transcripts of ec2-ami-tools 1.4.0.7.
		{"ec2-bundle-image", cli.EC2v14, "-ccert.pem --priv=pk.pem --ec2 cloud.pem --user 1-2 --im t.img --dest d --arch i386 --batch",
			"--cert=cert.pem --privatekey=pk.pem --ec2cert=cloud.pem --user=1-2 --image=t.img --destination=d --arch=i386 --batch --"},
		{"ec2-bundle-image", cli.EC2v14, "-i t.img -d d extra args", "--image=t.img --destination=d --"},
		{"ec2-bundle-image", cli.AnyEra, "--kernel _", "--kernel= --"},
		// Packer's glob, which a shell has expanded, and a number after --retry.
		{"ec2-bundle-vol", cli.AnyEra, "-e /tmp/a /tmp/b /tmp/c -d /tmp --no-filter", "--exclude=/tmp/a --destination=/tmp --no-filter --"},
		{"ec2-upload-bundle", cli.AnyEra, "--retry 5 -b b", "--retry --bucket=b --"},
		{"ec2-upload-bundle", cli.EC2v15, "--reg eu-west-1", "--region=eu-west-1 --"},
		// The last one counts, unless repeats add up.
		{"ec2-bundle-vol", cli.AnyEra, "-r i386 -B a=b -r x86_64 -B c=d -p one --prefix two", "--block-device-mapping=a=b --arch=x86_64 --block-device-mapping=c=d --prefix=two --"},
		{"euca-bundle-image", cli.Euca3, "-i i -r i386 -B a=b -B c=d", "--image=i --arch=i386 --block-device-mappings=c=d --"},
		{"euca-bundle-image", cli.Euca2, "-B a=b -B c=d", "--block-device-mapping=a=b --block-device-mapping=c=d --"},
		{"euca-bundle-image", cli.AnyEra, "-B a=b -B c=d", "--block-device-mappings=a=b --block-device-mappings=c=d --"},
		{"euca-upload-bundle", cli.AnyEra, "-b one -b two", "--bucket=two --"},
		{"ec2-bundle-vol", cli.AnyEra, "--no-inherit --inherit", "--inherit --"},
		// Any word is a value to Ruby, also one that begins with a dash.
		{"ec2-unbundle", cli.AnyEra, "-d -k -k pk", "--destination=-k --privatekey=pk --"},
		{"ec2-delete-bundle", cli.AnyEra, "-yb b", "--yes --bucket=b --"},
		{"ec2-delete-bundle", cli.AnyEra, "-b=b", "--bucket=b --"},

		// argparse.
		{"euca-install-image", cli.AnyEra, "-r x86_64 --virt hvm", "--arch=x86_64 --virtualization-type=hvm --"},
		{"euca-register", cli.AnyEra, "b/m.xml -n name --arch=i386", "--name=name --architecture=i386 -- b/m.xml"},
		{"euca-run-instances", cli.AnyEra, "emi-1 -n 2 -g a -g b", "--instance-count=2 --group=a --group=b -- emi-1"},
		{"euca-download-bundle", cli.Euca3, "-d - -b b -m m", "--directory=- --bucket=b --manifest=m --"},
		{"euca-authorize", cli.Euca3, "-P icmp -t -1:-1 default", "--protocol=icmp --icmp-type-code=-1:-1 -- default"},
		{"euca-authorize", cli.AnyEra, "-o other -u 1 default", "-o=other -u=1 -- default"},
		{"euca-terminate-instances", cli.AnyEra, "-- -i", "-- -i"},
		{"euca-bundle-image", cli.AnyEra, "--block a=b", "--block-device-mappings=a=b --"},

		// Keys: -a and -s on bundling and transfer commands only.
		{"euca-upload-bundle", cli.AnyEra, "-a ID -s KEY", "--access-key=ID --secret-key=KEY --"},
		{"euca-upload-bundle", cli.AnyEra, "-I ID -S KEY", "--access-key-id=ID --secret-key=KEY --"},
		{"euca-register", cli.AnyEra, "-A ID -S KEY -a i386 b/m", "--access-key=ID --secret-key=KEY --architecture=i386 -- b/m"},
		{"ec2-register", cli.AnyEra, "-K pk -C cert b/m", "--private-key=pk --cert=cert -- b/m"},

		// What only some generations have.
		{"euca-upload-bundle", cli.Euca2, "-U u --region r --ec2cert c", "--url=u --region=r --ec2cert=c --"},
		{"euca-upload-bundle", cli.AnyEra, "-U u --region r --ec2cert c", "--url=u --region=r --ec2cert=c --"},

		{"uec-publish-image", cli.AnyEra, "-v -v --allow -l all amd64 i b", "--verbose --allow-existing --add-launch=all -- amd64 i b"},
	} {
		got, err := reading(t, c.program, c.era, split(c.line)...)
		if got != c.want || err != nil {
			t.Errorf("%s %s %s:\n got %q, %v\nwant %q", c.era, c.program, c.line, got, err, c.want)
		}
	}
}

func split(line string) []string {
	words := strings.Fields(line)
	for i, word := range words {
		if word == "_" {
			words[i] = ""
		}
	}
	return words
}

// TestRefusing: the words in which the tools refused such command lines.
func TestRefusing(t *testing.T) {
	for _, c := range []struct {
		program string
		era     cli.Era
		line    string
		want    string
	}{
		// From transcripts of ec2-ami-tools 1.4.0.7.
		{"ec2-bundle-image", cli.AnyEra, "-d d --bogus", "invalid option: --bogus"},
		{"ec2-bundle-image", cli.AnyEra, "-d d -Z", "invalid option: -Z"},
		{"ec2-bundle-image", cli.AnyEra, "-i", "missing argument: -i"},
		{"ec2-bundle-image", cli.AnyEra, "-d d --pr x", "ambiguous option: --pr"},
		{"ec2-bundle-image", cli.AnyEra, "-B _", "invalid argument: -B "},
		{"ec2-upload-bundle", cli.AnyEra, "--part abc", "invalid argument: --part abc"},
		{"ec2-bundle-vol", cli.AnyEra, "-s abc", "invalid argument: -s abc"},
		{"ec2-migrate-manifest", cli.AnyEra, "--mapping", "invalid option: --mapping"},
		{"ec2-upload-bundle", cli.EC2v14, "--region r", "invalid option: --region"},
		{"ec2-upload-bundle", cli.EC2v14, "--secretkey=KEY", "invalid option: --secretkey=***"},
		{"ec2-bundle-image", cli.EC2v14, "--batch=1", "needless argument: --batch=1"},
		{"ec2-delete-bundle", cli.EC2v14, "-y=1", "needless argument: -y=1"},
		{"euca-run-instances", cli.AnyEra, "-m=1 emi-1", "argument -m/--monitor: ignored explicit argument '1'"},
		{"ec2-bundle-image", cli.EC2v14, "--output json", "invalid option: --output"},

		// argparse, of Python 2.7.
		{"euca-bundle-image", cli.AnyEra, "--pr x", "ambiguous option: --pr could match --prefix, --privatekey, --productcodes, --progress"},
		{"euca-bundle-image", cli.Euca3, "--pr x", "ambiguous option: --pr could match --prefix, --privatekey, --productcodes, --progress"},
		{"euca-bundle-image", cli.Euca3, "-i i -r i386 --bogus x -Z", "unrecognized arguments: --bogus x -Z"},
		{"euca-deregister", cli.AnyEra, "emi-1 emi-2 emi-3", "unrecognized arguments: emi-2 emi-3"},
		{"euca-upload-bundle", cli.AnyEra, "-m", "argument -m/--manifest: expected one argument"},
		{"euca-upload-bundle", cli.AnyEra, "-m -b b", "argument -m/--manifest: expected one argument"},
		{"euca-upload-bundle", cli.Euca3, "-m --bogus", "argument -m/--manifest: expected one argument"},
		{"euca-upload-bundle", cli.AnyEra, "--skipmanifest=1", "argument --skipmanifest: ignored explicit argument '1'"},
		{"euca-download-bundle", cli.AnyEra, "-p v --local-manifest f", "argument --local-manifest: not allowed with argument -p/--prefix"},
		{"euca-upload-bundle", cli.Euca3, "-b b -m m -a ID -s KEY", "unrecognized arguments: -a ID -s ***"},
		{"euca-upload-bundle", cli.Euca3, "-b b -m m -sKEY --secret=KEY --secretkey KEY", "unrecognized arguments: -s*** --secretkey ***"},
		{"euca-upload-bundle", cli.Euca3, "-b b -m m --ec2cert f", "unrecognized arguments: --ec2cert f"},
		{"euca-upload-bundle", cli.Euca3, "-U u --region r", "argument --region: not allowed with argument -U/--url"},
		{"euca-upload-bundle", cli.Euca2, "-I ID", "unrecognized arguments: -I ID"},
		{"euca-bundle-image", cli.Euca2, "--image-size 3", "unrecognized arguments: --image-size 3"},

		{"euca-run-instances", cli.Euca3, "-n 3", "too few arguments"},
		{"euca-register", cli.Euca3, "b/m", "argument -n/--name is required"},
		{"euca-bundle-image", cli.Euca3, "-i i --bogus", "argument -r/--arch is required"},
		{"euca-delete-bundle", cli.Euca3, "-b b", "one of the arguments -m/--manifest -p/--prefix --local-manifest is required"},
		{"euca-modify-image-attribute", cli.Euca3, "-a all emi-1", "one of the arguments --description -p/--product-code -l/--launch-permission is required"},

		// getopt of util-linux.
		{"uec-publish-image", cli.AnyEra, "--bogus", "unrecognized option '--bogus'"},
		{"uec-publish-image", cli.AnyEra, "-Z", "invalid option -- 'Z'"},
		{"uec-publish-image", cli.AnyEra, "-k", "option requires an argument -- 'k'"},
		{"uec-publish-image", cli.AnyEra, "--kernel-f", "option '--kernel-file' requires an argument"},
		{"cloud-publish-image", cli.AnyEra, "--ra x", "option '--ra' is ambiguous; possibilities: '--ramdisk' '--ramdisk-file'"},
		{"cloud-publish-tarball", cli.AnyEra, "--quiet=1", "option '--quiet' doesn't allow an argument"},
	} {
		got, err := reading(t, c.program, c.era, split(c.line)...)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %s %s:\n got %q, %v\nwant %q", c.era, c.program, c.line, got, err, c.want)
		}
	}
}

// TestShown: what is asked for instead of work. argparse answers at once, the others when
// the rest of the command line is in order.
func TestShown(t *testing.T) {
	for _, c := range []struct{ program, line, want, wantErr string }{
		{"euca-register", "-h --bogus", "help", ""},
		{"euca-register", "--vers", "version", ""},
		{"ec2-bundle-image", "-h foo", "help", ""},
		{"ec2-bundle-image", "--manual", "manual", ""},
		{"ec2-bundle-image", "--help --bogus", "", "invalid option: --bogus"},
		{"ec2-register", "-?", "help", ""},
	} {
		tool, _ := Lookup(c.program)
		l, err := dialect{tool: tool}.read(split(c.line))
		if l.shown != c.want || (err == nil) != (c.wantErr == "") || err != nil && err.Error() != c.wantErr {
			t.Errorf("%s %s: got %q, %v, want %q, %q", c.program, c.line, l.shown, err, c.want, c.wantErr)
		}
	}
}
