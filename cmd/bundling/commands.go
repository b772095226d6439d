package bundling

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
)

// Commands returns the family's commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{
		newBundleImageCmd(app),
		newUnbundleCmd(app),
		newUnbundleStreamCmd(app),
		newMigrateManifestCmd(app),
		newBundleVolCmd(app),
	}
}

// alias gives the flag called name another name, without its letter. Both set the
// same value.
func alias(f *pflag.FlagSet, name, other string) {
	flag := *f.Lookup(name)
	value, _ := pflag.UnquoteUsage(&flag)
	flag.Name, flag.Shorthand, flag.Usage = other, "", "same as --"+name+" `"+value+"`"
	f.AddFlag(&flag)
}
