package walrus_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"emikit/cloud/walrus"
)

// program finds a program that a test needs from the machine.
func program(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("other programs take seconds to start")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not on this machine", name)
	}
	return path
}

// run runs a program as alice, without any configuration of the user's.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=ALICE", "AWS_SECRET_ACCESS_KEY="+secret("ALICE"),
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "AWS_SESSION_TOKEN=",
		"AWS_DEFAULT_REGION=eucalyptus", "AWS_EC2_METADATA_DISABLED=true", "HTTP_PROXY=", "http_proxy=", "NO_PROXY=", "no_proxy=", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
}

func TestBoto3(t *testing.T) {
	t.Parallel()
	python := program(t, "python3")
	if err := exec.CommandContext(t.Context(), python, "-c", "import boto3").Run(); err != nil {
		t.Skip("python3 has no boto3 on this machine")
	}
	s := newServer(t, func(c *walrus.Config) { c.Names = walrus.Names{"localhost"} })
	door, _ := strings.CutSuffix(s.url, "/services/Walrus")
	for version, base := range map[string]string{ // Signature Version 2 and 4
		"s3": "http://localhost/services/Walrus", "s3v4": "http://s3.localhost",
	} {
		run(t, python, filepath.Join("testdata", "client.py"), s.url, version, "bucket_"+version)
		run(t, python, filepath.Join("testdata", "client.py"), base, version, "bucket-"+version, door) // in hosts below base
	}
	if got := s.files(); got != 0 {
		t.Errorf("got %d files after everything was deleted", got)
	}
}

func TestAWSCommandLine(t *testing.T) {
	t.Parallel()
	aws := program(t, "aws")
	s := newServer(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	contents := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB: in parts
	if err := os.WriteFile(file, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	s3 := func(args ...string) {
		t.Helper()
		run(t, aws, append([]string{"--endpoint-url", s.url, "s3"}, args...)...)
	}
	s.must(alice("PUT", "/bucket"))
	s3("cp", "--acl", "aws-exec-read", file, "s3://bucket/pre fix/file")
	s3("cp", "s3://bucket/pre fix/file", file+".back")
	if got, err := os.ReadFile(file + ".back"); !bytes.Equal(got, contents) {
		t.Errorf("cp back: got %d other bytes, %v", len(got), err)
	}
	s3("rb", "--force", "s3://bucket") // lists and empties it first
	s.refuses(alice("GET", "/bucket"), 404, "NoSuchBucket")
}

// TestSignatureMadeByOpenSSL sends a request whose Version 2 signature openssl
// has made, so that our signing and our checking cannot share one mistake.
func TestSignatureMadeByOpenSSL(t *testing.T) {
	openssl := program(t, "openssl")
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	date := time.Now().UTC().Format(http.TimeFormat)
	text := strings.Join([]string{"PUT", "", "text/plain", date, "x-amz-acl:aws-exec-read", "/services/Walrus/bucket/a%20b"}, "\n")
	for secretKey, want := range map[string]int{secret("ALICE"): 200, "wrong": 403} {
		cmd := exec.CommandContext(t.Context(), openssl, "dgst", "-sha1", "-hmac", secretKey, "-binary")
		cmd.Stdin = strings.NewReader(text)
		mac, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest("PUT", s.url+"/bucket/a%20b", strings.NewReader("text"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Date", date)
		r.Header.Set("Content-Type", "text/plain")
		r.Header.Set("X-Amz-Acl", "aws-exec-read")
		r.Header.Set("Authorization", "AWS ALICE:"+base64.StdEncoding.EncodeToString(mac))
		if got := s.send(r); got.status != want {
			t.Errorf("signed with %q: got %d %s, want %d", secretKey, got.status, got.body, want)
		}
	}
}
