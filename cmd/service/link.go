package service

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

type linkFlags struct {
	dir    string
	family []string
}

func newLinkCmd(app *cli.App, linked func(cli.Family) []string) *cobra.Command {
	var f linkFlags
	cmd := &cobra.Command{
		Use:   "link --dir DIR",
		Short: "Make links by which emikit answers to euca-…, ec2-… and uec-… names",
		Long: `Link makes a symbolic link to this program in DIR for every command name of
the tools it replaces, such as euca-bundle-image, ec2-register and uec-publish-image. A link of
an earlier run is replaced. Any other file of such a name is left alone, all other
links are made, and the command fails, naming what it left out.`,
		Example: "  emikit link --dir ~/bin\n  emikit link --dir /usr/local/bin --family euca",
		Args:    cli.Args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return runLink(app, f, linked)
		},
	}
	cmd.Flags().StringVar(&f.dir, "dir", "", "make the links in `DIR` (required)")
	cmd.Flags().StringSliceVar(&f.family, "family", nil, "only the names of `FAMILY`: euca, ec2 or uec")
	return cmd
}

func runLink(app *cli.App, f linkFlags, linked func(cli.Family) []string) error {
	if f.dir == "" {
		return cli.Usagef("missing --dir: where should the links be made?")
	}
	families, err := parseFamilies(f.family)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	made, left, err := linkAll(program, f.dir, families, linked)
	if err != nil {
		return err
	}
	if err := showLinks(app, made); err != nil || len(left) == 0 {
		return err
	}
	return cli.WithHint(fmt.Errorf("%s: %w", strings.Join(left, ", "), errForeign),
		"all other links were made; remove what is there, or choose another --dir")
}

// errForeign: what has a link's name was not made by this command.
var errForeign = errors.New("exists and is not a link")

// linkAll makes the links of all families, and returns those that it made and
// those of which something else has the name.
func linkAll(program, dir string, families []cli.Family, linked func(cli.Family) []string) (made, left []string, err error) {
	for _, family := range families {
		for _, name := range linked(family) {
			path := filepath.Join(dir, name)
			switch err := link(program, path); {
			case errors.Is(err, errForeign):
				left = append(left, path)
			case err != nil:
				return made, left, err
			default:
				made = append(made, path)
			}
		}
	}
	return made, left, nil
}

func showLinks(app *cli.App, made []string) error {
	return app.Show(cli.View{JSON: made, Text: func(w io.Writer) error {
		var lines strings.Builder // written at once: a reader may want the first only
		for _, path := range made {
			fmt.Fprintln(&lines, path)
		}
		_, err := io.WriteString(w, lines.String())
		return err
	}})
}

func parseFamilies(names []string) ([]cli.Family, error) {
	if len(names) == 0 {
		return compat.Families(), nil
	}
	var families []cli.Family
	for _, name := range names {
		switch f := cli.Family(name); f {
		case cli.Euca, cli.EC2, cli.UEC:
			families = append(families, f)
		default:
			return nil, cli.Usagef("--family %s: not one of euca, ec2, uec", name)
		}
	}
	return families, nil
}

// link makes path a symbolic link to program. Only a symbolic link is ever
// replaced: a real tool that is installed there stays.
func link(program, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink == 0:
		return errForeign
	default:
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.Symlink(program, path)
}
