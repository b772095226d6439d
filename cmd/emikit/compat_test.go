package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

// TestOptionsAreFlags: what the table of options says of a command is so.
func TestOptionsAreFlags(t *testing.T) {
	for _, tool := range compat.Tools() {
		app := cli.New("test")
		app.Family = tool.Family
		root := newRoot(app)
		leaf, _, err := root.Find([]string{tool.Command})
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

// TestLinkedNames: the names by which scripts call the tools are there, and each one leads
// to a command of ours.
func TestLinkedNames(t *testing.T) {
	root := newRoot(cli.New("test"))
	var all []string
	for _, family := range compat.Families() {
		all = append(all, linkedNames(family)...)
	}
	for _, name := range all {
		tool, ok := compat.Lookup(name)
		if leaf, _, err := root.Find([]string{tool.Command}); !ok || err != nil || leaf == root {
			t.Errorf("%s: leads to %q, which is no command", name, tool.Command)
		}
	}
	for _, name := range strings.Fields(scriptsCall) {
		if _, ok := compat.Lookup(name); !ok || !slices.Contains(all, name) {
			t.Errorf("%s: is not linked", name)
		}
	}
}

// scriptsCall are names that scripts call.
const scriptsCall = `
	ec2-bundle-image ec2-bundle-vol ec2-upload-bundle ec2-download-bundle ec2-delete-bundle ec2-unbundle
	ec2-migrate-manifest ec2-migrate-bundle ec2-ami-tools-version ec2-version
	euca-bundle-image euca-bundle-vol euca-bundle-and-upload-image euca-upload-bundle euca-download-bundle
	euca-download-and-unbundle euca-unbundle euca-unbundle-stream euca-delete-bundle euca-install-image
	euca-version euca-generate-environment-config euca-describe-instance-types euca-get-password-data
	euca-register euca-deregister euca-describe-images euca-describe-image-attribute euca-modify-image-attribute
	euca-reset-image-attribute euca-run-instances euca-describe-instances euca-terminate-instances euca-reboot-instances
	euca-start-instances euca-stop-instances euca-describe-instance-status euca-describe-instance-attribute
	euca-modify-instance-attribute euca-get-console-output euca-get-password
	euca-create-keypair euca-add-keypair euca-import-keypair euca-delete-keypair euca-describe-keypairs euca-fingerprint-key
	euca-create-group euca-add-group euca-delete-group euca-describe-groups euca-describe-group euca-authorize euca-revoke
	euca-allocate-address euca-associate-address euca-disassociate-address euca-release-address euca-describe-addresses
	euca-describe-availability-zones euca-describe-regions euca-create-tags euca-delete-tags euca-describe-tags
	euca-create-image euca-confirm-product-instance
	ec2-register ec2-deregister ec2-describe-images ec2-describe-image-attribute ec2-modify-image-attribute
	ec2-reset-image-attribute ec2-run-instances ec2-describe-instances ec2-terminate-instances ec2-reboot-instances
	ec2-start-instances ec2-stop-instances ec2-describe-instance-status ec2-describe-instance-attribute
	ec2-modify-instance-attribute ec2-get-console-output ec2-get-password
	ec2-create-keypair ec2-add-keypair ec2-import-keypair ec2-delete-keypair ec2-describe-keypairs ec2-fingerprint-key
	ec2-create-group ec2-add-group ec2-delete-group ec2-describe-group ec2-authorize ec2-revoke
	ec2-allocate-address ec2-associate-address ec2-disassociate-address ec2-release-address ec2-describe-addresses
	ec2-describe-availability-zones ec2-describe-regions ec2-create-tags ec2-delete-tags ec2-describe-tags
	ec2-create-image ec2-confirm-product-instance
	uec-publish-image uec-publish-tarball uec-register cloud-publish-image cloud-publish-tarball`
