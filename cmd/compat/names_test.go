package compat_test

import (
	"slices"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		path    string
		family  cli.Family
		command string
	}{
		{"emikit", "", ""},
		{"/usr/bin/euca-bundle-image", cli.Euca, "bundle-image"},
		{"ec2-register", cli.EC2, "register"},
		{"ec2-add-keypair", cli.EC2, "create-keypair"},
		{"./euca-add-keypair", cli.Euca, "create-keypair"},
		{"euca-describe-group", cli.Euca, "describe-groups"},
		{"ec2-ami-tools-version", cli.EC2, "version"},
		{"ec2-upload-bundle.exe", cli.EC2, "upload-bundle"},
		{"euca-migrate-manifest", "", ""},
		{"ec2-install-image", "", ""},
		{"euca-verify", "", ""},
		{"euca-", "", ""},
		{"eucalyptus", "", ""},
		{"", "", ""},
	} {
		tool, ok := compat.Lookup(compat.Program(c.path))
		if tool.Family != c.family || tool.Command != c.command || ok != (c.command != "") {
			t.Errorf("Lookup(%q): got %q, %q, %v, want %q, %q", c.path, tool.Family, tool.Command, ok, c.family, c.command)
		}
	}
}

func TestClaimed(t *testing.T) {
	for program, want := range map[string]cli.Family{
		"euca-frobnicate": cli.Euca, "ec2-frobnicate": cli.EC2, "cloud-publish-image": cli.UEC, "cloud-init": "", "euca-": "", "emikit": "", "eucalyptus": "",
	} {
		if got, ok := compat.Claimed(program); got != want || ok != (want != "") {
			t.Errorf("Claimed(%q): got %q, %v, want %q", program, got, ok, want)
		}
	}
}

// Every name that is linked leads back to a command of ours.
func TestNamesAreLookedUp(t *testing.T) {
	commands := []string{"bundle-image", "create-keypair", "migrate-manifest", "register"}
	for _, family := range compat.Families() {
		names := compat.Names(family, commands)
		if want := string(family) + "-add-keypair"; family != cli.UEC && !slices.Contains(names, want) {
			t.Errorf("Names(%s): got %v, want %s among them", family, names, want)
		}
		for _, name := range names {
			tool, ok := compat.Lookup(name)
			if !ok || tool.Family != family || !slices.Contains(commands, tool.Command) {
				t.Errorf("Lookup(%q): got %q, %q, %v, want a command of %s", name, tool.Family, tool.Command, ok, family)
			}
		}
	}
}

// No name stands for two tools.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, family := range compat.Families() {
		for _, tool := range compat.Tools() {
			for _, name := range tool.Names {
				if tool.Family != family {
					continue
				}
				if key := string(family) + "-" + name; seen[key] {
					t.Errorf("%s: stands for two tools", key)
				} else {
					seen[key] = true
				}
			}
		}
	}
}
