package compat

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// Tool is a command of a family of tools.
type Tool struct {
	// Family is what its names begin with.
	Family cli.Family
	// Command is ours in its place.
	Command string
	// Names are the names that it had, without the family's prefix. The first one is
	// that of the documentation.
	Names []string
	// Eras are those in which it existed; none stands for all.
	Eras []cli.Era
	// Args are its arguments as a usage line shows them; empty for none.
	Args string
	// Stray says that it passes over arguments.
	Stray bool
	// Options are its options, in the order of its usage line.
	Options []Option
	// Own are flags that emikit's command has and the tool never had.
	Own []string
	// Note is what emikit does differently.
	Note string
}

// tool makes the row of a command that has its name with us, too.
func tool(family cli.Family, name string, options ...[]Option) Tool {
	return Tool{Family: family, Command: name, Names: []string{name}, Options: slices.Concat(options...)}
}

func (t Tool) args(usage string) Tool     { t.Args = usage; return t }
func (t Tool) aka(names ...string) Tool   { t.Names = append(slices.Clone(t.Names), names...); return t }
func (t Tool) own(flags ...string) Tool   { t.Own = append(slices.Clone(t.Own), flags...); return t }
func (t Tool) since(eras ...cli.Era) Tool { t.Eras = eras; return t }
func (t Tool) note(text string) Tool      { t.Note = text; return t }

// name is the program's name in the documentation.
func (t Tool) name() string { return t.program(t.Names[0]) }

// program is the program's name for one of the tool's.
func (t Tool) program(name string) string {
	if strings.HasPrefix(name, cloudPrefix) {
		return name
	}
	return string(t.Family) + "-" + name
}

// mostArgs is how many arguments it takes, [cli.Any] for any number.
func (t Tool) mostArgs() int {
	switch {
	case t.Args == "":
		return 0
	case strings.Contains(t.Args, "..."):
		return cli.Any
	}
	return len(strings.Fields(t.Args))
}

// group is a number of tools that belong together.
type group struct {
	title string
	tools []Tool
}

// groups are the tables, in the order of the documentation.
func groups() []group {
	return []group{
		{"ec2-ami-tools", amiTools()},
		{"euca2ools: bundles", slices.Concat(eucaBundling(), eucaTransfer())},
		{"euca2ools: EC2", append(ec2Commands(cli.Euca), eucaQueries()...)},
		{"euca2ools: the rest", eucaOther()},
		{"ec2-api-tools", ec2Commands(cli.EC2)},
		{"ec2-api-tools: the rest", ec2Other()},
		{"cloud-utils", publishers()},
	}
}

// Tools is the table: all tools that emikit takes the place of.
func Tools() []Tool {
	var all []Tool
	for _, g := range groups() {
		all = append(all, g.tools...)
	}
	return all
}
