package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// OneOf is a set of flags of which exactly one must be given.
type OneOf struct {
	flags *pflag.FlagSet
	names []string
}

// NewOneOf makes a set of flags that are declared already, by their names in the order
// in which help shows them.
func NewOneOf(flags *pflag.FlagSet, names ...string) OneOf { return OneOf{flags, names} }

// Chosen returns the flag that was given, and refuses none or several, in the words of
// euca2ools.
func (c OneOf) Chosen() (string, error) {
	var given []string
	for _, name := range c.names {
		if c.flags.Changed(name) {
			given = append(given, name)
		}
	}
	switch len(given) {
	case 0:
		return "", Usagef("one of the arguments %s is required", strings.Join(c.options(c.names), " "))
	case 1:
		return given[0], nil
	}
	two := c.options(given)
	return "", Usagef("argument %s: not allowed with argument %s", two[1], two[0])
}

// options are flags as messages show them, such as "-l/--launch-permission".
func (c OneOf) options(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "--" + name
		if short := c.flags.Lookup(name).Shorthand; short != "" {
			all[i] = "-" + short + "/" + all[i]
		}
	}
	return all
}
