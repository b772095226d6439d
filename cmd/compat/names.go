package compat

import (
	"path/filepath"
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// renamed maps the names of older tools onto ours where they differ, after
// the family's prefix was taken off.
func renamed() map[string]string {
	return map[string]string{
		"add-keypair": "create-keypair", // ec2-api-tools and euca2ools 1.x
	}
}

// foreign lists commands of ours that a family never had. They get no name in it.
func foreign() map[cli.Family][]string {
	return map[cli.Family][]string{
		cli.Euca: {"copy-bundle", "doctor", "inspect", "migrate-bundle", "migrate-manifest", "verify"},
		cli.EC2:  {"bundle-and-upload-image", "copy-bundle", "doctor", "download-and-unbundle", "inspect", "install-image", "unbundle-stream", "verify"},
	}
}

// Families returns the dialects that have names of their own.
func Families() []cli.Family { return []cli.Family{cli.Euca, cli.EC2} }

// Lookup tells which family and command a program name stands for. ok is
// false for a name that is neither, such as "emikit" itself.
func Lookup(program string) (family cli.Family, command string, ok bool) {
	base := strings.TrimSuffix(filepath.Base(program), ".exe")
	for _, f := range Families() {
		if rest, found := strings.CutPrefix(base, string(f)+"-"); found && rest != "" {
			if ours, is := renamed()[rest]; is {
				rest = ours
			}
			return f, rest, true
		}
	}
	return "", "", false
}

// Names returns, sorted, the program names of a family for the given commands
// of ours, old names included.
func Names(family cli.Family, commands []string) []string {
	var names []string
	commands = slices.DeleteFunc(slices.Clone(commands), func(command string) bool {
		return slices.Contains(foreign()[family], command)
	})
	for _, command := range commands {
		names = append(names, string(family)+"-"+command)
	}
	for old, ours := range renamed() {
		if slices.Contains(commands, ours) {
			names = append(names, string(family)+"-"+old)
		}
	}
	slices.Sort(names)
	return names
}
