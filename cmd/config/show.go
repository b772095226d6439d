package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/config"
)

func newShowCmd(app *cli.App) *cobra.Command {
	var conn cli.Connection
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show what is in force, and where it was found",
		Long: `Show prints every value that the commands would work with: region, user,
endpoints, keys, certificates. Beside each stands the option, variable or file that
it was found in, and what is missing or cannot be used is said, too. Of secrets there
is only how long they are. The options of a connection count as they do for every
command, so --region shows what another region would change.

Where nothing else gives keys, an instance is asked for those of its profile.`,
		Example: "  emikit config show\n  emikit config show --region admin@lab --output json",
		Args:    cli.Args(0, 0),
		RunE:    func(*cobra.Command, []string) error { return runShow(app, conn) },
	}
	conn.AddFlags(cmd.Flags(), cli.UpperKeys)
	return cmd
}

func runShow(app *cli.App, conn cli.Connection) error {
	conf, err := conn.Config(app)
	if err != nil {
		return err
	}
	keys, err := conn.Keys(app, conf)
	settings, files := conf.SettingsWith(keys, err), conf.Files()
	view := cli.View{
		JSON: struct {
			Settings []config.Setting `json:"settings"`
			Files    []string         `json:"files"`
		}{settings, append([]string{}, files...)},
		Text:   func(w io.Writer) error { return writeSettings(w, settings, files) },
		Header: []string{"name", "value", "from"},
	}
	for _, s := range settings {
		view.Rows = append(view.Rows, []string{s.Name, text(s), s.From})
	}
	return app.Show(view)
}

// text is a setting's value, or why there is none.
func text(s config.Setting) string {
	switch {
	case s.Missing:
		return "-"
	case s.Problem != "":
		return s.Problem
	case s.Value == "":
		return "-"
	}
	return s.Value
}

// writeSettings writes a line for each setting, its source at the end in parentheses.
func writeSettings(w io.Writer, settings []config.Setting, files []string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		line := s.Name + "\t" + cli.Printable(text(s))
		if s.From != "" && s.Problem == "" {
			line += "\t(" + cli.Printable(s.From) + ")"
		}
		fmt.Fprintln(tw, line)
	}
	read := "-"
	if len(files) > 0 {
		read = cli.Printable(strings.Join(files, ", "))
	}
	fmt.Fprintln(tw, "files read\t"+read)
	return tw.Flush()
}
