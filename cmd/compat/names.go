package compat

import (
	"path/filepath"
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// Families returns the dialects that have names of their own.
func Families() []cli.Family { return []cli.Family{cli.Euca, cli.EC2, cli.UEC} }

// Program takes a program's name apart: the base of its path, without the suffix that
// programs have on Windows.
func Program(path string) string { return strings.TrimSuffix(filepath.Base(path), ".exe") }

// Claimed says whose name a program has. ok is false for a name that no family has,
// such as "emikit" itself.
func Claimed(program string) (family cli.Family, ok bool) {
	for _, f := range Families() {
		if rest, found := strings.CutPrefix(program, string(f)+"-"); found && rest != "" {
			return f, true
		}
	}
	if !strings.HasPrefix(program, cloudPrefix) {
		return "", false
	}
	t, found := Lookup(program) // other programs begin so, too
	return t.Family, found
}

// Lookup finds the tool that a program name stands for.
func Lookup(program string) (Tool, bool) {
	for _, t := range Tools() {
		for _, name := range t.Names {
			if t.program(name) == program {
				return t, true
			}
		}
	}
	return Tool{}, false
}

// Names returns, sorted, the program names of a family for the given commands of ours.
func Names(family cli.Family, commands []string) []string {
	var names []string
	for _, t := range Tools() {
		if t.Family != family || !slices.Contains(commands, t.Command) {
			continue
		}
		for _, name := range t.Names {
			names = append(names, t.program(name))
		}
	}
	slices.Sort(names)
	return names
}
