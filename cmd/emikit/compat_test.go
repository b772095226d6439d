package main

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

// planned are commands of the table that are not there yet.
var planned = []string{
	"allocate-address", "associate-address", "authorize", "bundle-vol", "create-group", "delete-group", "describe-addresses",
	"describe-groups", "disassociate-address", "fingerprint-key", "generate-environment-config", "import-keypair",
	"publish-image", "publish-tarball", "release-address", "revoke",
}

// TestOptionsAreFlags: what the table of options says of a command is so.
func TestOptionsAreFlags(t *testing.T) {
	for _, tool := range compat.Tools() {
		app := cli.New("test")
		app.Family = tool.Family
		root := newRoot(app)
		leaf, _, err := root.Find([]string{tool.Command})
		if slices.Contains(planned, tool.Command) && (err != nil || leaf == root) {
			continue
		}
		if err != nil || leaf == root {
			t.Errorf("%s-%s: there is no command %s", tool.Family, tool.Names[0], tool.Command)
			continue
		}
		for _, problem := range compat.Check(tool, leaf) {
			t.Error(problem)
		}
	}
}

// TestTablesAreCurrent: docs/compatibility.md has the table as it is. To bring it up to
// date:
//
//	go run ./cmd/emikit gendoc --dir docs
func TestTablesAreCurrent(t *testing.T) {
	page, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := compat.WithTables(newRoot(cli.New("test")), string(page))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("docs/compatibility.md is not what the table gives (-want +got):\n%s", diff)
	}
}
