package completion

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
)

// values finds what a word may be finished to.
type values func(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective)

// Wanted reports whether the arguments of the program are a shell's question.
func Wanted(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// Attach teaches the commands below root, and root itself, what their options and
// arguments may be. It is for a run that a shell asks for ([Wanted]): others need it
// not, and would pay for it.
func Attach(app *cli.App, root *cobra.Command) {
	a := newAsker(app)
	attach(a, root)
}

func attach(a *asker, cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		attach(a, below)
	}
	if f := positional(cmd); f != nil {
		cmd.ValidArgsFunction = a.completes(f)
	}
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if f := option(cmd, flag); f != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, a.completes(f)) // an error: it is there already
		}
		flag.Usage = strings.ReplaceAll(flag.Usage, "`", "") // they mark the value's name, for help
	})
}

// once are the values of the only argument that a command takes.
func once(f values) values {
	return func(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nothing(a, cmd, args, word)
		}
		return f(a, cmd, args, word)
	}
}

// completes makes cobra's function of one of ours.
func (a *asker) completes(f values) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		found, directive := f(a, cmd, args, word)
		if directive&(cobra.ShellCompDirectiveFilterFileExt|cobra.ShellCompDirectiveFilterDirs) != 0 {
			return found, directive
		}
		return matching(found, word), directive
	}
}

// most is how many choices a shell gets; more are of no help.
const most = 1000

// matching are those of the choices that begin with a word, safe to show.
func matching(all []string, word string) []string {
	var found []string
	for _, choice := range all {
		if strings.HasPrefix(choice, word) && len(found) < most {
			found = append(found, printable(choice))
		}
	}
	return found
}

// printable makes a choice safe: what follows its tab describes it.
func printable(choice string) string {
	value, description, described := strings.Cut(choice, "\t")
	if value = cli.Printable(value); described {
		value += "\t" + cli.Printable(description)
	}
	return value
}

// positional is what the arguments of a command may be, by the words of its usage
// line; nil for files, which is what a shell offers by itself.
func positional(cmd *cobra.Command) values {
	if own, ok := argumentsOf()[name(cmd)]; ok {
		return own
	}
	if cmd.HasSubCommands() {
		return nil // cobra knows these
	}
	words := placeholders(cmd.Use)
	if len(words) == 0 {
		return nothing
	}
	return func(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if i := len(args); i < len(words) {
			return byWord(words[i])(a, cmd, args, word)
		}
		if last := words[len(words)-1]; strings.HasSuffix(last, "...") {
			found, directive := byWord(last)(a, cmd, args, word)
			return unless(found, args), directive
		}
		return nothing(a, cmd, args, word)
	}
}

// unless are the choices that are not among the arguments yet.
func unless(found, args []string) []string {
	return slices.DeleteFunc(found, func(choice string) bool {
		value, _, _ := strings.Cut(choice, "\t")
		return slices.Contains(args, value)
	})
}

// placeholders are the words of a usage line that stand for arguments: in capitals,
// and neither an option's nor one.
func placeholders(use string) []string {
	var words []string
	fields := strings.Fields(use)
	for i := 1; i < len(fields); i++ {
		word := strings.Trim(fields[i], "[]()|")
		switch {
		case strings.HasPrefix(word, "-"):
			i++ // its value
		case word != "" && word == strings.ToUpper(word):
			words = append(words, strings.TrimSuffix(fields[i], "]"))
		}
	}
	return words
}

func byWord(word string) values {
	word = strings.TrimSuffix(strings.Trim(word, "[]()"), "...")
	if f := words()[strings.Trim(word, "[]()")]; f != nil {
		return f
	}
	return nothing
}

// option is what an option's value may be.
func option(cmd *cobra.Command, flag *pflag.Flag) values {
	placeholder, _ := pflag.UnquoteUsage(flag)
	if flag.NoOptDefVal != "" {
		return nil
	}
	if f, ok := optionsOf()[name(cmd)+" "+flag.Name]; ok {
		return f
	}
	if f, ok := options(flag.Name); ok {
		return f
	}
	switch {
	case strings.Contains(placeholder, "DIR"):
		return directories
	case strings.Contains(placeholder, "FILE"), strings.Contains(placeholder, "PATH"):
		return files
	}
	return nothing
}

// name is a command's in the tables: without the prefix of a link.
func name(cmd *cobra.Command) string {
	for _, prefix := range []string{string(cli.Euca) + "-", string(cli.EC2) + "-", "uec-", "cloud-"} {
		if rest, linked := strings.CutPrefix(cmd.Name(), prefix); linked {
			return rest
		}
	}
	return cmd.Name()
}
