package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// build is what is known of how the program was made.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source, from version control
	Date     string `json:"date,omitempty"`     // of the revision
	Modified bool   `json:"modified,omitempty"` // the source was not exactly that revision
	Go       string `json:"go"`
	Platform string `json:"platform"` // OS/ARCHITECTURE
}

// readBuild completes the version by what the Go command recorded, which is nothing of
// version control where the program was made of an archive.
func readBuild(version string) build {
	b := build{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.time":
			b.Date = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// lines are the build's text: the version as --version shows it, then the rest.
func (b build) lines(name string) string {
	text := fmt.Sprintf("%s %s\n", name, b.Version)
	if b.Revision != "" {
		text += "revision " + b.Revision
		if b.Date != "" {
			text += " of " + b.Date
		}
		if b.Modified {
			text += ", modified"
		}
		text += "\n"
	}
	return text + b.Go + " " + b.Platform + "\n"
}

// newVersionCmd is --version as a command, with what else is known of the program.
func newVersionCmd(app *cli.App) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the program's version",
		Long: `Version shows what --version shows and, beneath it, of which revision of the source
the program was made, if it was made from a checkout, by which Go, and for which system.`,
		Args: cli.Args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			b := readBuild(app.Version)
			return app.Show(cli.View{JSON: b, Text: func(w io.Writer) error {
				_, err := io.WriteString(w, b.lines(app.Name))
				return err
			}})
		},
	}
}
