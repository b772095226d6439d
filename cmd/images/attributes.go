package images

import (
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// attributeChoice is a set of flags of which one must be given, and the
// attributes of an image that they stand for.
type attributeChoice struct {
	flags *pflag.FlagSet
	names []string // of the flags, in the order in which help shows them
}

// add notes a flag that is declared already.
func (c *attributeChoice) add(name string) { c.names = append(c.names, name) }

// chosen returns the flag that was given, and refuses none or several.
func (c *attributeChoice) chosen() (string, error) {
	var given []string
	for _, name := range c.names {
		if c.flags.Changed(name) {
			given = append(given, name)
		}
	}
	switch len(given) {
	case 0:
		return "", cli.Usagef("one of the arguments %s is required", strings.Join(c.options(c.names), " "))
	case 1:
		return given[0], nil
	}
	two := c.options(given)
	return "", cli.Usagef("argument %s: not allowed with argument %s", two[1], two[0])
}

// options are flags as messages show them, such as "-l/--launch-permission".
func (c *attributeChoice) options(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "--" + name
		if short := c.flags.Lookup(name).Shorthand; short != "" {
			all[i] = "-" + short + "/" + all[i]
		}
	}
	return all
}

// attributeHeader is that of tables about attributes. The text has the same
// fields in another order, as euca2ools write them.
func attributeHeader() []string { return []string{"image", "attribute", "change", "kind", "value"} }

// permissionOf tells whom a launch permission names: as group or userId, as the
// protocol calls them, and its value.
func permissionOf(p ec2.LaunchPermission) (kind, value string) {
	if p.Group != "" {
		return "group", p.Group
	}
	return "userId", p.UserID
}
