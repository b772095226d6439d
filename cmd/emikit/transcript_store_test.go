package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/cmd/clitest"
)

// TestStoreTranscripts plays what the tools that talk to an object store were seen to do,
// against one that notes what it is asked.
func TestStoreTranscripts(t *testing.T) {
	for path, bundle := range map[string]string{
		"ec2-upload-bundle.txt":   "ec2-ami-tools/bundles/multipart",
		"ec2-download-bundle.txt": "ec2-ami-tools/bundles/multipart",
		"ec2-delete-bundle.txt":   "ec2-ami-tools/bundles/multipart",
		"ec2-migrate-bundle.txt":  "ec2-ami-tools/bundles/multipart",
		"euca-transfer.txt":       "euca2ools/bundles/kernel",
	} {
		withStore(t, bundle).Play(t, "testdata/transcript/"+path)
	}
}

// withStore is a player of transcripts in directories with a bundle of a tool's, called
// b, and its keys.
func withStore(t *testing.T, bundle string) clitest.Player {
	tool, _, _ := strings.Cut(bundle, "/")
	keys, files := absolute(t, "../../manifest/testdata/"+tool), absolute(t, "../../bundle/testdata/vectors/"+bundle)
	var store *clitest.Store // of the case that is played
	given := bundleVerbs(t)
	for _, verb := range []string{"bucket", "object", "lose", "fault"} {
		given[verb] = func(t *testing.T, words []string) { store.Verbs()[verb](t, words) }
	}
	given["stored"] = func(t *testing.T, words []string) {
		if most := words[2:]; len(most) > 0 {
			storeParts(t, store, words[0], words[1], most[0])
			return
		}
		storeAll(t, store, words[0], words[1])
	}
	return clitest.Player{
		Run: execute, Given: given,
		Words: map[string]string{"URL": "http://" + clitest.StoreHost, "KEYS": "-a AKIDEXAMPLE -s secretKEY"},
		Setup: func(t *testing.T) (map[string]string, func() []string) {
			copyFiles(t, keys+"/*.pem", "keys")
			copyFiles(t, files+"/*", "b")
			store = clitest.NewStore(t)
			return map[string]string{"HOME": t.TempDir()}, store.Requests
		},
	}
}

// storeAll puts the files of a directory into BUCKET[/PREFIX].
func storeAll(t *testing.T, store *clitest.Store, dir, to string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%s: got %v, %v, want files", dir, entries, err)
	}
	for _, e := range entries {
		store.Verbs()["object"](t, []string{to + "/" + e.Name(), filepath.Join(dir, e.Name())})
	}
}

// storeParts puts the parts of a directory that come before one there.
func storeParts(t *testing.T, store *clitest.Store, dir, to, before string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.part.*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: got %v, %v, want parts", dir, paths, err)
	}
	for _, path := range paths {
		if strings.TrimPrefix(filepath.Ext(path), ".") < before {
			store.Verbs()["object"](t, []string{to + "/" + filepath.Base(path), path})
		}
	}
}
