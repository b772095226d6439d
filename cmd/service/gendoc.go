package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"emikit/cmd/cli"
	"emikit/cmd/compat"
)

func newGendocCmd(app *cli.App) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:    "gendoc --dir DIR",
		Short:  "Write the reference, man pages and completions of all commands",
		Hidden: true,
		Long: `Gendoc writes what is known of the commands into DIR: a page of Markdown and a
man page for each below cli and man, and the completions of bash, zsh and fish
below completions. The tables of options in DIR/compatibility.md are brought up to
date where it exists. The same commands always give the same files.`,
		Args: cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return cli.Usagef("missing --dir: where should the files be written?")
			}
			if err := WriteDocs(cmd.Root(), dir); err != nil {
				return err
			}
			tables := filepath.Join(dir, "compatibility.md")
			if err := compat.UpdateTables(cmd.Root(), tables); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write below `DIR` (required)")
	return cmd
}

// WriteDocs writes the reference, man pages and completions of root's commands
// below dir.
func WriteDocs(root *cobra.Command, dir string) error {
	root.DisableAutoGenTag = true
	root.InitDefaultHelpCmd()
	for _, name := range []string{"cli", "man", "completions"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	if err := doc.GenMarkdownTree(root, filepath.Join(dir, "cli")); err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	written := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC) // fixed, so that the pages change with the commands only
	header := &doc.GenManHeader{Section: "1", Source: "emikit", Manual: "emikit manual", Date: &written}
	if err := doc.GenManTree(root, header, filepath.Join(dir, "man")); err != nil {
		return fmt.Errorf("man pages: %w", err)
	}
	return writeCompletions(root, filepath.Join(dir, "completions"))
}
