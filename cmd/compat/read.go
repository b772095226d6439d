package compat

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
)

// Call is what a tool's command line asks for.
type Call struct {
	// Words are the command line of our command that does it.
	Words []string
	// Show is what is asked for instead: "help", "version", "manual", or nothing.
	Show string
}

// Read understands a command line of a tool, which has been called by any of its names.
// Our command for it is cmd. Errors are in the words of the tool's family.
func Read(t Tool, era cli.Era, cmd *cobra.Command, words []string) (Call, error) {
	d := dialect{tool: t, era: era, own: ownOptions(t, cmd)}
	l, err := d.read(words)
	if err != nil || l.shown != "" {
		return Call{Show: l.shown}, err
	}
	ours, err := d.translate(l, cmd)
	return Call{Words: ours}, err
}

// translate says a command line in our command's words.
func (d dialect) translate(l line, cmd *cobra.Command) ([]string, error) {
	var words []string
	for _, g := range l.given {
		switch g.option.Treatment {
		case Ignored:
			continue
		case Refused:
			return nil, d.notHere(g.option, g.option.Note)
		}
		f := flagOf(cmd, g.option)
		if f == nil {
			return nil, d.notHere(g.option, "emikit has nothing like it")
		}
		words = append(words, g.inOurWords(f))
	}
	return append(append(words, "--"), l.args...), nil
}

// inOurWords says an option by our flag for it.
func (g given) inOurWords(f *pflag.Flag) string {
	if g.hasValue {
		return "--" + f.Name + "=" + g.value
	}
	return "--" + f.Name
}

// inItsWords says a line as the tool has it, in full.
func (l line) inItsWords() []string {
	var words []string
	for _, g := range l.given {
		long := g.option.long()
		switch {
		case len(long) == 0 && g.hasValue:
			words = append(words, "-"+g.option.short()[0]+"="+g.value)
		case len(long) == 0:
			words = append(words, "-"+g.option.short()[0])
		case g.hasValue:
			words = append(words, "--"+long[0]+"="+g.value)
		default:
			words = append(words, "--"+long[0])
		}
	}
	return append(append(words, "--"), l.args...)
}

// flagOf is our flag for an option, nil if there is none.
func flagOf(cmd *cobra.Command, o Option) *pflag.Flag {
	if f := cmd.Flag(o.flag()); f != nil {
		return f
	}
	if len(o.flag()) == 1 {
		return cmd.Flags().ShorthandLookup(o.flag())
	}
	return nil
}

// ownOptions are the flags of our command that no option of the tool stands for.
func ownOptions(t Tool, cmd *cobra.Command) []Option {
	theirs := map[string]bool{"help": true, "version": true}
	for _, o := range t.Options {
		if o.Treatment == Refused {
			continue
		}
		if f := flagOf(cmd, o); f != nil {
			theirs[f.Name] = true
		}
		for _, name := range o.long() {
			theirs[name] = true
		}
	}
	var own []Option
	eachFlag(cmd, func(f *pflag.Flag) {
		if !theirs[f.Name] {
			own = append(own, ownOption(f))
		}
	})
	return own
}

func ownOption(f *pflag.Flag) Option {
	o := Option{Names: "--" + f.Name, own: true, Many: true} // what repeats mean is the flag's business
	if f.Shorthand != "" {
		o.Names = "-" + f.Shorthand + "/" + o.Names
	}
	if f.Value.Type() != "bool" {
		o.Value, _ = pflag.UnquoteUsage(f)
		o.Optional = f.NoOptDefVal != ""
	}
	return o
}

// eachFlag visits the flags of a command, those that all have included.
func eachFlag(cmd *cobra.Command, visit func(*pflag.Flag)) {
	seen := map[string]bool{}
	once := func(f *pflag.Flag) {
		if !seen[f.Name] {
			seen[f.Name] = true
			visit(f)
		}
	}
	cmd.Flags().VisitAll(once)
	cmd.PersistentFlags().VisitAll(once)
	cmd.InheritedFlags().VisitAll(once)
}
