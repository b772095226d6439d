package completion

import (
	"strings"

	"github.com/spf13/cobra"
)

const (
	noFiles = cobra.ShellCompDirectiveNoFileComp
	noSpace = cobra.ShellCompDirectiveNoSpace
)

// nothing is for what only the user knows.
func nothing(*asker, *cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, noFiles
}

// files leaves it to the shell.
func files(*asker, *cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// directories are what the shell offers, without other files.
func directories(*asker, *cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// extensions are files whose names end so.
func extensions(names ...string) values {
	return func(*asker, *cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names, cobra.ShellCompDirectiveFilterFileExt
	}
}

func choices(all ...string) values {
	return func(*asker, *cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return all, noFiles
	}
}

// regions are those of the files, and their users: USER@REGION.
func regions(a *asker, cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	conn := a.connection(cmd)
	conn.Region = ""
	conf, err := conn.Config(a.app)
	if err != nil {
		return nil, noFiles
	}
	if user, _, both := strings.Cut(word, "@"); both {
		return prefixed(user+"@", conf.Regions()), noFiles
	}
	all := conf.Regions()
	for _, user := range conf.Users() {
		all = append(all, user+"@\tas "+user)
	}
	return all, noFiles
}

func prefixed(prefix string, all []string) []string {
	found := make([]string, len(all))
	for i, choice := range all {
		found[i] = prefix + choice
	}
	return found
}

// publishImage and publishTarball are the arguments of Canonical's scripts.
func publishImage(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return choices("amd64", "i386", "x86_64")(a, cmd, args, word)
	case 1:
		return files(a, cmd, args, word)
	case 2:
		return buckets(a, cmd, args, word)
	}
	return nothing(a, cmd, args, word)
}

func publishTarball(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return files(a, cmd, args, word)
	case 1:
		return buckets(a, cmd, args, word)
	case 2:
		return choices("amd64", "i386", "x86_64")(a, cmd, args, word)
	}
	return nothing(a, cmd, args, word)
}
