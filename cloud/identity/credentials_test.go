package identity

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// listing maps the names in a folder to their contents.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

func TestCredentialsFolder(t *testing.T) {
	s, data := newService(t)
	dir := filepath.Join(data, "credentials", "admin")
	write := func(at Endpoints) map[string]string {
		t.Helper()
		if err := s.WriteCredentials(t.Context(), admin.Account, dir, at); err != nil {
			t.Fatal(err)
		}
		return listing(t, dir)
	}
	first := write(Endpoints{EC2: "http://one:8773/services/Eucalyptus", S3: "http://one:8773/services/Walrus"})
	form := regexp.MustCompile(`^(eucarc|cloud-cert\.pem|euca2-admin-[0-9a-f]{8}-(pk|cert)\.pem)$`)
	for name := range first {
		if !form.MatchString(name) {
			t.Errorf("unexpected file %s", name)
		}
	}
	if len(first) != 4 {
		t.Errorf("got %d files, want 4", len(first))
	}
	second := write(Endpoints{EC2: "http://two", S3: "http://two/s3"})
	for name, text := range second {
		if changed := text != first[name]; changed != (name == "eucarc") {
			t.Errorf("%s: changed is %v after another endpoint", name, changed)
		}
	}
	if !strings.Contains(second["eucarc"], "'http://two/s3'") {
		t.Errorf("eucarc does not have the new endpoint:\n%s", second["eucarc"])
	}
	before, err := os.Stat(filepath.Join(dir, "eucarc"))
	if err != nil {
		t.Fatal(err)
	}
	write(Endpoints{EC2: "http://two", S3: "http://two/s3"})
	if after, err := os.Stat(filepath.Join(dir, "eucarc")); err != nil || !os.SameFile(before, after) {
		t.Errorf("eucarc was written again without need (%v)", err)
	}
}

func TestLostKeyGetsANewPair(t *testing.T) {
	s, data := newService(t)
	dir := filepath.Join(data, "credentials")
	for range 2 {
		if err := s.WriteCredentials(t.Context(), admin.Account, dir, Endpoints{}); err != nil {
			t.Fatal(err)
		}
		keys, err := filepath.Glob(filepath.Join(dir, "*-pk.pem"))
		if err != nil || len(keys) != 1 {
			t.Fatalf("got keys %v, %v; want one", keys, err)
		}
		if err := os.Remove(keys[0]); err != nil {
			t.Fatal(err)
		}
	}
	certs, err := s.Certificates(t.Context(), admin.Account)
	if err != nil || len(certs) != 2 {
		t.Errorf("got %d certificates, %v; want 2", len(certs), err)
	}
}

// printVariables is a script that shows what eucarc has set, one per line.
const printVariables = `
for name in EC2_URL S3_URL EC2_PRIVATE_KEY EC2_CERT EUCALYPTUS_CERT EC2_USER_ID EC2_ACCESS_KEY EC2_SECRET_KEY \
	AWS_ACCESS_KEY AWS_SECRET_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN; do
	eval "echo \"$name=\$$name\""
done
`

// TestEucarcInShells sources the file in every shell of the machine, from odd
// folders and by odd ways.
func TestEucarcInShells(t *testing.T) {
	s, data := newService(t)
	dir := filepath.Join(data, `it's "odd" $HOME & co`)
	at := Endpoints{EC2: "http://127.0.0.1:8773/services/Eucalyptus", S3: "http://127.0.0.1:8773/services/Walrus"}
	if err := s.WriteCredentials(t.Context(), admin.Account, dir, at); err != nil {
		t.Fatal(err)
	}
	key, err := s.accessKey(t.Context(), admin.Account)
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(data, "moved here")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(data, "link")
	if err := os.Symlink(filepath.Join(dir, "eucarc"), link); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		shell, cd, source, want string // want: the folder of the keys
		args                    []string
	}{
		"bash, absolute":  {"bash", "/", filepath.Join(dir, "eucarc"), dir, nil},
		"bash, here":      {"bash", dir, "eucarc", dir, nil},
		"bash, relative":  {"bash", data, "./" + filepath.Base(dir) + "/eucarc", dir, nil},
		"bash, moved":     {"bash", data, "moved here/eucarc", moved, nil},
		"bash, by a link": {"bash", "/", link, dir, nil},
		"bash, strict":    {"bash", "/", filepath.Join(dir, "eucarc"), dir, []string{"-eu"}},
		"sh":              {"sh", "/", filepath.Join(dir, "eucarc"), dir, nil},
		"zsh":             {"zsh", "/", filepath.Join(dir, "eucarc"), dir, nil},
		"zsh, moved":      {"zsh", moved, "./eucarc", moved, nil},
	} {
		t.Run(name, func(t *testing.T) {
			script := "cd " + quote(test.cd) + "; . " + quote(test.source) + "; cd /; set +u" + printVariables
			got := runShell(t, test.shell, append(test.args, "-c", script)...)
			pair := "euca2-admin-" + pairID(t, dir)
			want := strings.Join([]string{
				"EC2_URL=" + at.EC2, "S3_URL=" + at.S3,
				"EC2_PRIVATE_KEY=" + filepath.Join(test.want, pair+"-pk.pem"),
				"EC2_CERT=" + filepath.Join(test.want, pair+"-cert.pem"),
				"EUCALYPTUS_CERT=" + filepath.Join(test.want, "cloud-cert.pem"),
				"EC2_USER_ID=000100729354",
				"EC2_ACCESS_KEY=" + key.ID, "EC2_SECRET_KEY=" + key.Secret,
				"AWS_ACCESS_KEY=" + key.ID, "AWS_SECRET_KEY=" + key.Secret,
				"AWS_ACCESS_KEY_ID=" + key.ID, "AWS_SECRET_ACCESS_KEY=" + key.Secret, "AWS_SESSION_TOKEN=", "",
			}, "\n")
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestEnvironmentIsWhatEucarcSets compares the two roads to the same variables.
func TestEnvironmentIsWhatEucarcSets(t *testing.T) {
	s, data := newService(t)
	dir, at := filepath.Join(data, "credentials"), Endpoints{EC2: "http://e", S3: "http://s"}
	if err := s.WriteCredentials(t.Context(), admin.Account, dir, at); err != nil {
		t.Fatal(err)
	}
	variables, err := s.Environment(t.Context(), admin.Account, dir, at)
	if err != nil || len(variables) == 0 {
		t.Fatalf("got %d variables, %v", len(variables), err)
	}
	sourced := runShell(t, "sh", "-c", ". "+quote(filepath.Join(dir, "eucarc"))+printVariables)
	for name, value := range variables {
		if !strings.Contains(sourced, name+"="+value+"\n") {
			t.Errorf("%s=%s is not among what eucarc sets:\n%s", name, value, sourced)
		}
	}
}

// TestAliases runs the bare commands of the first walk-through in a shell that
// expands aliases, with programs of that name that show their arguments.
func TestAliases(t *testing.T) {
	s, data := newService(t)
	dir := filepath.Join(data, "my keys")
	if err := s.WriteCredentials(t.Context(), admin.Account, dir, Endpoints{EC2: "http://e", S3: "http://s"}); err != nil {
		t.Fatal(err)
	}
	key, err := s.accessKey(t.Context(), admin.Account)
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(data, "bin")
	for _, name := range []string{"ec2-bundle-image", "ec2-upload-bundle"} {
		show := "#!/bin/sh\nfor a; do echo \"<$a>\"; done\n"
		if err := os.MkdirAll(bin, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, name), []byte(show), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	pair := filepath.Join(dir, "euca2-admin-"+pairID(t, dir))
	cloud := filepath.Join(dir, "cloud-cert.pem")
	for command, want := range map[string][]string{
		"ec2-bundle-image --image vmlinuz --kernel true": {"--cert", pair + "-cert.pem", "--privatekey", pair + "-pk.pem",
			"--user", "000100729354", "--ec2cert", cloud, "--image", "vmlinuz", "--kernel", "true"},
		"ec2-upload-bundle --bucket kernel-bucket": {"-a", key.ID, "-s", key.Secret, "--url", "http://s", "--ec2cert", cloud,
			"--bucket", "kernel-bucket"},
	} {
		script := "shopt -s expand_aliases; PATH=" + quote(bin) + ":$PATH\nsource " + quote(filepath.Join(dir, "eucarc")) + "\n" + command
		got := runShell(t, "bash", "-c", script)
		if want := "<" + strings.Join(want, ">\n<") + ">\n"; got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", command, got, want)
		}
	}
}

// runShell runs a shell without start-up files and returns its output.
func runShell(t *testing.T, shell string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skipf("%s is not on this machine", shell)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CDPATH=/tmp:/", "AWS_SESSION_TOKEN=old", "HOME=/nonexistent"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	return string(out)
}

// pairID finds the hex digits in the names of the key and certificate.
func pairID(t *testing.T, dir string) string {
	t.Helper()
	for name := range listing(t, dir) {
		if id, ok := strings.CutSuffix(name, "-pk.pem"); ok {
			return strings.TrimPrefix(id, "euca2-admin-")
		}
	}
	t.Fatalf("no key in %s", dir)
	return ""
}

func TestQuote(t *testing.T) {
	for _, text := range []string{"", "plain", "a b", "it's", `"$x" \`, "`id`", "line\nbreak"} {
		if got := runShell(t, "sh", "-c", "printf '<%s>' "+quote(text)); got != "<"+text+">" {
			t.Errorf("%q: the shell sees %q", text, got)
		}
	}
}
