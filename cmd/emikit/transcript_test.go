package main

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"emikit/cmd/clitest"
	"emikit/manifest"
)

// TestTranscripts plays what the tools that are replaced were seen to do.
func TestTranscripts(t *testing.T) {
	name := "emikit-test-" + filepath.Base(filepath.Dir(t.TempDir()))
	t.Cleanup(func() { removeAll(t, "/tmp/"+name+".*") })
	for path, keys := range map[string]string{
		"testdata/transcript/bundling-eras.txt":        "euca2ools",
		"testdata/transcript/ec2-bundle-image.txt":     "ec2-ami-tools",
		"testdata/transcript/ec2-migrate-manifest.txt": "ec2-ami-tools",
		"testdata/transcript/ec2-unbundle.txt":         "ec2-ami-tools",
		"testdata/transcript/euca-bundle-image.txt":    "euca2ools",
		"testdata/transcript/euca-unbundle.txt":        "euca2ools",
		"testdata/transcript/euca-unbundle-stream.txt": "euca2ools",
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
		return map[string]string{"EC2_URL": clitest.NewRegions(t).URL}, nil
	}
}

// bundleVerbs are what transcripts do with bundles.
//
//	bundle NAME DIR           puts one of the tools' vectors into a directory
//	vector NAME FILE          puts a manifest of ec2-ami-tools' into a file
//	noise FILE BYTES          writes an image that cannot be compressed
//	join FILE PATTERN         joins files
//	spoil FILE                changes a bit near the end
//	cut FILE                  takes the last byte off
//	digest MANIFEST PART      puts the digest of a bundle's only part into its manifest
//	reverse-parts MANIFEST    turns the order of the parts around
//	requote MANIFEST raw      puts attributes into double quotes, and signs that
//	requote MANIFEST single   puts them there, and leaves the signature
//	encrypted-key FILE        writes a key that needs a passphrase
//	ini                       writes home/.euca/a.ini
func bundleVerbs(t *testing.T) map[string]func(t *testing.T, words []string) {
	vectors, manifests := absolute(t, "../../bundle/testdata/vectors"), absolute(t, "../../manifest/testdata/ec2-ami-tools")
	return map[string]func(t *testing.T, words []string){
		"bundle": func(t *testing.T, words []string) { copyFiles(t, filepath.Join(vectors, words[0], "*"), words[1]) },
		"vector": func(t *testing.T, words []string) {
			writeText(t, words[1], readText(t, filepath.Join(manifests, words[0])))
		},
		"noise":         makeNoise,
		"join":          joinFiles,
		"spoil":         rewrite(spoil),
		"cut":           rewrite(func(text string) string { return text[:len(text)-1] }),
		"reverse-parts": rewrite(reverseParts),
		"digest":        putDigest,
		"requote":       requote,
		"encrypted-key": func(t *testing.T, words []string) { writeText(t, words[0], encryptedKey) },
		"ini":           func(t *testing.T, _ []string) { writeText(t, "home/.euca/a.ini", configuration) },
	}
}

const encryptedKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAwAA==\n-----END ENCRYPTED PRIVATE KEY-----\n"

func spoil(text string) string {
	bytes := []byte(text)
	bytes[len(bytes)-40] ^= 1
	return string(bytes)
}

// rewrite is a verb that writes a file anew.
func rewrite(anew func(string) string) func(t *testing.T, words []string) {
	return func(t *testing.T, words []string) { writeText(t, words[0], anew(readText(t, words[0]))) }
}

func makeNoise(t *testing.T, words []string) {
	size, err := strconv.Atoi(words[1])
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, size)
	_, _ = rand.Read(noise) // it never fails
	writeText(t, words[0], string(noise))
}

func joinFiles(t *testing.T, words []string) {
	paths, err := filepath.Glob(words[1])
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(len(a), len(b)) }) // .99, .100
	var all strings.Builder
	for _, path := range paths {
		all.WriteString(readText(t, path))
	}
	writeText(t, words[0], all.String())
}

func putDigest(t *testing.T, words []string) {
	sum := sha1.Sum([]byte(readText(t, words[1])))
	part := regexp.MustCompile(`(</filename><digest algorithm="SHA1">)[0-9a-f]+`)
	writeText(t, words[0], part.ReplaceAllString(readText(t, words[0]), "${1}"+hex.EncodeToString(sum[:])))
}

func reverseParts(text string) string {
	parts := regexp.MustCompile(`<part index.*?</part>`).FindAllString(text, -1)
	whole := strings.Join(parts, "")
	slices.Reverse(parts)
	return strings.Replace(text, whole, strings.Join(parts, ""), 1)
}

func requote(t *testing.T, words []string) {
	text := regexp.MustCompile(`='([^']*)'`).ReplaceAllString(readText(t, words[0]), `="$1"`)
	if words[1] == "raw" {
		text = signAgain(t, text, "keys/user-pk.pem")
	}
	writeText(t, words[0], text)
}

// signAgain signs a manifest as it is written.
func signAgain(t *testing.T, text, key string) string {
	t.Helper()
	private, err := manifest.LoadPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	signed := regexp.MustCompile(`<machine_configuration>.*</image>`).FindString(text)
	sum := sha1.Sum([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`<signature>[0-9a-f]+`).ReplaceAllString(text, "<signature>"+hex.EncodeToString(signature))
}

// configuration is the file that euca2ools were watched with.
const configuration = `[global]
default-region = us-east-1
[region us-east-1]
ec2-url = http://127.0.0.1:5123/
s3-url = http://127.0.0.1:5124/
certificate = keys/cloud-cert.pem
user = alice
[region us-west-2]
ec2-url = http://127.0.0.1:5123/
[user alice]
account-id = 1111-2222-3333
key-id = AKIDFILE
secret-key = s
certificate = keys/user-cert.pem
private-key = keys/user-pk.pem
[user bob]
account-id = 999999999999
key-id = AKIDBOB
secret-key = b
`

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// writeText writes a file, and makes its directory.
func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
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
