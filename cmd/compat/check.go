package compat

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Check compares a tool's row with our command in its place, and says where they differ:
// an option that is said to work and is no flag, a flag that the table does not know.
func Check(t Tool, cmd *cobra.Command) []string {
	var wrong []string
	known := map[string]bool{"help": true, "version": true}
	for _, o := range t.Options {
		f := flagOf(cmd, o)
		if f != nil {
			known[f.Name] = true
		}
		if problem := o.differs(f); problem != "" {
			wrong = append(wrong, fmt.Sprintf("%s %s: %s", t.name(), o.Names, problem))
		}
	}
	eachFlag(cmd, func(f *pflag.Flag) {
		if !known[f.Name] && !slices.Contains(t.Own, f.Name) {
			wrong = append(wrong, fmt.Sprintf("%s --%s: a flag that the table does not have", t.name(), f.Name))
		}
	})
	return wrong
}

// differs says how our flag for an option is not what the table says.
func (o Option) differs(f *pflag.Flag) string {
	switch {
	case o.Treatment == Refused && f != nil && slices.Contains(o.long(), f.Name) && !strings.HasPrefix(f.Usage, "not supported"):
		return "refused, though there is a flag --" + f.Name
	case o.Treatment == Ignored || o.Treatment == Refused || o.isShown():
		return ""
	case f == nil:
		return "no flag --" + o.flag()
	case o.Value == "" && f.Value.Type() != "bool" && f.NoOptDefVal == "":
		return "takes no value, but our flag --" + f.Name + " does"
	case o.Value != "" && f.Value.Type() == "bool":
		return "takes a value, but our flag --" + f.Name + " does not"
	}
	return ""
}

// isShown says whether an option asks for words instead of work: this package answers.
func (o Option) isShown() bool {
	return slices.Contains([]string{"help", "version", "manual"}, o.flag())
}
