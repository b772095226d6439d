package compat

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// usageWidth is how long the lines of a usage are that argparse writes where it does not
// know the terminal's width.
const usageWidth = 78

// Usage is what a tool shows before a mistake in its command line: euca2ools which options
// it takes, in argparse's form, cloud-utils which arguments. ec2-ami-tools show nothing.
func Usage(t Tool, program string, era cli.Era) string {
	switch t.Family {
	case cli.EC2:
		return ""
	case cli.UEC:
		return "Usage: " + program + " [options] " + t.Args + "\n"
	}
	if era == cli.AnyEra {
		era = cli.Euca3
	}
	head := "usage: " + program
	options, args := usageOptions(t, era), usageArgs(t)
	all := slices.Concat([]string{head}, options, args)
	if whole := strings.Join(all, " "); len(whole) <= usageWidth {
		return whole + "\n"
	}
	indent := strings.Repeat(" ", len(head)+1)
	lines := fold(head, options, indent)
	if len(args) > 0 {
		lines = append(lines, fold("", args, indent)...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// fold puts parts into lines: the first one begins with head, all others, and the first
// one of no head, with indent.
func fold(head string, parts []string, indent string) []string {
	var lines []string
	line := head
	if head == "" {
		line = strings.TrimSuffix(indent, " ")
	}
	empty := head == ""
	for _, part := range parts {
		if len(line)+1+len(part) > usageWidth && !empty {
			lines = append(lines, line)
			line = strings.TrimSuffix(indent, " ")
		}
		line += " " + part
		empty = false
	}
	return append(lines, line)
}

// usageArgs are the arguments of a usage line, in the pieces that are not folded.
func usageArgs(t Tool) []string {
	var parts []string
	depth := 0
	for _, word := range strings.Fields(t.Args) {
		if depth > 0 {
			parts[len(parts)-1] += " " + word
		} else {
			parts = append(parts, word)
		}
		depth += strings.Count(word, "[") - strings.Count(word, "]")
	}
	return parts
}

// usageOptions are the options of a usage line, in the pieces that are not folded. Those
// of which one is taken are a piece.
func usageOptions(t Tool, era cli.Era) []string {
	var parts []string
	done := map[string]bool{}
	for _, o := range t.Options {
		switch {
		case o.hidden || !o.existsIn(era) || done[o.Group] && o.Group != "":
		case o.Group != "" && o.Group != notBoth:
			done[o.Group] = true
			parts = append(parts, oneOf(t, o, era))
		case o.needed:
			parts = append(parts, strings.Fields(o.brief())...)
		default:
			parts = append(parts, "["+o.brief()+"]")
		}
	}
	return parts
}

// oneOf is the piece of the options of a group.
func oneOf(t Tool, first Option, era cli.Era) string {
	var briefs []string
	for _, o := range t.Options {
		if o.Group == first.Group && !o.hidden && o.existsIn(era) {
			briefs = append(briefs, o.brief())
		}
	}
	if first.needed {
		return "(" + strings.Join(briefs, " | ") + ")"
	}
	return "[" + strings.Join(briefs, " | ") + "]"
}

// brief is an option by its first name, with its value.
func (o Option) brief() string {
	name, _, _ := strings.Cut(o.Names, "/")
	if o.Value == "" {
		return name
	}
	return name + " " + o.Value
}
