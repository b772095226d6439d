package main

import (
	"os"
	"path/filepath"
	"testing"

	"emikit/cmd/clitest"
)

// TestTranscripts plays what the tools that are replaced were seen to do.
func TestTranscripts(t *testing.T) {
	name := "emikit-test-" + filepath.Base(filepath.Dir(t.TempDir()))
	t.Cleanup(func() { removeAll(t, "/tmp/"+name+".*") })
	for path, keys := range map[string]string{
		"testdata/transcript/ec2-bundle-image.txt": "ec2-ami-tools",
	} {
		player := clitest.Player{Run: execute, Words: map[string]string{"NAME": name}, Setup: withKeys(t, keys), Given: bundleVerbs(t)}
		player.Play(t, path)
	}
}

// withKeys returns what fills a directory with the keys of a tool's vectors, as they
// lay there when it was watched.
func withKeys(t *testing.T, tool string) func(t *testing.T) (map[string]string, func() []string) {
	vectors := absolute(t, "../../manifest/testdata/"+tool)
	return func(t *testing.T) (map[string]string, func() []string) {
		copyFiles(t, vectors+"/*.pem", "keys")
		amitools := "home/etc/ec2/amitools"
		copyFiles(t, vectors+"/cloud-cert.pem", amitools)
		if err := os.Rename(amitools+"/cloud-cert.pem", amitools+"/cert-ec2.pem"); err != nil {
			t.Fatal(err)
		}
		return nil, nil
	}
}

// bundleVerbs are what transcripts do with bundles: "bundle NAME DIR" puts one of the
// tools' vectors into a directory, "encrypted-key FILE" writes a key that needs a
// passphrase.
func bundleVerbs(t *testing.T) map[string]func(t *testing.T, words []string) {
	vectors := absolute(t, "../../bundle/testdata/vectors")
	return map[string]func(t *testing.T, words []string){
		"bundle": func(t *testing.T, words []string) { copyFiles(t, filepath.Join(vectors, words[0], "*"), words[1]) },
		"encrypted-key": func(t *testing.T, words []string) {
			const pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAwAA==\n-----END ENCRYPTED PRIVATE KEY-----\n"
			if err := os.WriteFile(words[0], []byte(pem), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// copyFiles copies the files that match a pattern, of which there must be some, into a
// directory.
func copyFiles(t *testing.T, pattern, dir string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %q, %v", pattern, paths, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(path)), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// removeAll removes the files that match a pattern.
func removeAll(t *testing.T, pattern string) {
	left, err := filepath.Glob(pattern)
	if err != nil {
		t.Error(err)
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}
