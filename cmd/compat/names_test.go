package compat_test

import (
	"slices"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		program string
		family  cli.Family
		command string
		ok      bool
	}{
		{"emikit", "", "", false},
		{"/usr/bin/euca-bundle-image", cli.Euca, "bundle-image", true},
		{"ec2-register", cli.EC2, "register", true},
		{"ec2-add-keypair", cli.EC2, "create-keypair", true},
		{"./euca-add-keypair", cli.Euca, "create-keypair", true},
		{"ec2-upload-bundle.exe", cli.EC2, "upload-bundle", true},
		{"euca-", "", "", false},
		{"eucalyptus", "", "", false},
		{"", "", "", false},
	} {
		family, command, ok := compat.Lookup(c.program)
		if family != c.family || command != c.command || ok != c.ok {
			t.Errorf("Lookup(%q): got %q, %q, %v, want %q, %q, %v",
				c.program, family, command, ok, c.family, c.command, c.ok)
		}
	}
}

// Every name that is linked leads back to a command of ours.
func TestNamesAreLookedUp(t *testing.T) {
	commands := []string{"bundle-image", "create-keypair", "migrate-manifest", "register"}
	for _, family := range compat.Families() {
		names := compat.Names(family, commands)
		if want := string(family) + "-add-keypair"; !slices.Contains(names, want) {
			t.Errorf("Names(%s): got %v, want %s among them", family, names, want)
		}
		for _, name := range names {
			if name == "euca-migrate-manifest" {
				t.Errorf("Names(%s): got %s, which euca2ools never had", family, name)
			}
			got, command, ok := compat.Lookup(name)
			if !ok || got != family || !slices.Contains(commands, command) {
				t.Errorf("Lookup(%q): got %q, %q, %v, want a command of %s", name, got, command, ok, family)
			}
		}
	}
}
