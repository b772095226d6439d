package completion

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// answers are what the cloud of the tests says, by action.
func answers() map[string]string {
	return map[string]string{
		"DescribeImages": `<imagesSet><item><imageId>emi-1</imageId><name>one</name><imageType>machine</imageType></item>
<item><imageId>eki-2</imageId><imageLocation>b/k.manifest.xml</imageLocation><imageType>kernel</imageType></item>
<item><imageId>emi-&#155;2J</imageId><name>evil&#10;line</name></item></imagesSet>`,
		"DescribeInstances":         `<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><imageId>emi-1</imageId><instanceState><name>running</name></instanceState></item><item><instanceId>i-2</instanceId></item></instancesSet></item></reservationSet>`,
		"DescribeKeyPairs":          `<keySet><item><keyName>mine</keyName><keyFingerprint>aa:bb</keyFingerprint></item></keySet>`,
		"DescribeSecurityGroups":    `<securityGroupInfo><item><groupName>default</groupName><groupDescription>of all</groupDescription></item></securityGroupInfo>`,
		"DescribeAvailabilityZones": `<availabilityZoneInfo><item><zoneName>PARTI00</zoneName><zoneState>available</zoneState></item></availabilityZoneInfo>`,
	}
}

// fake is a cloud and an object store, which checks nothing.
func fake(w http.ResponseWriter, r *http.Request) {
	switch action := r.FormValue("Action"); {
	case action != "":
		io.WriteString(w, "<"+action+"Response>"+answers()[action]+"</"+action+"Response>")
	case r.URL.Path == "/s3/" || r.URL.Path == "/s3":
		io.WriteString(w, `<ListAllMyBucketsResult><Buckets><Bucket><Name>images</Name></Bucket><Bucket><Name>other</Name></Bucket></Buckets></ListAllMyBucketsResult>`)
	case strings.HasPrefix(r.URL.Path, "/s3/images"):
		io.WriteString(w, `<ListBucketResult><Name>images</Name><Contents><Key>disk.img.manifest.xml</Key></Contents><Contents><Key>disk.img.part.00</Key></Contents></ListBucketResult>`)
	default:
		http.NotFound(w, r)
	}
}

// root has commands in the form of the program's.
func root(app *cli.App) *cobra.Command {
	root := &cobra.Command{Use: "emikit"}
	app.AddCommonFlags(root)
	add := func(use string, letters cli.KeyLetters, flags ...string) {
		var conn cli.Connection
		cmd := &cobra.Command{Use: use, Run: func(*cobra.Command, []string) {}}
		conn.AddFlags(cmd.Flags(), letters)
		for _, name := range flags {
			cmd.Flags().String(name, "", "a `NAME`")
		}
		root.AddCommand(cmd)
	}
	add("deregister IMAGE", cli.UpperKeys)
	add("terminate-instances INSTANCE...", cli.UpperKeys)
	add("delete-keypair NAME", cli.UpperKeys)
	add("run-instances IMAGE", cli.UpperKeys, "key", "group", "availability-zone", "kernel", "user-data")
	add("register [LOCATION]", cli.UpperKeys)
	add("download-bundle -b BUCKET[/PREFIX]", cli.BothKeys, "bucket", "manifest", "prefix")
	add("upload-bundle -b BUCKET", cli.BothKeys, "bucket", "manifest")
	return root
}

// complete asks as a shell does, and returns the choices and the directive.
func complete(t *testing.T, env map[string]string, words ...string) (choices []string, directive, stderr string) {
	t.Helper()
	var stdout, errors strings.Builder
	app := cli.New("test")
	app.Getenv = func(name string) string { return env[name] }
	app.Stdout, app.Stderr = &stdout, &errors
	program := root(app)
	words = append([]string{cobra.ShellCompRequestCmd}, words...)
	if !Wanted(words) {
		t.Fatalf("%v: not taken for a shell's question", words)
	}
	Attach(app, program)
	if code := app.Run(t.Context(), program, words); code != 0 {
		t.Errorf("%v: exit code %d, %s", words, code, errors.String())
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1], errors.String()
}

func TestCompletions(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(fake))
	defer server.Close()
	home := t.TempDir()
	ini := "[region lab]\nec2-url = http://x/\n[region lab2]\nec2-url = http://y/\n[user alice]\nkey-id = a\n"
	if err := os.WriteFile(filepath.Join(home, "x.ini"), []byte(ini), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"EC2_URL": server.URL + "/ec2", "S3_URL": server.URL + "/s3",
		"EC2_ACCESS_KEY": "A", "EC2_SECRET_KEY": "s", "EUCA_CONFIG_PATH": filepath.Join(home, "x.ini")}
	const noFiles, noFilesNoSpace, byExtension = ":4", ":6", ":8"
	for _, test := range []struct {
		words     []string
		want      []string
		directive string
	}{
		{[]string{"deregister", ""}, []string{"emi-1\tone", "eki-2\tb/k.manifest.xml", "emi-?2J\tevil?line"}, noFiles},
		{[]string{"deregister", "eki"}, []string{"eki-2\tb/k.manifest.xml"}, noFiles},
		{[]string{"deregister", "emi-1", ""}, nil, noFiles},
		{[]string{"terminate-instances", "i-1", ""}, []string{"i-2"}, noFiles},
		{[]string{"terminate-instances", ""}, []string{"i-1\trunning emi-1", "i-2"}, noFiles},
		{[]string{"delete-keypair", ""}, []string{"mine\taa:bb"}, noFiles},
		{[]string{"run-instances", ""}, []string{"emi-1\tone"}, noFiles},
		{[]string{"run-instances", "emi-1", ""}, nil, noFiles},
		{[]string{"run-instances", "emi-1", "--key", ""}, []string{"mine\taa:bb"}, noFiles},
		{[]string{"run-instances", "--group", ""}, []string{"default\tof all"}, noFiles},
		{[]string{"run-instances", "--availability-zone", ""}, []string{"PARTI00\tavailable"}, noFiles},
		{[]string{"run-instances", "--kernel", ""}, []string{"eki-2\tb/k.manifest.xml", "true"}, noFiles},
		{[]string{"run-instances", "--user-data", ""}, nil, noFiles},
		{[]string{"run-instances", "--reg"}, []string{"--region\tuse the region [USER@]REGION of the configuration files"}, noFiles},
		{[]string{"run-instances", "--region", ""}, []string{"lab", "lab2", "alice@\tas alice"}, noFiles},
		{[]string{"run-instances", "--region", "alice@"}, []string{"alice@lab", "alice@lab2"}, noFiles},
		{[]string{"run-instances", "--output", "t"}, []string{"text", "table"}, noFiles},
		{[]string{"run-instances", "--ca-bundle", ""}, []string{"pem", "crt", "cert", "key"}, byExtension},
		{[]string{"register", ""}, []string{"images/", "other/"}, noFilesNoSpace},
		{[]string{"register", "images/"}, []string{"images/disk.img.manifest.xml"}, noFiles},
		{[]string{"download-bundle", "--bucket", ""}, []string{"images", "other"}, noFiles},
		{[]string{"download-bundle", "--bucket", "images", "--manifest", ""}, []string{"disk.img.manifest.xml"}, noFiles},
		{[]string{"download-bundle", "--bucket", "images", "--prefix", ""}, []string{"disk.img"}, noFiles},
		{[]string{"download-bundle", "--manifest", ""}, []string{"xml"}, byExtension},
		{[]string{"upload-bundle", "--bucket", "images", "--manifest", ""}, []string{"xml"}, byExtension},
	} {
		got, directive, _ := complete(t, env, test.words...)
		if !slices.Equal(got, test.want) || directive != test.directive {
			t.Errorf("%q: got %q %s, want %q %s", test.words, got, directive, test.want, test.directive)
		}
	}
}

// TestNoCloud: where there is no cloud, or one that refuses, there is nothing to choose
// from, and nothing that is said.
func TestNoCloud(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }))
	defer refusing.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, url := range map[string]string{"nothing configured": "", "refusing": refusing.URL, "gone": gone.URL, "nonsense": "::::"} {
		env := map[string]string{"EC2_URL": url, "S3_URL": url, "EC2_ACCESS_KEY": "A", "EC2_SECRET_KEY": "hush"}
		for _, words := range [][]string{{"deregister", ""}, {"register", ""}, {"download-bundle", "--bucket", ""}} {
			got, _, stderr := complete(t, env, words...)
			if len(got) > 0 || !strings.HasPrefix(stderr, "Completion ended") || strings.Contains(stderr, "hush") {
				t.Errorf("%s: %v: got %q, standard error %q", name, words, got, stderr)
			}
		}
	}
}

// TestSilentCloud: a cloud that takes the question and says nothing is waited for a
// second.
func TestSilentCloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(cli.New("test"))
		cmd := &cobra.Command{}
		cmd.SetContext(t.Context())
		start := time.Now()
		got := a.wait(cmd, func(ctx context.Context) ([]string, error) {
			<-ctx.Done()
			return []string{"late"}, ctx.Err()
		})
		if spent := time.Since(start); got != nil || spent != Within {
			t.Errorf("got %v after %s, want nothing after %s", got, spent, Within)
		}
	})
}

// TestDialedOnce: a silent server is given up by the client, too.
func TestDialedOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the system takes connections, nobody answers
	app := cli.New("test")
	app.Getenv = func(name string) string {
		return map[string]string{"EC2_URL": "http://" + l.Addr().String() + "/", "EC2_ACCESS_KEY": "A", "EC2_SECRET_KEY": "s"}[name]
	}
	a := newAsker(app)
	a.within = 20 * time.Millisecond
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	if got, _ := images("")(a, cmd, nil, ""); got != nil {
		t.Errorf("got %v, want nothing", got)
	}
}

func TestPlaceholders(t *testing.T) {
	for use, want := range map[string][]string{
		"x": nil, "x IMAGE": {"IMAGE"}, "x [IMAGE...]": {"[IMAGE..."}, "x [verbose] [ZONE...]": {"[ZONE..."},
		"x -b BUCKET[/PREFIX] (-m MANIFEST | -p NAME)": nil, "x ARCH IMAGE BUCKET[/PREFIX]": {"ARCH", "IMAGE", "BUCKET[/PREFIX"},
		"x MANIFEST | -b BUCKET[/PREFIX] (-m MANIFEST | -p NAME)": {"MANIFEST"},
	} {
		if got := placeholders(use); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", use, got, want)
		}
	}
}

// TestScripts: each shell's script has the links, and asks by the name that was typed.
func TestScripts(t *testing.T) {
	for shell, want := range map[string][]string{
		"bash": {"complete -o default -F __start_emikit euca-register ec2-register\n", "${words[0]} __complete"},
		"zsh":  {"#compdef emikit euca-register ec2-register\ncompdef _emikit emikit euca-register ec2-register\n", "${words[1]} __complete"},
		"fish": {"for link in euca-register ec2-register\n", "$args[1] __complete"},
	} {
		text, err := Script(root(cli.New("test")), shell, []string{"euca-register", "ec2-register"})
		for _, part := range want {
			if err != nil || !strings.Contains(string(text), part) {
				t.Errorf("%s: got %v, no %q", shell, err, part)
			}
		}
	}
	if _, err := Script(root(cli.New("test")), "tcsh", nil); err == nil {
		t.Error("tcsh: got no error")
	}
}
