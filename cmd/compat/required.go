package compat

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// required refuses a command line that lacks what euca2ools 3.x want, in argparse's order:
// arguments, options, one of several options. By default it is our commands that say what
// they lack: generations want different things.
func (r *reader) required() error {
	if r.era != cli.Euca3 {
		return nil
	}
	if len(r.line.args) < r.tool.leastArgs() {
		return cli.Usagef("too few arguments")
	}
	for _, o := range r.tool.Options {
		if o.needed && o.Group == "" && o.existsIn(r.era) && !r.gave(o) {
			return cli.Usagef("argument %s is required", o.Names)
		}
	}
	for _, o := range r.tool.Options {
		if o.needed && o.Group != "" && o.existsIn(r.era) && !r.gaveOneOf(o.Group) {
			return cli.Usagef("one of the arguments %s is required", strings.Join(r.namesOf(o.Group), " "))
		}
	}
	return nil
}

func (r *reader) gave(o Option) bool {
	return slices.ContainsFunc(r.line.given, func(g given) bool { return g.option.Names == o.Names })
}

func (r *reader) gaveOneOf(group string) bool {
	return slices.ContainsFunc(r.line.given, func(g given) bool { return g.option.Group == group })
}

// namesOf are the options of a group, those that the tool tells of.
func (r *reader) namesOf(group string) []string {
	var names []string
	for _, o := range r.tool.Options {
		if o.Group == group && !o.hidden && o.existsIn(r.era) {
			names = append(names, o.Names)
		}
	}
	return names
}

// leastArgs is how many arguments a tool wants.
func (t Tool) leastArgs() int {
	least, depth := 0, 0
	for word := range strings.FieldsSeq(t.Args) {
		if depth == 0 && !strings.HasPrefix(word, "[") {
			least++
		}
		depth += strings.Count(word, "[") - strings.Count(word, "]")
	}
	return least
}
