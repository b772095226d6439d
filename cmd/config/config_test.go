package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
	"emikit/cmd/config"
)

// lab is an ini file of a cloud with certificates in HOME.
const lab = `[global]
default-region = lab
[region lab]
ec2-url = http://cloud:8773/services/compute
s3-url = http://cloud:8773/services/objectstorage
iam-url = http://cloud:8773/services/Euare
user = alice
certificate = ~/cloud-cert.pem
[region other]
ec2-url = http://other:8773/services/compute
[user alice]
account-id = 1111-2222-3333
key-id = AKIDALICE
secret-key = it's a "secret"
certificate = ~/absent.pem
`

// home is a directory with that file, and the environment that it makes.
func home(t *testing.T) (dir string, env map[string]string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"lab.ini": lab, "cloud-cert.pem": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, map[string]string{"HOME": dir, "EUCA_CONFIG_PATH": filepath.Join(dir, "*.ini")}
}

func run(t *testing.T, dialect cli.Family, env map[string]string, args ...string) clitest.Result {
	t.Helper()
	return clitest.Run(t, config.Commands, dialect, env, args...)
}

func TestShow(t *testing.T) {
	dir, env := home(t)
	env["EC2_URL"] = "http://user:hush@elsewhere/"
	got := run(t, cli.Native, env, "config", "show")
	want := `region             lab                                            (HOME/lab.ini)
user               alice                                          (HOME/lab.ini)
profile            -
ec2-url            http://user:xxxxx@elsewhere/                   (EC2_URL)
s3-url             http://cloud:8773/services/objectstorage       (HOME/lab.ini)
bootstrap-url      -
access-key         AKIDALICE                                      (HOME/lab.ini)
secret-key         ******** (15 characters)                       (HOME/lab.ini)
session-token      -
expires            -
account-id         111122223333                                   (HOME/lab.ini)
user-certificate   user certificate file 'HOME/absent.pem' does not exist
private-key        -
cloud-certificate  HOME/cloud-cert.pem                            (HOME/lab.ini)
ca-bundle          -
files read         HOME/lab.ini
`
	if diff := cmp.Diff(fields(want), fields(strings.ReplaceAll(got.Stdout, dir, "HOME"))); diff != "" || got.Code != 0 || got.Stderr != "" {
		t.Errorf("code %d, stderr %q (-want +got):\n%s", got.Code, got.Stderr, diff)
	}
	for _, form := range []string{"text", "table", "json"} {
		out := run(t, cli.Native, env, "config", "show", "--output", form)
		if out.Code != 0 || strings.Contains(out.Stdout+out.Stderr, "it's a") || strings.Contains(out.Stdout, "hush") {
			t.Errorf("--output %s: code %d, or a secret shows in %s", form, out.Code, out.Stdout)
		}
	}
}

// fields are the lines of a text, their columns one space apart: how far apart they
// are depends on the length of a temporary directory's name.
func fields(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

// TestShowOptions: the options of a connection count.
func TestShowOptions(t *testing.T) {
	_, env := home(t)
	got := run(t, cli.Native, env, "config", "show", "--region", "other", "-I", "A", "-S", "hush", "--security-token", "hush", "--output", "json")
	var shown struct {
		Settings []struct{ Name, Value, From, Problem string }
		Files    []string
	}
	if err := json.Unmarshal([]byte(got.Stdout), &shown); err != nil {
		t.Fatalf("%v: %s", err, got.Stdout)
	}
	values := map[string]string{}
	for _, s := range shown.Settings {
		values[s.Name] = s.Value + s.Problem + " " + s.From
	}
	for name, want := range map[string]string{
		"region": "other command line", "access-key": "A command line", "secret-key": "******** (4 characters) command line",
		"session-token": "******** (4 characters) command line",
		"s3-url":        "No s3 endpoint to connect to was given. Configured regions with s3 endpoints are: lab ",
	} {
		if values[name] != want {
			t.Errorf("%s: got %q, want %q", name, values[name], want)
		}
	}
	if len(shown.Files) != 1 || strings.Contains(got.Stdout, "hush") {
		t.Errorf("files %v, or a secret shows in %s", shown.Files, got.Stdout)
	}
}

// TestNothingConfigured: both commands say so, and succeed.
func TestNothingConfigured(t *testing.T) {
	env := map[string]string{"EUCA_CONFIG_PATH": filepath.Join(t.TempDir(), "none.ini")}
	show := run(t, cli.Native, env, "config", "show")
	if show.Code != 0 || show.Stderr != "" || strings.Count(show.Stdout, "-\n") != strings.Count(show.Stdout, "\n") {
		t.Errorf("config show: got code %d, %q, %s", show.Code, show.Stderr, show.Stdout)
	}
	shell := run(t, cli.Euca, env, "generate-environment-config")
	if shell.Code != 0 || shell.Stderr != "" || strings.Contains(shell.Stdout, "export") || !strings.Contains(shell.Stdout, "# EC2_URL is not set\n") {
		t.Errorf("generate-environment-config: got code %d, %q, %s", shell.Code, shell.Stderr, shell.Stdout)
	}
}

func TestEnvironment(t *testing.T) {
	dir, env := home(t)
	env["AWS_CLOUDWATCH_URL"] = "http://watch/?a b"
	got := run(t, cli.Euca, env, "generate-environment-config")
	want := `AWS_ACCESS_KEY_ID=AKIDALICE; export AWS_ACCESS_KEY_ID;
AWS_CLOUDWATCH_URL='http://watch/?a b'; export AWS_CLOUDWATCH_URL;
AWS_IAM_URL=http://cloud:8773/services/Euare; export AWS_IAM_URL;
AWS_SECRET_ACCESS_KEY='it'\''s a "secret"'; export AWS_SECRET_ACCESS_KEY;
EC2_CERT=HOME/absent.pem; export EC2_CERT;
EC2_URL=http://cloud:8773/services/compute; export EC2_URL;
EC2_USER_ID=111122223333; export EC2_USER_ID;
EUCALYPTUS_CERT=HOME/cloud-cert.pem; export EUCALYPTUS_CERT;
S3_URL=http://cloud:8773/services/objectstorage; export S3_URL;
# AWS_AUTO_SCALING_URL is not set
# AWS_CLOUDFORMATION_URL is not set
# AWS_CREDENTIAL_EXPIRATION is not set
# AWS_ELB_URL is not set
# AWS_SECURITY_TOKEN is not set
# EC2_PRIVATE_KEY is not set
# EUCA_BOOTSTRAP_URL is not set
# EUCA_PROPERTIES_URL is not set
# EUCA_REPORTING_URL is not set
# TOKEN_URL is not set
`
	if diff := cmp.Diff(want, strings.ReplaceAll(got.Stdout, dir, "HOME")); diff != "" || got.Code != 0 || got.Stderr != "" {
		t.Errorf("code %d, stderr %q (-want +got):\n%s", got.Code, got.Stderr, diff)
	}
	simple := run(t, cli.Euca, env, "generate-environment-config", "--simple", "-I", "A", "-S", "s", "--security-token", "T")
	lines := strings.Split(simple.Stdout, "\n")
	for _, line := range []string{"AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=s", "AWS_SECURITY_TOKEN=T", "AWS_SESSION_TOKEN=T", "TOKEN_URL="} {
		if !slices.Contains(lines, line) {
			t.Errorf("--simple: no line %s in %s", line, simple.Stdout)
		}
	}
}
