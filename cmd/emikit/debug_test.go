package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

// hush is in every secret of these tests, so that any of them is found.
const hush = "hushhushhush"

// TestDebugTellsNoSecret runs every command, by all its names, with --debug, with
// secrets from all places that there are, against a cloud that refuses: no output has
// one of them.
func TestDebugTellsNoSecret(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(refuse))
	defer server.Close()
	dir := secretFiles(t, server.URL)
	logged := 0
	places := secretPlaces(dir, server.URL)
	for i, argv := range everyCommandLine(dir) {
		for n, place := range slices.Sorted(maps.Keys(places)) {
			if argv[0] != "emikit" && n != i%len(places) {
				continue // other names of a command need not be tried with all
			}
			env := places[place]
			stdout, stderr := runIn(t, env, argv)
			if strings.Contains(stderr, hush) || strings.Contains(stdout, hush) && !strings.Contains(argv[0]+argv[1], "generate-environment-config") {
				t.Errorf("%q, secrets in %s: a secret shows in\n%s%s", argv, place, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, "\x1b") {
				t.Errorf("%q: speaks to a terminal where there is none:\n%q", argv, stdout+stderr)
			}
			if strings.Contains(stderr, "level=DEBUG") {
				logged++
			}
		}
	}
	if logged < 80 {
		t.Errorf("got debug lines from %d runs, want some from most of them", logged)
	}
}

// refuse answers as clouds do that do not know a key.
func refuse(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusForbidden)
	io.WriteString(w, `<Response><Errors><Error><Code>AuthFailure</Code><Message>who are you</Message></Error></Errors></Response>`)
}

// secretFiles makes the files that say secrets, an image and a key.
func secretFiles(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lab.ini": "[global]\ndefault-region = lab\n[region lab]\nuser = u\nec2-url = " + url + "/\ns3-url = " + url + "/\n" +
			"[user u]\nkey-id = A\nsecret-key = " + hush + "\n",
		"aws":  "[default]\naws_access_key_id = A\naws_secret_access_key = " + hush + "\naws_session_token = " + hush + "\n",
		"keys": "AWSAccessKeyId=A\nAWSSecretKey=" + hush + "\n",
		"img":  "an image",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// secretPlaces are environments that give keys, each from another place. That of the
// option gives none.
func secretPlaces(dir, url string) map[string]map[string]string {
	with := func(more map[string]string) map[string]string {
		env := map[string]string{"HOME": dir, "EC2_URL": url + "/", "S3_URL": url + "/", "EUCA_CONFIG_PATH": "none"}
		for name, value := range more {
			env[name] = value
		}
		return env
	}
	return map[string]map[string]string{
		"the ini file":      with(map[string]string{"EUCA_CONFIG_PATH": filepath.Join(dir, "lab.ini")}),
		"AWS's file":        with(map[string]string{"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "aws")}),
		"a file of its own": with(map[string]string{"AWS_CREDENTIAL_FILE": filepath.Join(dir, "keys")}),
		"the environment": with(map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": hush, "AWS_SESSION_TOKEN": hush,
			"EC2_PRIVATE_KEY": "../../manifest/testdata/euca2ools/user-pk.pem"}),
	}
}

// runIn runs the program in an environment.
func runIn(t *testing.T, env map[string]string, argv []string) (stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	app := cli.New("test")
	app.Getenv = func(name string) string { return env[name] }
	app.Stdin, app.Stdout, app.Stderr = strings.NewReader(""), &out, &err
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	execute(ctx, app, argv)
	return out.String(), err.String()
}

// everyCommandLine is one of each command, under each of its names.
func everyCommandLine(dir string) [][]string {
	var lines [][]string
	for _, f := range families(cli.New("test")) {
		for _, cmd := range f.commands {
			if f.id == "service" { // these talk to no cloud, or are one
				continue
			}
			names := []string{""}
			for _, tool := range compat.Tools() {
				if tool.Command == cmd.Name() {
					names = append(names, string(tool.Family)+"-"+tool.Names[0])
				}
			}
			for _, name := range names {
				if name == "" {
					lines = append(lines, append([]string{"emikit", cmd.Name()}, values(cmd, dir)...))
					continue
				}
				lines = append(lines, append([]string{name}, values(cmd, dir)...))
			}
		}
	}
	return lines
}

// values are options and arguments with which most commands get as far as a request.
func values(cmd *cobra.Command, dir string) []string {
	words := []string{"--debug"}
	for _, option := range [][2]string{
		{"bucket", "bkt"}, {"image", filepath.Join(dir, "img")}, {"name", "n"}, {"destination", dir}, {"directory", dir},
		{"manifest", "../../manifest/testdata/euca2ools/kernel.xml"},
	} {
		if cmd.Flags().Lookup(option[0]) != nil {
			words = append(words, "--"+option[0], option[1])
		}
	}
	for _, word := range strings.Fields(cmd.Use)[1:] {
		word = strings.Trim(word, "[].")
		if word == strings.ToUpper(word) && !strings.HasPrefix(word, "-") && !strings.Contains(cmd.Use, "-b ") {
			words = append(words, "x")
		}
	}
	return words
}

// TestSecretOptionsAreNotLogged: a secret on the command line is no more logged than one
// in a file.
func TestSecretOptionsAreNotLogged(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(refuse))
	defer server.Close()
	env := map[string]string{"EC2_URL": server.URL + "/", "S3_URL": server.URL + "/"}
	for _, argv := range [][]string{
		{"emikit", "describe-images", "-I", "A", "-S", hush, "--security-token", hush},
		{"emikit", "download-bundle", "-b", "bkt", "-a", "A", "-s", hush, "-t", hush},
		{"ec2-download-bundle", "-b", "bkt", "-a", "A", "-s", hush, "-t", hush, "-k", "x", "--debug"},
		{"emikit", "describe-images", "-S", hush},
		{"emikit", "describe-images", "-I", "A", "-S", hush, "--sigv", "2"},
		{"emikit", "describe-images", "-I", "A", "-S", hush, "--nosuch", hush[:0]},
	} {
		stdout, stderr := runIn(t, env, append(slices.Clone(argv), "--debug"))
		if strings.Contains(stdout+stderr, hush) || stderr == "" {
			t.Errorf("%q: a secret shows, or nothing was said, in %s%s", argv, stdout, stderr)
		}
	}
}
